"""The settings: what is a mistake where others can reach the server, and what is worth a word."""

from django.conf import settings
from django.core import checks
from django.db import connection

from crm.doctor.check import Trouble

DEVELOPMENT_KEY = "for-development-only-"  # crm/env.py
MIN_KEY = 32  # bytes, RFC 7518, section 3.2


def look_at_settings(visit) -> str:
    mistakes = [*_mistakes(), *_failed_system_checks()]
    if mistakes:
        raise Trouble(
            " ".join(wrong for wrong, _ in mistakes), " ".join(hint for _, hint in mistakes)
        )
    visit.hint = " ".join(_advice())
    return "DEBUG is off, SECRET_KEY and ALLOWED_HOSTS are set"


def _mistakes():
    if settings.DEBUG:
        yield "DEBUG is on.", "Set DEBUG=false (true is for a machine of your own)."
    key = settings.SECRET_KEY
    if key.startswith(DEVELOPMENT_KEY):
        yield "SECRET_KEY is the one that everybody knows.", "Set SECRET_KEY to a random string."
    elif len(key.encode()) < MIN_KEY:
        hint = f"Set SECRET_KEY to a random string of at least {MIN_KEY} characters."
        yield "SECRET_KEY is short.", hint
    if "*" in settings.ALLOWED_HOSTS:
        yield "ALLOWED_HOSTS lets every name pass.", "Set ALLOWED_HOSTS to the names of this site."


def _failed_system_checks():
    for message in checks.run_checks():
        if message.level >= checks.ERROR and not message.is_silenced():
            yield f"{message.msg} ({message.id})", message.hint or "See `manage.py check`."


def _advice():
    one_process = []
    if connection.vendor == "sqlite":
        one_process.append("DATABASE_URL")
    if settings.EMBEDDED:
        one_process.append("REDIS_URL")
    if one_process:
        yield f"One process only: set {' and '.join(one_process)} before you start a second."
    if not settings.DEBUG and {*settings.ALLOWED_HOSTS} <= {"localhost", "127.0.0.1", "[::1]"}:
        yield "ALLOWED_HOSTS names this machine only: add the names that people type."
