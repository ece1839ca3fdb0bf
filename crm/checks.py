"""What ``manage.py check --deploy`` says of Leadbell's own settings, beside what Django does."""

from email.utils import parseaddr

from django.conf import settings
from django.core.checks import Tags, Warning, register
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from crm import env

NO_SENDER = "leadbell@localhost"  # the default of DEFAULT_FROM_EMAIL

EVERY_HOST = Warning(
    "ALLOWED_HOSTS lets every name pass: who asks for a new password chooses the host of its link.",
    hint="Set ALLOWED_HOSTS to the names of this site.",
    id="crm.W001",
)
NO_DATABASE = Warning(
    "REDIS_URL is set and DATABASE_URL is not: several processes would share an SQLite file, or "
    "have one each.",
    hint="Set DATABASE_URL to postgres://…, or to sqlite:////path/to/file if SQLite is meant.",
    id="crm.W002",
)
SENDER = Warning(
    "EMAIL_URL is set, and DEFAULT_FROM_EMAIL is no address that mail can come from.",
    hint="Set DEFAULT_FROM_EMAIL to an address of this site.",
    id="crm.W003",
)


@register(Tags.security, deploy=True)
def check_hosts(**_) -> list[Warning]:
    return [EVERY_HOST] if "*" in settings.ALLOWED_HOSTS else []


@register(deploy=True)
def check_database(**_) -> list[Warning]:
    lost = settings.REDIS_URL and not settings.DEBUG and not env.text("DATABASE_URL")
    return [NO_DATABASE] if lost else []


@register(deploy=True)
def check_sender(**_) -> list[Warning]:
    return [SENDER] if env.text("EMAIL_URL") and not _sends(settings.DEFAULT_FROM_EMAIL) else []


def _sends(sender: str) -> bool:
    """Whether it is an address, with or without a name before it, and not the default."""
    address = parseaddr(sender)[1]
    try:
        validate_email(address)
    except ValidationError:
        return False
    return address != NO_SENDER
