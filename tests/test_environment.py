"""Settings from the environment: a wrong one stops the start with one line that names it."""

import os
import re
import runpy
import secrets
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import django
import pytest
from channels_redis.utils import create_pool, decode_hosts
from django.core.exceptions import ImproperlyConfigured

from crm import env

ROOT = Path(__file__).resolve().parent.parent
PRODUCTION = {"SECRET_KEY": "k" * 50, "ALLOWED_HOSTS": "crm.example"}
VARIABLES = (
    "SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS",
    "CORS_ALLOWED_ORIGINS", "EMAIL_URL", "DEFAULT_FROM_EMAIL", "AUDIT_DAYS", "DATABASE_URL",
    "REDIS_URL", "REDIS_PREFIX", "PORT", "HTTPS", "DATABASE_POOL_SIZE", "ACCESS_TOKEN_MINUTES",
    "REFRESH_TOKEN_DAYS", "REDIS_TLS_VERIFY", "METRICS_TOKEN", "LOG_FORMAT",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _bare(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def start(monkeypatch):
    """``start(PORT="x")`` runs the settings with exactly these variables."""

    def settings(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(ROOT / "crm" / "settings.py"))

    return settings


WRONG = {
    "DEBUG": ["maybe", "2", "tru e", "None"],
    "HTTPS": ["maybe", "https"],
    "REDIS_TLS_VERIFY": ["none", "maybe"],
    "PORT": ["x", "0", "65536", "-1", "80.0", "8000 x", "٨٠٠٠", "²", "9" * 5_000],
    "ACCESS_TOKEN_MINUTES": ["x", "0", "1441"],
    "REFRESH_TOKEN_DAYS": ["x", "0", "366"],
    "DATABASE_POOL_SIZE": ["x", "4", "1001"],
    "METRICS_TOKEN": ["short", "fifteen-letters", "sixteen letters ", "ümläute-und-sonst-nichts"],
    "LOG_FORMAT": ["xml", "json,text", "1"],
    "REDIS_URL": ["localhost:6379", "http://localhost", "redis://", "redis:///0", "redis",
                  "redis://localhost:x/0", "redis://localhost:99999/0", "redis://[::1/0",
                  "redis://one,two", "redis://one,http://two", "redis+sentinel://one",
                  "redis+sentinel://one:x/leadbell", "redis+sentinel:///leadbell",
                  "redis+sentinel://one/leadbell?sentinel=two", "sentinel://one/leadbell"],
    "DATABASE_URL": ["x", "postgres://", "postgres://localhost", "mysql://u:p@localhost/leadbell",
                     "postgres://localhost:x/leadbell", "http://localhost/x", "oracle://x/y",
                     "postgres://[::1/leadbell"],
    "CSRF_TRUSTED_ORIGINS": ["crm.example", "https://crm.example,crm.example", "ftp://crm.example",
                             "https://", "https://[::1"],
    "EMAIL_URL": ["mail.example", "http://mail.example", "smtp://", "smtp://host:x",
                  "smtp://[::1"],
    "AUDIT_DAYS": ["x", "0", "3651"],
    "CORS_ALLOWED_ORIGINS": ["*", "shop.example", "null"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_wrong_variable_stops_the_start_with_one_line_that_names_it(name, value, start):
    good = {
        "DATABASE_URL": "postgres://leadbell@localhost/leadbell",
        "REDIS_URL": "rediss://localhost",
    }
    assert start(**PRODUCTION | good)["PORT"] == 8000
    with pytest.raises(ImproperlyConfigured) as refused:
        start(**PRODUCTION | good | {name: value})
    line = str(refused.value)
    assert line.startswith(name)
    assert len(line.splitlines()) == 1


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS"])
@pytest.mark.parametrize("left", [{}, "", "  "])
def test_what_production_needs_stops_the_start_when_it_is_missing(name, left, start):
    assert start(**PRODUCTION)["DEBUG"] is False
    os.environ.pop(name)
    with pytest.raises(ImproperlyConfigured, match=f"^{name} is missing") as refused:
        start(**({name: left} if left != {} else {}))
    assert len(str(refused.value).splitlines()) == 1
    assert start(**{name: "x" * 50})["DEBUG"] is False


def test_a_password_in_an_address_is_not_repeated_in_the_line(start):
    for name in ("DATABASE_URL", "REDIS_URL"):
        with pytest.raises(ImproperlyConfigured) as refused:
            start(**PRODUCTION | {name: "nonsense://user:hunter2@localhost/x"})
        assert "hunter2" not in str(refused.value)
        os.environ.pop(name)


def test_a_machine_of_ones_own_needs_nothing_but_debug(start):
    settings = start(DEBUG="true")
    assert settings["DEBUG"] is True
    assert settings["SECRET_KEY"]
    assert settings["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert settings["DATABASES"]["default"]["ENGINE"] == "django.db.backends.sqlite3"
    assert settings["CHANNEL_LAYERS"]["default"]["BACKEND"].endswith("MemoryLayer")
    assert settings["PORT"] == 8000


def options_of_mail(settings):
    """By the names that Django has for them since 6.1."""
    if django.VERSION >= (6, 1):
        return settings["MAILERS"]["default"]["OPTIONS"]
    names = env.MAIL_OPTIONS.items()
    return {option: settings[name] for option, name in names if name in settings}


def test_every_variable_reaches_the_setting_it_is_for(start):
    settings = start(
        **PRODUCTION,
        CSRF_TRUSTED_ORIGINS="https://crm.example, http://localhost:8000",
        CORS_ALLOWED_ORIGINS="https://shop.example",
        EMAIL_URL="smtp+tls://ann:s%40cret@mail.example:587",
        DEFAULT_FROM_EMAIL="crm@example.com",
        AUDIT_DAYS="90",
        DATABASE_URL="postgres://ann:s%40cret@db:5433/leads?sslmode=require",
        DATABASE_POOL_SIZE="8",
        IMPORT_MEGABYTES="250",
        REDIS_URL="rediss://cache:6380/1",
        REDIS_PREFIX="crm",
        PORT="9000",
        HTTPS="true",
        ACCESS_TOKEN_MINUTES="5",
        REFRESH_TOKEN_DAYS="30",
    )
    database = settings["DATABASES"]["default"]
    assert settings["SECRET_KEY"] == "k" * 50
    assert settings["ALLOWED_HOSTS"] == ["crm.example"]
    assert settings["CORS_ALLOWED_ORIGINS"] == ["https://shop.example"]
    mail = options_of_mail(settings)
    assert (mail["host"], mail["port"]) == ("mail.example", 587)
    assert (mail["username"], mail["password"]) == ("ann", "s@cret")
    assert (mail["use_tls"], mail["timeout"], settings["SENDS_MAIL"]) == (True, 15, True)
    assert settings["DEFAULT_FROM_EMAIL"] == "crm@example.com"
    assert settings["AUDIT_DAYS"] == 90
    assert settings["CSRF_TRUSTED_ORIGINS"] == ["https://crm.example", "http://localhost:8000"]
    assert database["ENGINE"] == "crm.postgresql"
    assert (database["USER"], database["PASSWORD"]) == ("ann", "s@cret")
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db", 5433, "leads")
    assert database["OPTIONS"]["sslmode"] == "require"
    assert database["OPTIONS"]["connect_timeout"] == 5
    assert settings["REQUEST_THREADS"] == 3
    assert settings["IMPORT_MEGABYTES"] == 250
    layer = settings["CHANNEL_LAYERS"]["default"]["CONFIG"]
    assert (layer["hosts"], layer["prefix"]) == (["rediss://cache:6380/1"], "crm")
    assert settings["PORT"] == 9000
    assert settings["SESSION_COOKIE_SECURE"]
    assert settings["SECURE_SSL_REDIRECT"]
    assert settings["SIMPLE_JWT"]["ACCESS_TOKEN_LIFETIME"] == timedelta(minutes=5)
    assert settings["SIMPLE_JWT"]["REFRESH_TOKEN_LIFETIME"] == timedelta(days=30)


def test_the_log_is_for_programs_in_production_and_for_people_on_their_own_machine(start):
    def formats(settings):
        return {each["formatter"] for each in settings["LOGGING"]["handlers"].values()}

    assert formats(start(**PRODUCTION)) == {"json"}
    assert formats(start(**PRODUCTION, LOG_FORMAT="Text")) == {"text"}
    assert formats(start(DEBUG="true", LOG_FORMAT="")) == {"text"}


@pytest.fixture
def hosts(start):
    """``hosts(REDIS_URL=…)``: what the channel layer is given, which makes connections of it."""

    def read(**variables):
        config = start(**PRODUCTION, **variables)["CHANNEL_LAYERS"]["default"]["CONFIG"]
        assert all(create_pool(host) for host in decode_hosts(config["hosts"]))
        return config["hosts"]

    return read


def test_a_certificate_that_nobody_vouches_for_passes_only_where_that_is_said(hosts):
    assert hosts(REDIS_URL="rediss://cache:6380/1") == ["rediss://cache:6380/1"]
    unchecked = {"address": "rediss://cache:6380/1", "ssl_cert_reqs": "none"}
    assert hosts(REDIS_TLS_VERIFY="false") == [unchecked]
    assert hosts(REDIS_URL="redis://cache:6380/1") == ["redis://cache:6380/1"]


def test_several_redis_hosts_are_named_with_commas_between_them(hosts):
    found = hosts(REDIS_URL="redis://:a,b@one/0, rediss://two:6380/1", REDIS_TLS_VERIFY="false")
    unchecked = {"address": "rediss://two:6380/1", "ssl_cert_reqs": "none"}
    assert found == ["redis://:a,b@one/0", unchecked]


def test_sentinels_are_named_with_the_name_that_they_know_the_master_by(hosts):
    waits = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}
    assert hosts(REDIS_URL="redis+sentinel://one,two:26380/leadbell") == [
        {
            "master_name": "leadbell",
            "sentinels": [("one", 26379), ("two", 26380)],
            "sentinel_kwargs": waits,
            "db": 0,
        }
    ]
    (encrypted,) = hosts(
        REDIS_URL="rediss+sentinel://ann:s%40cret@[::1]:26379/crm/3?sentinel_password=x%26y",
        REDIS_TLS_VERIFY="false",
    )
    tls = {"ssl": True, "ssl_cert_reqs": "none"}
    assert (
        encrypted
        == {
            "master_name": "crm",
            "sentinels": [("::1", 26379)],
            "sentinel_kwargs": tls | waits | {"password": "x&y"},
            "db": 3,
            "username": "ann",
            "password": "s@cret",
        }
        | tls
    )


def test_without_https_cookies_go_over_plain_connections(start):
    settings = start(**PRODUCTION)
    assert not settings.get("SESSION_COOKIE_SECURE")
    assert not settings.get("SECURE_SSL_REDIRECT")


@pytest.mark.parametrize(
    ("value", "meaning"),
    [("1", True), ("TRUE", True), ("yes", True), (" on ", True), ("0", False), ("false", False),
     ("No", False), ("off", False), ("", False), (" ", False)],
)  # fmt: skip
def test_a_flag_is_said_in_any_usual_way(value, meaning, monkeypatch):
    monkeypatch.setenv("DEBUG", value)
    assert env.flag("DEBUG") is meaning


def test_a_number_may_stand_at_either_bound(monkeypatch):
    for value in ("1", "65535"):
        monkeypatch.setenv("PORT", value)
        assert env.number("PORT", 8000, 1, 65535) == int(value)


def test_a_sqlite_file_may_be_named(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/other.sqlite3")
    assert env.database(ROOT)["NAME"] == f"{tmp_path}/other.sqlite3"


def manage(*options, **variables):
    command = [sys.executable, "manage.py", "check", *options]
    environment = {**os.environ, **PRODUCTION, **variables}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )


def test_the_command_line_shows_the_line_alone_and_fails(tmp_path):
    refused = manage(DATABASE_URL="mysql://localhost/leadbell")
    assert refused.returncode == 1
    assert refused.stdout == ""
    (line,) = refused.stderr.splitlines()
    assert line.startswith("Leadbell cannot start: DATABASE_URL")
    assert manage(DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3").returncode == 0


DEPLOY = ("--deploy", "--fail-level", "WARNING")
GOOD = {
    "REDIS_URL": "rediss://localhost",
    "SECRET_KEY": secrets.token_hex(32),
    "HTTPS": "true",
}


def test_the_settings_of_production_pass_the_checks_of_a_deployment_and_silence_none(tmp_path):
    good = GOOD | {"DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3"}
    passed = manage(*DEPLOY, **good)
    assert passed.returncode == 0, passed.stderr
    assert "no issues (0 silenced)" in passed.stdout
    refused = manage(*DEPLOY, **good | {"HTTPS": "false"})
    assert refused.returncode == 1
    assert "security.W008" in refused.stderr


WARNED = [
    ({"ALLOWED_HOSTS": "crm.example,*"}, "crm.W001", {"ALLOWED_HOSTS": ".crm.example"}),
    ({"DATABASE_URL": ""}, "crm.W002", {"REDIS_URL": ""}),
    ({"EMAIL_URL": "smtp://mail"}, "crm.W003", {"DEFAULT_FROM_EMAIL": "Us <crm@example.com>"}),
    ({"EMAIL_URL": "smtp://mail", "DEFAULT_FROM_EMAIL": "crm"}, "crm.W003", {"EMAIL_URL": ""}),
]


@pytest.mark.parametrize(("doubtful", "warning", "mended"), WARNED)
def test_a_deployment_is_warned_of_what_starts_and_is_hardly_meant(
    doubtful, warning, mended, tmp_path
):
    good = GOOD | {"DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3"}
    warned = manage(*DEPLOY, **good | doubtful)
    assert warned.returncode == 1
    assert re.findall(r"\((\w+\.W\d+)\)", warned.stderr) == [warning]
    assert "HINT: Set" in warned.stderr
    assert manage(**good | doubtful).returncode == 0
    passed = manage(*DEPLOY, **good | doubtful | mended)
    assert passed.returncode == 0, passed.stderr
