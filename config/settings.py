"""The one settings module. What differs between installations comes from config.env."""

import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.contrib.messages import constants as message_levels
from psycopg.conninfo import conninfo_to_dict

from config import env
from core import logs

ENV = env.read()
BASE_DIR = Path(__file__).resolve().parent.parent

# --- identity -------------------------------------------------------------------------
DEPLOYMENT = ENV.deployment
DEBUG = False
SECRET_KEY = ENV.secret_key
FIELD_KEY = ENV.field_key
SITE_ORIGIN = ENV.site_origin
_HOST = urlsplit(SITE_ORIGIN).hostname or ""
_IS_HTTPS = SITE_ORIGIN.startswith("https://")
ALLOWED_HOSTS = [_HOST, *(host for host in ENV.allowed_hosts.split(",") if host)]
if ENV.is_local:
    ALLOWED_HOSTS += ["127.0.0.1", "localhost", "[::1]"]
TRUSTED_PROXIES = [network for network in ENV.trusted_proxies.split(",") if network]
CSRF_TRUSTED_ORIGINS = [SITE_ORIGIN]

# --- parts ----------------------------------------------------------------------------
INSTALLED_APPS = [
    "daphne",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "channels",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "mptt",
    "ninja",
    "oauth2_provider",
    "procrastinate.contrib.django",
    "core",
    "org",
    "messaging",
    "approvals",
    "documents",
    "miniapps",
    "workbench",
    "config",
]

MIDDLEWARE = [
    "core.http.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "core.http.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "org.middleware.ActorMiddleware",
    "org.middleware.SignInRulesMiddleware",
    "core.http.RefusalMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "DIRS": [BASE_DIR / "workbench" / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "workbench.context.shell",
            ],
        },
    },
]
MESSAGE_TAGS = {message_levels.ERROR: "danger"}

# --- events ---------------------------------------------------------------------------
EVENT_SUBSCRIPTIONS = "config.wiring.SUBSCRIPTIONS"
EVENT_SCHEDULES = "config.wiring.SCHEDULES"
PROCRASTINATE_IMPORT_PATHS = ["core.jobs"]

# --- database, store, objects ---------------------------------------------------------
_DATABASE = conninfo_to_dict(ENV.database_url)
_OPTIONS: dict[str, Any] = {
    name: value
    for name, value in _DATABASE.items()
    if name not in {"dbname", "user", "password", "host", "port"}
}
# Without a threshold psycopg prepares nothing at all; with this one only what a cursor asks for
# (messaging/models/log.py).
_OPTIONS["prepare_threshold"] = sys.maxsize
DATABASE_POOL_SIZE = ENV.database_pool_size
if DATABASE_POOL_SIZE:
    _OPTIONS["pool"] = {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 10}
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _DATABASE.get("dbname", ""),
        "USER": _DATABASE.get("user", ""),
        "PASSWORD": _DATABASE.get("password", ""),
        "HOST": _DATABASE.get("host", ""),
        "PORT": _DATABASE.get("port", ""),
        "OPTIONS": _OPTIONS,
    }
}
REDIS_URL = ENV.redis_url
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
    }
}
S3_ENDPOINT = ENV.s3_endpoint.rstrip("/")
S3_ACCESS_KEY = ENV.s3_access_key
S3_SECRET_KEY = ENV.s3_secret_key
S3_BUCKET = ENV.s3_bucket
S3_REGION = ENV.s3_region
CLAMD_ADDRESS = ENV.clamd_address
# Made with object lock: what is put there can be neither deleted nor replaced before its time.
S3_SEALS_BUCKET = f"{S3_BUCKET}-seals"
AUDIT_SEALS_FOLDER = "audit"
AUDIT_SEALS_KEPT_DAYS = ENV.audit_seals_kept_days

# --- sign-in --------------------------------------------------------------------------
AUTH_USER_MODEL = "org.Account"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "org.sign_in.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
# An office stands behind one address: it is locked for guessing, not for one person's slips
# (docs/adr/0011-lockout.md).
ACCOUNT_RATE_LIMITS = {"login_failed": "5/15m/key,50/15m/ip", "login": "300/m/ip"}
# A whole office comes to work behind one address; what is guessed is limited above.
MFA_RATE_LIMITS = {"webauthn_login": "300/m/ip"}
# The two standards contradict each other; an installation follows one (docs/adr/0016-sign-in.md).
_COMMON_RULES = [
    {"NAME": "org.credentials.passwords.LongEnough"},
    {"NAME": "org.credentials.passwords.NotTheOwnersWords"},
    {"NAME": "org.credentials.passwords.NotWidelyKnown"},
]
PASSWORD_RULES = {
    "dengbao": [*_COMMON_RULES, {"NAME": "org.credentials.passwords.ThreeOfFourClasses"}],
    "asvs": _COMMON_RULES,
}
AUTH_PASSWORD_VALIDATORS = PASSWORD_RULES[ENV.password_profile]
PASSWORD_HISTORY = {"dengbao": 5, "asvs": 0}[ENV.password_profile]
PASSWORD_MAX_AGE_DAYS = {"dengbao": 90, "asvs": None}[ENV.password_profile]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
MFA_ADAPTER = "org.sign_in.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "org.sign_in.second_factor.CodeForm",
    "reauthenticate": "org.sign_in.second_factor.CodeAgainForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = ENV.is_local
ACCOUNT_REAUTHENTICATION_TIMEOUT = 10 * 60
SECOND_FACTOR = ENV.second_factor
# What administrators do and read: `org.middleware` asks for the second factor there. What is new in
# the API of org belongs to them, unless it stands among what every colleague reads.
SECOND_FACTOR_PATHS = ("/administration/", "/api/v1/org/")
SECOND_FACTOR_COLLEAGUES = re.compile(
    r"/api/v1/org/(?:"
    r"units(?:/search|/\d+(?:/children|/people|/lines|/line-roles)?)?"
    r"|people/(?:search|\d+)"
    r"|lines/\d+/(?:units|people|units/\d+/(?:competent|subordinates))"
    r"|history/units(?:/\d+(?:/children|/people)?)?"
    r"|codes/[^/]+"
    r")"
)
# Pages of every colleague where an administrator may do more: whole numbers of others (one's own is
# nobody's right), and pickers that keep to what is administered.
SECOND_FACTOR_AS_ADMINISTRATOR = re.compile(
    r"/directory/people/(?P<person>\d+)/phone/"
    r"|/picker/(?:appointees|parents|workplaces|audience)/.*"
)
SECOND_FACTOR_WRITES = (
    "/api/v1/org/",
    "/api/v1/miniapps/",
    "/api/v1/messaging/duty/",
    "/apps/",
)
# What everybody does with the own account stays open, or nobody could mend what is missing.
SECOND_FACTOR_FREE = ("/security/", "/api/v1/org/sessions")
# Asked for by pages on their own: no sign that anybody is there.
UNATTENDED_PATHS = ("/counters/", "/today/")
UPSTREAM_OIDC_ISSUER = ENV.upstream_oidc_issuer
UPSTREAM_OIDC_CLIENT_ID = ENV.upstream_oidc_client_id
UPSTREAM_OIDC_CLIENT_SECRET = (
    ENV.upstream_oidc_client_secret_file.read_text().strip()
    if ENV.upstream_oidc_issuer and ENV.upstream_oidc_client_secret_file
    else ""
)
UPSTREAM_OIDC_CLAIM = ENV.upstream_oidc_claim
UPSTREAM_OIDC_MATCHES = ENV.upstream_oidc_matches
UPSTREAM_OIDC_NAME = ENV.upstream_oidc_name
UPSTREAM_OIDC_SECOND_FACTOR = frozenset(
    value for value in ENV.upstream_oidc_second_factor.split(",") if value
)

# --- DING -----------------------------------------------------------------------------
DING_LADDER = env.minutes(ENV.ding_ladder)
DING_LADDER_OFF_HOURS = env.minutes(ENV.ding_ladder_off_hours)
DING_LEVELS = env.levels(ENV.ding_levels)
DING_LEVELS_OFF_HOURS = env.levels(ENV.ding_levels_off_hours)
DING_WORKING_HOURS = env.spans(ENV.ding_working_hours)
DING_HOLIDAYS = env.listed(ENV.ding_holidays)
DING_WORKDAYS = env.listed(ENV.ding_workdays)
DING_CHANNELS = env.pairs(ENV.ding_channels)
DING_PER_PERSON_DAILY = ENV.ding_per_person_daily
DING_PER_UNIT_DAILY = ENV.ding_per_unit_daily
DING_PEOPLE = ENV.ding_people
DING_PEOPLE_APPROVED = ENV.ding_people_approved

# --- OIDC provider for mini-apps: django-oauth-toolkit with RFC 9700's gates shut -------
OAUTH2_PROVIDER_APPLICATION_MODEL = "miniapps.OAuthApplication"
MINIAPPS_LOOPBACK = ENV.is_local
PUBLIC_URL = SITE_ORIGIN
OAUTH2_PROVIDER = {
    "OIDC_ENABLED": True,
    "OIDC_ISS_ENDPOINT": PUBLIC_URL,
    "OIDC_RSA_PRIVATE_KEY": ENV.oidc_signing_key_file.read_text(),
    "OAUTH2_VALIDATOR_CLASS": "miniapps.api.sign_in_protocol.Validator",
    "SCOPES_BACKEND_CLASS": "miniapps.api.sign_in_protocol.GrantedScopes",
    "ACCESS_TOKEN_GENERATOR": "miniapps.api.sign_in_protocol.new_token",
    "REFRESH_TOKEN_GENERATOR": "miniapps.api.sign_in_protocol.new_token",
    "PKCE_REQUIRED": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "ALLOW_URI_WILDCARDS": False,
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 60,
    "ACCESS_TOKEN_EXPIRE_SECONDS": 15 * 60,
    "ID_TOKEN_EXPIRE_SECONDS": 5 * 60,
    # Counted from the end of the access token.
    "REFRESH_TOKEN_EXPIRE_SECONDS": 8 * 3600 - 15 * 60,
    "ROTATE_REFRESH_TOKEN": True,
    "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": 0,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "REQUEST_APPROVAL_PROMPT": "auto",
    "OIDC_RESPONSE_TYPES_SUPPORTED": ["code"],
    "OAUTH2_RESPONSE_TYPES_SUPPORTED": ["code"],
    "OAUTH2_GRANT_TYPES_SUPPORTED": [
        "authorization_code",
        "client_credentials",
        "refresh_token",
    ],
    "OIDC_SUBJECT_TYPES_SUPPORTED": ["pairwise"],
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_SCHEME": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
    "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
}

# --- sessions and cookies -------------------------------------------------------------
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = ENV.session_hours * 3600
SESSION_IDLE_SECONDS = ENV.session_idle_minutes * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "workbench.views.errors.csrf_failure"
# A cookie named __Host- is bound to this very host, and browsers take it over TLS only.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _IS_HTTPS
SESSION_COOKIE_NAME = "__Host-session" if _IS_HTTPS else "tongwen_session"
CSRF_COOKIE_NAME = "__Host-csrf" if _IS_HTTPS else "tongwen_csrf"

# --- transport ------------------------------------------------------------------------
SECURE_SSL_REDIRECT = _IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _IS_HTTPS
SECURE_HSTS_PRELOAD = _IS_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# daphne refuses a larger body before reading it (config/bodies.py).
MAX_BODY_BYTES = DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# Files come by these paths alone: lists of people and units (org.exchange.files), files of messages
# (messaging.policies), each with what surrounds it in the body.
UPLOAD_LIMITS = {
    "/api/v1/org/imports": 20 * 1024 * 1024,
    "/administration/exchange/imports/": 20 * 1024 * 1024,
    "/api/v1/messaging/conversations/[0-9]+/files": 51 * 1024 * 1024,
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

# --- language, time, files ------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文")]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = not STATIC_ROOT.is_dir()
API_DOCS_PATH = "/api/v1/docs"
ERROR_TEMPLATE = "workbench/errors/refusal.html"

# --- logs -----------------------------------------------------------------------------
LOGGING = logs.configuration(level=ENV.log_level, as_json=ENV.log_format == "json")
