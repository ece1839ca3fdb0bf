"""What leaves by age, in batches so small that no inbox is locked for long.

Read notifications leave the inbox NOTIFICATION_DAYS after they were read, into the archive if the
user wants that. It is a change like any deletion: they become tombstones, under one number a
batch, of which connected clients learn by the next heartbeat. Tombstones leave TOMBSTONE_DAYS
later; a client that was away for longer starts anew (``sync:reset``, or 410).
"""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from notifications.models import ArchivedNotification, Inbox, Notification, Receipt

BATCH = 20  # rows: an inbox is locked for a few milliseconds, see bench/calm.py


def retire_read() -> int:
    """One batch of one user's; returns how many left."""
    old = Notification.objects.filter(read_at__lt=_days_ago(settings.NOTIFICATION_DAYS))
    old = old.filter(deleted_at=None)
    user_id = old.order_by("read_at").values_list("recipient_id", flat=True).first()
    if user_id is None:
        return 0
    with transaction.atomic():
        inbox = Inbox.objects.lock_one(user_id)
        rows = list(old.filter(recipient_id=user_id).order_by("read_at")[:BATCH])
        if rows:
            _retire(rows, inbox)
    return len(rows)


def _retire(rows, inbox):
    if inbox.archives:
        kept = [ArchivedNotification.of(row) for row in rows]
        ArchivedNotification.objects.bulk_create(kept, ignore_conflicts=True)
    now = timezone.now()
    gone = Notification.objects.filter(pk__in=[row.pk for row in rows])
    gone.update(deleted_at=now, updated_at=now, seq=inbox.take())
    Inbox.store([inbox])


def forget_tombstones() -> int:
    """One batch of one user's; returns how many left."""
    old = Notification.objects.filter(deleted_at__lt=_days_ago(settings.TOMBSTONE_DAYS))
    user_id = old.order_by("deleted_at").values_list("recipient_id", flat=True).first()
    if user_id is None:
        return 0
    with transaction.atomic():
        inbox = Inbox.objects.lock_one(user_id)
        rows = old.filter(recipient_id=user_id).order_by("deleted_at").values_list("pk", "seq")
        rows = dict(rows[:BATCH])
        kept_since = max([inbox.kept_since, *rows.values()])
        Inbox.objects.filter(pk=user_id).update(kept_since=kept_since)
        Notification.objects.forget(rows)
    return len(rows)


def forget_receipts() -> int:
    """One batch of receipts that no notification in an inbox is old enough to need."""
    days = settings.NOTIFICATION_DAYS + settings.TOMBSTONE_DAYS
    old = Receipt.objects.filter(at__lt=_days_ago(days)).values_list("pk", flat=True)
    return Receipt.objects.filter(pk__in=list(old[:1000])).delete()[0]


def _days_ago(days: int):
    return timezone.now() - timedelta(days=days)
