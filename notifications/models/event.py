"""Events: what happened, recorded in the transaction in which it happened.

The row is the queue: an event that nobody fanned out yet is pending, and ``Event.objects.fan_out``
gives every recipient their notification of it, exactly once, whoever races and whatever crashes.
"""

import logging
from collections import deque
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import OperationalError, models, transaction
from django.db.models import Case, Q, Value, When
from django.utils import timezone

from notifications import realtime
from notifications.background import Background
from notifications.kinds import Kind
from notifications.models import arrival
from notifications.models.addressee import Addressee
from notifications.models.attempts import Attempts, AttemptsQuerySet
from notifications.models.notification import Notification
from notifications.prepared import Prepared
from notifications.realtime import Push

logger = logging.getLogger(__name__)

BATCH_EVENTS = 50
BATCH_ROWS = 5_000  # so that a batch stays short with many users
BATCH_MARKS = 50
OVERDUE = timedelta(seconds=2)


class EventQuerySet(AttemptsQuerySet):
    def bulk_create(self, objs, *args, **kwargs):
        """Records all, and wakes the fan-out after the commit, as ``save`` does."""
        created = super().bulk_create(objs, *args, **kwargs)
        transaction.on_commit(fan_out.wake, robust=True)
        return created

    def raise_for(self, user_ids, **fields) -> "Event":
        """Records an event that is for these users alone."""
        event = self.model(**fields)
        event.save_naming(to=user_ids)
        return event

    def forget_lead(self, lead_id: int) -> None:
        """Takes a lead that is going off its events: what is told of it later leads nowhere. Part
        of the transaction that deletes the lead, whose row the caller has locked."""
        self.filter(related_lead_id=lead_id).update(related_lead=None, url="")

    def pending(self):
        """Due for the fan-out, oldest first."""
        return self.due().filter(fanned_out_at=None).order_by("pk")

    def overdue(self):
        """Pending for so long that whoever should have fanned them out must have died."""
        return self.pending().filter(created_at__lte=timezone.now() - OVERDUE)

    def fan_out(self) -> int:
        """Delivers a batch of the pending of these in one short transaction, and pushes it after
        the commit. Returns how many events were dealt with: 0 when nothing is pending.

        Where a batch fails its events are delivered one by one, so that one that cannot be
        delivered backs off by itself and holds up no other.
        """
        return self.fan_out_batch()[0]

    def fan_out_batch(self) -> tuple[int, bool]:
        """``fan_out``; also returns whether more may be pending. Where it says no, whatever is
        committed later wakes the fan-out by itself."""
        try:
            return self._fan_out_batch(BATCH_EVENTS)
        except OperationalError:  # the database's trouble, and no event's
            raise
        except Exception:
            logger.exception("A batch of events failed: each is tried by itself")
            pks = list(self.pending().values_list("pk", flat=True)[:BATCH_EVENTS])
            dealt_with = sum(self.filter(pk=pk)._fan_out_one() for pk in pks)
            return dealt_with, bool(dealt_with)

    def _fan_out_batch(self, limit) -> tuple[int, bool]:
        with transaction.atomic():
            events, more = arrival.claim(self, limit)
            if not events:
                return 0, more
            positions = arrival.lock(recipients)
            batch = events[: max(1, BATCH_ROWS // max(1, len(positions)))]
            _deliver(batch, positions)
        # Who came in the middle of this left their events to it.
        return len(batch), more or len(batch) < len(events) or bool(_left.rows())

    def _fan_out_one(self) -> int:
        try:
            return self._fan_out_batch(1)[0]
        except OperationalError:
            raise
        except Exception as problem:
            for event in self.pending():
                event.failed(problem)
            return 1


_left = Prepared(
    lambda: Event.objects.filter(
        fanned_out_at=None, parked_at=None, next_attempt_at=None
    ).values_list("pk")[:1]
)


def recipients():
    """Who is told of what happens."""
    return get_user_model().objects.filter(is_active=True)


def _deliver(events, positions):
    lives = [text for event in events if (text := event.live_frame())]
    before = [Push(position.user_id, text) for text in lives for position in positions]
    pushes = before + arrival.arrive(events, positions)
    pks = [event.pk for event in events]
    realtime.publish_after_commit(pushes, then=lambda: _note_pushed(pks))


_pushed = deque()  # events whose notifications went out, not yet written down


def _note_pushed(pks) -> None:
    _pushed.append((pks, timezone.now()))
    pushed_marks.wake()


def _write_pushed() -> bool:
    """One statement for what went out since the last; returns whether more may have."""
    marks = [_pushed.popleft() for _ in range(min(len(_pushed), BATCH_MARKS))]
    if not marks:
        return False
    went_out = [When(pk__in=pks, then=Value(at)) for pks, at in marks]
    events = Event.objects.filter(pk__in=[pk for pks, _ in marks for pk in pks], pushed_at=None)
    try:
        events.update(pushed_at=Case(*went_out, output_field=Event._meta.get_field("pushed_at")))
    except Exception:
        _pushed.extendleft(reversed(marks))
        raise
    return bool(_pushed)


class Event(Attempts):
    class Reach(models.TextChoices):
        EVERYBODY = "", "Everybody"
        NAMED_TOO = "named_too", "Everybody, and it names some"
        ADDRESSEES = "addressees", "Whom it names alone"

    reach = models.CharField(
        max_length=16,
        choices=Reach,
        blank=True,
        default=Reach.EVERYBODY,
        db_default=Reach.EVERYBODY,
    )
    kind = models.CharField(max_length=32, choices=Kind)
    title = models.CharField(max_length=200)
    message = models.TextField(blank=True)
    url = models.CharField(max_length=500, blank=True)
    related_lead = models.ForeignKey(
        "leads.Lead", on_delete=models.SET_NULL, null=True, blank=True, related_name="events"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    fanned_out_at = models.DateTimeField(null=True, editable=False)
    pushed_at = models.DateTimeField(
        null=True, editable=False, help_text="Its notifications were handed to the channel layer."
    )

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = [
            # Serves the claim of pending events.
            models.Index(
                fields=["id"],
                name="event_pending",
                condition=Q(fanned_out_at=None, parked_at=None),
            ),
        ]

    def __str__(self):
        return f"{self.title}: {self.message}"

    def save(self, *args, **kwargs):
        adding = self._state.adding
        super().save(*args, **kwargs)
        if adding:
            transaction.on_commit(fan_out.wake, robust=True)

    def save_naming(self, to=None, mentioned=(), also=()) -> None:
        """Stores it, for the users ``to`` alone if they are given, with who is ``mentioned`` in it,
        and for who ``also`` gets it unless they want nothing of its kind; by their ids."""
        self.reach = Event.Reach.NAMED_TOO if to is None else Event.Reach.ADDRESSEES
        with transaction.atomic():
            self.save()
            Addressee.objects.bulk_create(
                Addressee(event=self, user_id=user_id, mentioned=user_id in mentioned)
                for user_id in sorted({*(to or ()), *mentioned, *also})
            )

    def notification_for(self, user_id: int | None) -> Notification:
        return Notification(
            recipient_id=user_id,
            event_id=self.pk,
            type=self.kind,
            title=self.title,
            message=self.message,
            url=self.url,
            related_lead_id=self.related_lead_id,
            actor_id=self.actor_id,
        )

    def live_frame(self) -> str:
        """The frame that tells live lists of the lead itself, ahead of its notifications."""
        if self.kind != Kind.LEAD_CREATED or self.related_lead is None:
            return ""
        return self.related_lead.live_frame("add")


fan_out = Background("fan-out", lambda: Event.objects.fan_out_batch()[1])
pushed_marks = Background("pushed marks", _write_pushed, pause=0.25)
