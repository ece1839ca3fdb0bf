"""The worker's jobs for events and inboxes."""

from notifications import retention
from notifications.models import Announcement, Event, MeasuredProcess
from notifications.worker import Job


def fan_out_overdue() -> int:
    return Event.objects.overdue().fan_out()


def raise_announcements() -> int:
    return Announcement.objects.raise_due()


def tell_newcomers() -> int:
    return Announcement.objects.tell_newcomers()


def take_leave_of_silent() -> int:
    silent = MeasuredProcess.objects.silent()
    return silent.take_leave() if silent.exists() else 0


MINUTE = 60

JOBS = [
    Job("overdue events", 1, fan_out_overdue),
    Job("announcements that start", 1, raise_announcements),
    Job("announcements for who joined", 5, tell_newcomers),
    Job("what silent processes counted", MINUTE, take_leave_of_silent),
    Job("read notifications that are old", 10 * MINUTE, retention.retire_read),
    Job("old tombstones", 10 * MINUTE, retention.forget_tombstones),
    Job("old receipts", 60 * MINUTE, retention.forget_receipts),
]
