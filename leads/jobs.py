"""The worker's jobs for leads."""

from leads import fading
from leads.importing import retention
from leads.importing.running import Importer
from leads.intake import fetching
from leads.models import Appointment, Delivery, IdempotencyKey, Looking, Task
from notifications.worker import Job

MINUTE, HOUR = 60, 3600


def forget_keys() -> int:
    return IdempotencyKey.objects.forget_expired()


def fade_scores() -> int:
    """A batch a turn, so that whoever waits for a reminder does not wait for 100,000 scores."""
    fading.fade()
    return 0


def forget_lapsed_lookings() -> int:
    return Looking.objects.forget_lapsed()


def ring_reminders() -> int:
    return Task.objects.ring() + Appointment.objects.ring()


def fetch_deliveries() -> int:
    """A batch a turn: who waits for a reminder does not wait for all of Meta's leads."""
    fetching.fetch_due()
    return 0


def forget_payloads() -> int:
    return Delivery.objects.forget_payloads()


JOBS = [
    Job("reminders that are due", 1, ring_reminders),
    Job("expired idempotency keys", HOUR, forget_keys),
    Job("scores that time or new rules change", 2, fade_scores),
    Job("leads to be fetched", 1, fetch_deliveries),
    Job("payloads that are kept no longer", HOUR, forget_payloads),
    Job("who looks at a lead no more", 5, forget_lapsed_lookings),
    Job("imports", 1, Importer().turn, aside=True),
    Job("imports that nobody went on with", 10 * MINUTE, retention.forget_abandoned),
    Job("reports of old imports", HOUR, retention.forget_reports),
]
