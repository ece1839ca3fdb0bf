"""All the work that becomes due by itself."""

from django.core.management import call_command

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


JOBS = [*NOTIFICATIONS, *LEADS, *WEBHOOKS, Job("expired sessions", 6 * HOUR, forget_sessions)]
