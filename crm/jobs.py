"""All the work that becomes due by itself."""

from django.core.management import call_command

from crm.audit import AuditEntry
from crm.entrance import letters
from crm.entrance.asked import AskedForPassword
from crm.entrance.tries import Try
from crm.webhooks.jobs import JOBS as WEBHOOKS
from leads.jobs import JOBS as LEADS
from notifications.jobs import JOBS as NOTIFICATIONS
from notifications.worker import Job

HOUR = 3600


def forget_sessions() -> int:
    """Expired sessions of pages, and tokens that expired, are of no more use."""
    call_command("clearsessions")
    call_command("flushexpiredtokens")
    return 0


def forget_tries() -> int:
    return Try.objects.forget_old() + AskedForPassword.objects.forget_old()


JOBS = [
    *NOTIFICATIONS,
    *LEADS,
    *WEBHOOKS,
    Job("passwords that were asked for", 2, letters.send_due),
    Job("expired sessions", 6 * HOUR, forget_sessions),
    Job("old tries", HOUR, forget_tries),
    Job("old entries of the audit log", HOUR, AuditEntry.objects.forget_old),
]
