"""Settings of the office, from the environment.

SAMKEEPER_DATABASE_URL   postgres://… or sqlite:///…   (default: var/samkeeper.sqlite3 of the checkout)
SAMKEEPER_SECRET_KEY     Django's secret                (default: made once in var/secret-key)
SAMKEEPER_HOSTS          names the site answers to, comma-separated (default: localhost, 127.0.0.1)
SAMKEEPER_VAR            folder for what the program writes (default: var/ of the checkout)
SAMKEEPER_VAULT          the vault that signs checkpoints: a file or a pkcs11: URI (default: var/vault)
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import dj_database_url

ROOT = Path(__file__).resolve().parents[2]
VAR = Path(os.environ.get("SAMKEEPER_VAR", ROOT / "var"))


def _secret_key() -> str:
    """The key of the environment, else one made at first start and kept for this user only."""
    if given := os.environ.get("SAMKEEPER_SECRET_KEY"):
        return given
    kept = VAR / "secret-key"
    if not kept.exists():
        VAR.mkdir(parents=True, exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(50))
    return kept.read_text()


def _database() -> dict[str, Any]:
    """One database; SQLite writes ahead, waits for the lock and syncs every commit (DESIGN: a crash loses nothing)."""
    url = os.environ.get("SAMKEEPER_DATABASE_URL", f"sqlite:///{VAR / 'samkeeper.sqlite3'}")
    database: dict[str, Any] = {**dj_database_url.parse(url)}
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
        database["TEST"] = {"NAME": str(VAR / "test.sqlite3")}
    return database


SECRET_KEY = _secret_key()
DEBUG = False
ALLOWED_HOSTS = os.environ.get("SAMKEEPER_HOSTS", "localhost,127.0.0.1").split(",")
DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
VAULT = os.environ.get("SAMKEEPER_VAULT", str(VAR / "vault"))

INSTALLED_APPS = [
    "samkeeper.ledger",
    "samkeeper.parties",
    "samkeeper.papers",
    "samkeeper.registry",
    "samkeeper.stock",
    "samkeeper.casework",
    "samkeeper.site",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "samkeeper.site.refusals.RefusalMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "samkeeper.site.frame.frame",
            ],
            "builtins": ["samkeeper.site.templatetags.words"],
        },
    }
]

ROOT_URLCONF = "samkeeper.site.urls"
WSGI_APPLICATION = "samkeeper.site.wsgi.application"
AUTH_USER_MODEL = "parties.Account"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "casework:worklist"
LOGOUT_REDIRECT_URL = "sign-in"
CSRF_FAILURE_VIEW = "samkeeper.site.views.trouble.stale_form"
FORM_RENDERER = "samkeeper.site.rendering.OfficeForms"

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [("tabler", ROOT / "node_modules" / "@tabler" / "core" / "dist")]
ICONS = ROOT / "node_modules" / "@tabler" / "icons" / "icons"
WHITENOISE_USE_FINDERS = True

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"

# What goes wrong is written to standard error, where a service manager keeps it.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        "samkeeper": {"handlers": ["stderr"], "level": "INFO"},
    },
}
