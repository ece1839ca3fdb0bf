"""The worker's jobs for events and inboxes."""

from notifications.models import Event
from notifications.worker import Job


def fan_out_overdue() -> int:
    return Event.objects.overdue().fan_out()


JOBS = [Job("overdue events", 1, fan_out_overdue)]
