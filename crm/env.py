"""Settings from the environment, strictly: a wrong value stops the start and names itself.

Every function raises ``ImproperlyConfigured`` with one line that says which variable is wrong and
what it should be. An unset variable and an empty one mean the same.
"""

import os
import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import django
import environ
from django.core.exceptions import ImproperlyConfigured

REDIS = {"redis", "rediss"}
TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    value = text(name).lower()
    if not value:
        return default
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} is {value!r}: set it to true or false.")
    return value in TRUE


def number(name: str, default: int, low: int, high: int) -> int:
    value = text(name)
    if not value:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", value) or not low <= int(value) <= high:
        raise ImproperlyConfigured(
            f"{name} is {value!r}: set it to a whole number from {low} to {high}."
        )
    return int(value)


def choice(name: str, choices: tuple[str, ...], default: str) -> str:
    value = text(name, default).lower()
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}: set it to {' or '.join(choices)}.")
    return value


def token(name: str) -> str:
    """Something that nobody guesses, for a header; empty where it is not set."""
    value = text(name)
    if value and not re.fullmatch(r"[!-~]{16,}", value):
        raise ImproperlyConfigured(
            f"{name} is too short or has characters that no header takes: "
            "set it to 16 or more letters and digits, at random."
        )
    return value


def names(name: str) -> list[str]:
    return [part.strip() for part in text(name).split(",") if part.strip()]


def secret_key(debug: bool) -> str:
    value = text("SECRET_KEY")
    if not value and debug:
        return "for-development-only-" + "x" * 40
    if not value:
        raise ImproperlyConfigured(
            "SECRET_KEY is missing: set it to a long random string "
            "(or DEBUG=true on a machine of your own)."
        )
    return value


def allowed_hosts(debug: bool) -> list[str]:
    hosts = names("ALLOWED_HOSTS")
    if not hosts and not debug:
        raise ImproperlyConfigured(
            "ALLOWED_HOSTS is missing: set it to the host names of this site, separated by commas."
        )
    if any("/" in host for host in hosts):
        raise ImproperlyConfigured("ALLOWED_HOSTS takes host names only, such as crm.example.com.")
    return hosts or ["localhost", "127.0.0.1", "[::1]"]


def origins(name: str) -> list[str]:
    found = names(name)
    for origin in found:
        if not _is_address(origin, {"http", "https"}):
            raise ImproperlyConfigured(f"{name} has {origin!r}: write each as https://host.")
    return found


def _is_address(url, schemes) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ","
        return parts.scheme in schemes and "," not in host and parts.port != 0
    except ValueError:  # a port or a host that is none
        return False


def redis_url() -> str:
    """As it stands in the environment; ``redis_hosts`` takes it apart."""
    url = text("REDIS_URL")
    redis_hosts(url)
    return url


def graph_url() -> str:
    """Where Meta's leads are fetched: no page says it, so none sends the server elsewhere."""
    url = text("META_GRAPH_URL", "https://graph.facebook.com/v26.0")
    if not _is_address(url, {"http", "https"}) or urlsplit(url).query:
        raise ImproperlyConfigured(
            f"META_GRAPH_URL is {url!r}: write https://graph.facebook.com/ and a version."
        )
    return url


REDIS_HINT = (
    "REDIS_URL is not a Redis address: write redis://host:port/0 or rediss://host:port/0, "
    "several with commas between them, or redis+sentinel://host:26379,host:26379/NAME/0."
)
SENTINEL = re.compile(
    r"redis(?P<encrypted>s?)\+sentinel://((?P<login>[^/]*)@)?(?P<sentinels>[^@/]+)"
    r"/(?P<name>[\w.-]+)(/(?P<number>[0-9]{0,3}))?(\?(?P<options>.*))?"
)
SENTINEL_SECONDS = 0.5  # for one that is gone, before the next is asked


def redis_hosts(urls: str) -> list[str | dict]:
    """What the channel layer takes for its hosts: it spreads groups over them."""
    unchecked = {} if flag("REDIS_TLS_VERIFY", True) else {"ssl_cert_reqs": "none"}
    each = re.split(r"\s*,\s*(?=[a-z+]+://)", urls) if urls else []
    return [_sentinel(url, unchecked) or _redis(url, unchecked) for url in each]


def _redis(url, unchecked) -> str | dict:
    """Encrypted all the same, a certificate that nobody vouches for passes where that is said."""
    if not _is_address(url, REDIS) or not re.fullmatch(r"/?[0-9]{0,3}", urlsplit(url).path):
        raise ImproperlyConfigured(REDIS_HINT)
    return {"address": url} | unchecked if unchecked and url.startswith("rediss:") else url


def _sentinel(url, unchecked) -> dict | None:
    """The Redis that the sentinels hold for the master; none where the address is of another kind.
    The login is that of Redis; sentinels who want one are given ``?sentinel_password=``."""
    parts = SENTINEL.fullmatch(url)
    if not parts:
        return None
    hosts = [
        host if re.search(r":\d+$", host) else f"{host}:26379"
        for host in parts["sentinels"].split(",")
    ]
    options = dict(parse_qsl(parts["options"] or "", keep_blank_values=True))
    known = {"sentinel_username", "sentinel_password", "ssl_ca_certs"}
    if not all(_is_address(f"redis://{host}", REDIS) for host in hosts) or set(options) - known:
        raise ImproperlyConfigured(REDIS_HINT)
    tls = {"ssl": True} | unchecked if parts["encrypted"] else {}
    if tls and "ssl_ca_certs" in options:
        tls["ssl_ca_certs"] = options["ssl_ca_certs"]
    waits = dict.fromkeys(("socket_timeout", "socket_connect_timeout"), SENTINEL_SECONDS)
    theirs = _login(options.get("sentinel_username"), options.get("sentinel_password"))
    user, _, password = (parts["login"] or "").partition(":")
    places = (urlsplit(f"//{host}") for host in hosts)
    guarded = {
        "master_name": parts["name"],
        "sentinels": [(place.hostname, place.port) for place in places],
        "sentinel_kwargs": tls | waits | theirs,
        "db": int(parts["number"] or 0),
    }
    return guarded | tls | _login(unquote(user), unquote(password))


def _login(user, password) -> dict:
    both = {"username": user, "password": password}
    return {name: value for name, value in both.items() if value}


def database(root: Path) -> dict:
    """Django's database settings: SQLite in ``root`` unless DATABASE_URL names another."""
    url = text("DATABASE_URL", f"sqlite:///{root / 'db.sqlite3'}")
    try:
        config = environ.Env.db_url_config(url)
    except Exception as problem:
        raise ImproperlyConfigured(DATABASE_HINT) from problem
    engine = config.get("ENGINE", "").rsplit(".", 1)[-1]
    if engine == "sqlite3":
        if not Path(config["NAME"]).parent.is_dir():
            raise ImproperlyConfigured(
                f"DATABASE_URL names a file in {Path(config['NAME']).parent}, which does not exist."
            )
        return config | SQLITE
    if engine == "postgresql" and config.get("NAME"):
        options = PATIENCE | config.get("OPTIONS", {})
        return config | POSTGRESQL | {"OPTIONS": options}
    raise ImproperlyConfigured(DATABASE_HINT)


DATABASE_HINT = (
    "DATABASE_URL is not a database address: write postgres://user:password@host:5432/name "
    "or sqlite:////path/to/file."
)

# One writer at a time who waits for its turn, and readers that never wait.
SQLITE = {
    "OPTIONS": {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    },
}


# The threads of the sockets, the fan-out, its marks, the jobs and imports keep one each, too.
OTHER_CONNECTIONS = 5


def request_threads() -> int:
    """How many requests are answered at a time: each keeps a connection, and they share
    DATABASE_POOL_SIZE with what a process does beside."""
    size = number("DATABASE_POOL_SIZE", 20, OTHER_CONNECTIONS + 1, 1000)
    return size - OTHER_CONNECTIONS


# Threads are few and stay, and so do their connections; one that broke is replaced.
POSTGRESQL = {
    "ENGINE": "crm.postgresql",
    "CONN_MAX_AGE": None,
    "CONN_HEALTH_CHECKS": True,
}


# Of libpq, unless DATABASE_URL says otherwise: one that cannot be reached any more is given up.
PATIENCE = {
    "connect_timeout": 5,  # seconds
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds
}


MAIL_HINT = (
    "EMAIL_URL is not a mail server: write smtp://user:password@host:25, "
    "smtp+tls://user:password@host:587 or smtp+ssl://user:password@host:465."
)
MAILERS = {"smtp", "smtps", "smtp+tls", "smtp+ssl"}
MAIL_SECONDS = 15  # to wait for the server
MAIL_OPTIONS = {  # of a mailer, and the settings that they were before Django 6.1
    "host": "EMAIL_HOST",
    "port": "EMAIL_PORT",
    "username": "EMAIL_HOST_USER",
    "password": "EMAIL_HOST_PASSWORD",
    "use_tls": "EMAIL_USE_TLS",
    "use_ssl": "EMAIL_USE_SSL",
    "timeout": "EMAIL_TIMEOUT",
}


def mail(debug: bool) -> dict:
    """Django's settings of the mail server that EMAIL_URL names; the console's with ``debug``;
    none where no mail can be sent."""
    url = text("EMAIL_URL")
    if not url:
        backend = "django.core.mail.backends.console.EmailBackend"
        return _mail_settings(backend) if debug else {}
    if not _is_address(url, MAILERS):
        raise ImproperlyConfigured(MAIL_HINT)
    try:
        config = environ.Env.email_url_config(url)
    except Exception as problem:
        raise ImproperlyConfigured(MAIL_HINT) from problem
    config["EMAIL_TIMEOUT"] = MAIL_SECONDS
    options = {option: config.get(name) for option, name in MAIL_OPTIONS.items()}
    options = {option: value for option, value in options.items() if value is not None}
    return _mail_settings(config["EMAIL_BACKEND"], **options)


def _mail_settings(backend: str, **options) -> dict:
    """What this Django wants: a mailer since 6.1, before that a setting for each option."""
    if django.VERSION >= (6, 1):
        return {"MAILERS": {"default": {"BACKEND": backend, "OPTIONS": options}}}
    return {"EMAIL_BACKEND": backend} | {MAIL_OPTIONS[name]: options[name] for name in options}
