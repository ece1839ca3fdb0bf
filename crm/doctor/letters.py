"""Mail: whether the server that EMAIL_URL names takes letters of this installation."""

from django.conf import settings
from django.core import mail

SECONDS = 3  # for each answer of it


def look_at_mail(visit) -> str:
    if not settings.SENDS_MAIL:
        visit.hint = "Set EMAIL_URL, so that a forgotten password can be set anew by a link."
        return "no mail is sent"
    connection = _connection()
    connection.timeout = SECONDS
    try:
        connection.open()  # with TLS and the password, where EMAIL_URL says so
    finally:
        connection.close()
    return f"the mail server answers; letters come from {settings.DEFAULT_FROM_EMAIL}"


def _connection():
    """By a mailer since Django 6.1, before that by settings of its own."""
    mailers = getattr(mail, "mailers", None)
    return mail.get_connection() if mailers is None else mailers["default"]
