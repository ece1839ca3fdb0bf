"""Notifications: what one user is told of one happening, and whether they read it."""

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone
from uuid6 import uuid7

from notifications import frames, realtime
from notifications.kinds import Kind
from notifications.models import parting
from notifications.models.inbox import Inbox
from notifications.models.leads import hold_all
from notifications.models.reason import Reason
from notifications.models.receipt import Receipt
from notifications.realtime import Push
from notifications.serializers import NotificationSerializer

_serializer = NotificationSerializer()


class NotificationQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The user's own that they did not delete, newest first."""
        return self.filter(recipient=user, deleted_at=None).order_by("-arrival")

    def unread(self):
        return self.filter(read_at=None, deleted_at=None)

    def with_receipts(self):
        """Each with ``pushed_at`` and ``delivered_at``; it has the other times itself."""
        reaching = Receipt.objects.filter(user=OuterRef("recipient"), upto__gte=OuterRef("arrival"))
        return self.annotate(
            delivered_at=Subquery(reaching.order_by("upto").values("at")[:1]),
            pushed_at=F("event__pushed_at"),
        )

    def mark_seen(self) -> int:
        """Those of these that were not seen before were seen now; returns how many. No change of
        what clients know, so it takes no number."""
        return self.filter(seen_at=None, deleted_at=None).update(seen_at=timezone.now())

    def bulk_create(self, objs, *args, **kwargs):
        """Stores and announces each, as ``save`` does, with as many queries for one as for many."""
        objs = list(objs)
        with transaction.atomic():
            hold_all(row.related_lead_id for row in objs)
            inboxes = Inbox.objects.lock({row.recipient_id for row in objs})
            by_user = {inbox.pk: inbox for inbox in inboxes}
            pushes = [row.number(by_user[row.recipient_id]) for row in objs]
            Inbox.store(inboxes)
            realtime.publish_after_commit(pushes)
            return self.store(objs)

    def store(self, rows) -> list["Notification"]:
        """Inserts rows that have their numbers, and no more than that."""
        return super().bulk_create(rows)

    def delete(self):
        """Deletes each, as ``Notification.delete`` does."""
        for row in self:
            row.delete()
        return len(self), {self.model._meta.label: len(self)}

    delete.alters_data = True
    delete.queryset_only = True

    def forget(self, pks) -> None:
        """Takes these rows, tombstones whose time is over, out of the table."""
        super().filter(pk__in=list(pks))._raw_delete(self.db)

    def forget_lead(self, lead_id: int, erased: str = "") -> None:
        """Takes a lead that is going off its notifications, which is a change of each of them;
        ``erased`` then stands in place of their words, of those too that somebody deleted.

        Part of the transaction that deletes the lead, whose row the caller has locked, so that no
        notification of it can arrive meanwhile.
        """
        rows = self.filter(related_lead_id=lead_id, deleted_at=None)
        inboxes = Inbox.objects.lock(rows.values_list("recipient_id", flat=True))
        if erased:
            self.filter(related_lead_id=lead_id).update(title=erased, message="")
        realtime.publish_after_commit(parting.way()(rows, lead_id, inboxes))

    def hand_over(self, lead_id: int, heir_id: int, paths: tuple[str, str]) -> list:
        """Another lead takes the place of this one in these notifications, which is a change of
        each of them; ``paths`` are their pages. Returns the ids of those that it was.

        Part of the transaction that merges the two or undoes it, whose rows the caller has locked.
        """
        rows = self.filter(related_lead_id=lead_id, deleted_at=None)
        inboxes = Inbox.objects.lock(rows.values_list("recipient_id", flat=True))
        heir = parting.Heir(heir_id, *paths, list(rows.values_list("pk", flat=True)))
        realtime.publish_after_commit(parting.way()(rows, lead_id, inboxes, heir))
        return heir.ids


class Notification(models.Model):
    """Without foreign keys in the database: to look up the recipient of each row that arrives took
    a seventh of the fan-out's time, and the three others a fifth. The event, the lead and the
    recipient's inbox are locked while notifications arrive, and whoever deletes one of these takes
    it off here."""

    Type = Kind

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="notifications",
        db_index=False,
        db_constraint=False,
    )
    event = models.ForeignKey(
        "notifications.Event",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        editable=False,
        related_name="notifications",
        db_index=False,
        db_constraint=False,
    )
    type = models.CharField(max_length=32, choices=Kind)
    reason = models.CharField(
        max_length=16,
        choices=Reason,
        blank=True,
        default=Reason.EVERYTHING,
        db_default=Reason.EVERYTHING,
        editable=False,
    )
    title = models.CharField(max_length=200)
    message = models.TextField(blank=True)
    url = models.CharField(max_length=500, blank=True)
    related_lead = models.ForeignKey(
        "leads.Lead",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="notifications",
        db_index=False,
        db_constraint=False,
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    seq = models.BigIntegerField(editable=False, help_text="The number of its last change.")
    arrival = models.BigIntegerField(editable=False, help_text="The number it arrived with.")
    seen_at = models.DateTimeField(
        null=True, editable=False, help_text="It was on show in an open panel or the history."
    )
    read_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(
        null=True, editable=False, help_text="A tombstone since, so that clients learn of it."
    )
    created_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField(editable=False)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [
            # Serves the list, newest first.
            models.UniqueConstraint(fields=["recipient", "arrival"], name="notification_arrival"),
            # Exactly one of an event for each recipient, whoever races; serves an event's receipts.
            models.UniqueConstraint(fields=["event", "recipient"], name="notification_once"),
        ]
        indexes = [
            # Serves changes and sync.
            models.Index(fields=["recipient", "seq"], name="notification_changes"),
            # Serves the list filtered by type.
            models.Index(fields=["recipient", "type", "arrival"], name="notification_type"),
            # Serves the list of the unread, their count, and marking them all.
            models.Index(
                fields=["recipient", "arrival"],
                name="notification_unread",
                condition=Q(read_at=None, deleted_at=None),
            ),
            # Serve retention.
            models.Index(
                fields=["read_at"],
                name="notification_retire",
                condition=Q(read_at__isnull=False, deleted_at=None),
            ),
            models.Index(
                fields=["deleted_at"],
                name="notification_tombstone",
                condition=Q(deleted_at__isnull=False),
            ),
            # Serves a lead's notifications, and the lead's deletion.
            models.Index(
                fields=["related_lead", "recipient"],
                name="notification_lead",
                condition=Q(related_lead__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.title}: {self.message}"

    @property
    def is_read(self) -> bool:
        return self.read_at is not None

    @property
    def is_unread(self) -> bool:
        return self.read_at is None and self.deleted_at is None

    def as_json(self) -> dict:
        """The notification as REST and the socket give it."""
        return _serializer.to_representation(self)

    # Writing: each takes a number of the recipient's inbox, and is pushed after the commit.

    def save(self, *, update_fields=None, **kwargs):
        """Raises DoesNotExist for one that was deleted meanwhile: it does not come back."""
        with transaction.atomic():
            if update_fields is None or {"related_lead", "related_lead_id"} & set(update_fields):
                hold_all([self.related_lead_id])
            inbox = Inbox.objects.lock_one(self.recipient_id)
            was_unread = False if self._state.adding else self._meet_stored(update_fields)
            self._write(inbox, self.is_unread - was_unread, update_fields, **kwargs)

    def mark_read(self) -> None:
        """Idempotent: only the first call counts. Raises DoesNotExist if deleted meanwhile."""
        self._set_read(True)

    def mark_unread(self) -> None:
        self._set_read(False)

    def delete(self, *args, **kwargs):
        """Leaves a tombstone until retention takes it; deleting it again changes nothing."""
        with transaction.atomic():
            inbox = Inbox.objects.lock_one(self.recipient_id)
            self.refresh_from_db()
            if self.deleted_at is None:
                was_unread, self.deleted_at = self.is_unread, timezone.now()
                self._write(inbox, -was_unread, ["deleted_at"])
        return 1, {self._meta.label: 1}

    def _set_read(self, read: bool) -> None:
        with transaction.atomic():
            inbox = Inbox.objects.lock_one(self.recipient_id)
            self.refresh_from_db(from_queryset=Notification.objects.filter(deleted_at=None))
            if self.is_read != read:
                self.read_at = timezone.now() if read else None
                self._write(inbox, -1 if read else 1, ["read_at"])

    def _write(self, inbox, unread, update_fields=None, **kwargs):
        push = self.number(inbox, unread)
        if update_fields is not None:
            kwargs["update_fields"] = {*update_fields, "seq", "updated_at"}
        super().save(**kwargs)
        Inbox.store([inbox])
        realtime.publish_after_commit([push])

    def number(self, inbox, unread: int | None = None) -> Push:
        """Makes the row's pending change the next of the locked ``inbox``; returns its push.
        ``unread`` is how far it moves the unread count; None stands for a row that arrives."""
        self.updated_at = timezone.now()
        if not self._state.adding:
            self.seq = inbox.take(unread)
            return Push(inbox.pk, self._changed_frame(inbox), self.seq)
        self.created_at = self.updated_at
        self.seq = self.arrival = inbox.take(self.is_unread)
        frame = frames.created(self.seq, inbox.unread_count, self.as_json())
        return Push(inbox.pk, frame, self.seq, self.pk)

    def _meet_stored(self, update_fields) -> bool:
        """Takes what is not to be written from the row as it is stored, so that frame and count
        tell of it; returns whether that was unread."""
        stored = Notification.objects.get(pk=self.pk, deleted_at=None)
        if update_fields is not None:
            for field in self._meta.concrete_fields:
                if not {field.name, field.attname} & set(update_fields):
                    setattr(self, field.attname, getattr(stored, field.attname))
        return stored.is_unread

    def _changed_frame(self, inbox) -> str:
        if self.deleted_at is not None:
            return frames.deleted(self.seq, inbox.unread_count, str(self.pk))
        return frames.updated(self.seq, inbox.unread_count, self.as_json())
