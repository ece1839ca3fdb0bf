"""Leadbell's settings. All that differs between installations comes from the environment:
docs/operations.md lists every variable."""

from datetime import timedelta
from pathlib import Path

from crm import env

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.secret_key(DEBUG)
ALLOWED_HOSTS = env.allowed_hosts(DEBUG)
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")
PORT = env.number("PORT", 8000, 1, 65535)
REDIS_URL = env.redis_url()
EMBEDDED = not REDIS_URL  # one process does it all, the worker's jobs included
HTTPS = env.flag("HTTPS")
WEBHOOKS_TO_PRIVATE = env.flag("WEBHOOKS_TO_PRIVATE")
PROXIES = env.number("PROXIES", int(HTTPS), 0, 10)
METRICS_TOKEN = env.token("METRICS_TOKEN")
LOG_FORMAT = env.choice("LOG_FORMAT", ("text", "json"), "text" if DEBUG else "json")

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "corsheaders",
    "csp",
    "crm",
    "leads",
    "chat",
    "notifications",
]

MIDDLEWARE = [
    "crm.middleware.BareFiles",
    "crm.health.ByAnyName",
    "django.middleware.security.SecurityMiddleware",
    # Before what only pages need: on dozens of files those headers weigh as much as a script.
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "crm.requests.Traced",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "crm.middleware.NoPowers",
    "corsheaders.middleware.CorsMiddleware",
    "crm.middleware.CompressedPages",
    "crm.middleware.ApiAnswersInJson",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "crm.entrance.devices.LastUse",
    "crm.audit.Doer",
    "django.contrib.messages.middleware.MessageMiddleware",
    "crm.languages.InTheirLanguage",
    "crm.zones.InTheirZone",
    "axes.middleware.AxesMiddleware",
    "crm.middleware.LockedOut",
]

ROOT_URLCONF = "crm.urls"
ASGI_APPLICATION = "crm.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.tz",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "crm.context.shell",
            ],
        },
    },
]

# Data

DATABASES = {"default": env.database(BASE_DIR)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, because the tests' server threads and the test itself need one database.
    DATABASES["default"]["TEST"] = {"NAME": BASE_DIR / ".cache" / "test.sqlite3"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CHANNEL_LAYERS = {
    "default": (
        {
            "BACKEND": "notifications.layer.RedisLayer",
            "CONFIG": {
                "hosts": env.redis_hosts(REDIS_URL),
                "prefix": env.text("REDIS_PREFIX", "leadbell"),
            },
        }
        if REDIS_URL
        else {
            "BACKEND": "notifications.layer.MemoryLayer",
            "CONFIG": {"capacity": 10_000},
        }
    )
}

# People

AUTH_USER_MODEL = "crm.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
PASSWORD_RESET_TIMEOUT = 3600  # seconds for which the link of a letter is good, once
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "today"
LOGOUT_REDIRECT_URL = "login"

# Five wrong passwords from one address for one account, and that pair waits fifteen minutes;
# fifty from one address, and that waits: nobody can lock out who signs in from elsewhere.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "email"
AXES_USERNAME_CALLABLE = "crm.signin.account_of"
AXES_CLIENT_IP_CALLABLE = "crm.entrance.address.neighbourhood_of"
AXES_HANDLER = "crm.entrance.passwords.WrongPasswords"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False

MAIL = env.mail(DEBUG)
SENDS_MAIL = bool(MAIL)
vars().update(MAIL)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "leadbell@localhost")

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=env.number("ACCESS_TOKEN_MINUTES", 15, 1, 1440)),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=env.number("REFRESH_TOKEN_DAYS", 14, 1, 365)),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "UPDATE_LAST_LOGIN": False,
}

# The API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "crm.rest.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["crm.rest.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "crm.rest.negotiation.AlwaysJson",
    "DEFAULT_PAGINATION_CLASS": "crm.rest.pagination.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["crm.rest.filters.FilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "crm.rest.schema.Schema",
    "EXCEPTION_HANDLER": "crm.rest.errors.answer",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Leadbell",
    "DESCRIPTION": "Leads, and notifications of them, per user. The socket: docs/delivery.md.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {"NotificationType": "notifications.kinds.Kind.choices"},
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "crm.rest.schema.finish",
    ],
}

# Bounds: docs/delivery.md says what each protects.

BODY_LIMIT = 1024 * 1024  # bytes of one HTTP request
REQUEST_THREADS = env.request_threads()
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_LIMIT
SOCKETS_PER_USER = 20
HEARTBEAT_SECONDS = 15
IMPORT_MEGABYTES = env.number("IMPORT_MEGABYTES", 100, 1, 2000)  # of one file, sent in parts
NOTIFICATION_DAYS = env.number("NOTIFICATION_DAYS", 90, 1, 3650)
AUDIT_DAYS = env.number("AUDIT_DAYS", 730, 1, 3650)
META_GRAPH_URL = env.graph_url()
TOMBSTONE_DAYS = env.number("TOMBSTONE_DAYS", 30, 1, 3650)

# Language and time

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "locale"]

# Static files

WHITENOISE_ALLOW_ALL_ORIGINS = False  # a header of each file that nobody needs
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "crm.static.HashedModules"
    },
}

# What browsers are told

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
    },
}
# Pages of other origins use the API by token, where the environment names them; never by cookie.
CORS_ALLOWED_ORIGINS = env.origins("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_CREDENTIALS = False
CORS_ALLOW_HEADERS = ["authorization", "content-type", "idempotency-key", "if-match"]
CORS_EXPOSE_HEADERS = ["etag", "idempotent-replayed", "retry-after"]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_ENGINE = "crm.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "once": {"()": "crm.logs.OncePerMinute"},
        "database-away": {"()": "crm.logs.DatabaseAway"},
        "plain-warning": {"()": "crm.logs.PlainWarning"},
    },
    "formatters": {
        "text": {
            "class": "crm.logs.Stamped",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
        "json": {"class": "crm.logs.Json"},
    },
    "handlers": {
        "console": {
            "class": "crm.logs.Console",
            "formatter": LOG_FORMAT,
            "filters": ["database-away"],
        },
        "console-once": {
            "class": "crm.logs.Console",
            "formatter": LOG_FORMAT,
            "filters": ["once"],
        },
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # One handler, the root's: Django would add a second one of its own.
        "django": {"handlers": []},
        # Whoever scans for servers asks by a name that is none of ours.
        "django.security.DisallowedHost": {"filters": ["plain-warning"]},
        # It repeats itself every second for as long as Redis is away.
        "channels_redis": {"handlers": ["console-once"], "propagate": False},
        "daphne": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}
