"""An event is taken back: as if it had not happened, for everybody who has not read of it."""

from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from notifications import frames, realtime
from notifications.models.event import Event
from notifications.models.inbox import Inbox
from notifications.models.notification import Notification
from notifications.realtime import Push


def recall(event_id: int) -> int:
    """Deletes the unread notifications of the event, each a change of its inbox as any deletion;
    who read theirs keeps it. One that waits for its fan-out goes, and is told to nobody. Returns
    how many inboxes it left.

    Part of a transaction. Waits for a fan-out that is at the event; it is held like an inbox after
    it, in the order that notifications/models/inbox.py names.
    """
    event = Event.objects.select_for_update().filter(pk=event_id).first()
    if event is None:
        return 0
    if event.fanned_out_at is None:
        event.delete()
        return 0
    unread = Notification.objects.filter(event=event).unread()
    inboxes = Inbox.objects.lock(unread.values("recipient"))
    held = unread.filter(recipient__in=[inbox.pk for inbox in inboxes])
    rows = dict(held.values_list("recipient", "pk"))  # as they are now that nobody changes them
    pushes = [_push(inbox, rows[inbox.pk]) for inbox in inboxes if inbox.pk in rows]
    now, number = timezone.now(), Inbox.objects.filter(pk=OuterRef("recipient")).values("seq")
    gone = unread.filter(pk__in=rows.values())
    gone.update(deleted_at=now, updated_at=now, seq=Subquery(number) + 1)
    moved = Inbox.objects.filter(pk__in=rows)
    moved.update(seq=F("seq") + 1, unread_count=F("unread_count") - 1)
    realtime.publish_after_commit(pushes)
    return len(pushes)


def _push(inbox, notification_id) -> Push:
    seq = inbox.take(unread=-1)
    return Push(inbox.pk, frames.deleted(seq, inbox.unread_count, str(notification_id)), seq)
