"""What came through a source, and what it became."""

import logging
from datetime import timedelta

from django.db import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    models,
    transaction,
)
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from leads.intake.doors import Refused
from leads.intake.understanding import NotUnderstood, understand
from leads.models.activity import Activity
from leads.models.lead import Lead
from leads.models.rule import Rule
from leads.models.source import Source
from leads.models.tag import Tag
from notifications.models.attempts import Attempts, AttemptsQuerySet
from notifications.prepared import Prepared

logger = logging.getLogger(__name__)

MINUTE = timedelta(minutes=1)
LEASE = timedelta(minutes=2)
TEST = "test"  # the tag of a lead that nobody meant
BUG = gettext_noop("Leadbell failed at it: that is in the server's log.")
FORGOTTEN = gettext_noop("What it said is kept no longer.")
# Trouble of the database: nothing is stored, and the sender comes again.
TROUBLE = (OperationalError, InterfaceError)


class NotDone(Exception):
    """Says why, for people to read."""


class DeliveryQuerySet(AttemptsQuerySet):
    def take(self, source, arrival) -> list["Delivery"]:
        """What an arrival brings, each stored with what it becomes, or with why it becomes nothing;
        what came before is the delivery that it was then, with ``again``. Raises Refused."""
        brought = source.door.brought(source, arrival)
        recent = self._within_bounds(source, arrival.address)
        return [self._once(source, arrival, each, recent) for each in brought]

    def _within_bounds(self, source, address) -> set[str]:
        """The keys of what came from the address in the last minute. Raises Refused."""
        door, since = source.door, timezone.now() - MINUTE
        since = connection.ops.adapt_datetimefield_value(since)
        ((lately,),) = _lately.rows(source.pk, since, door.per_source)
        if lately >= door.per_source:
            raise Refused(429, "Too much came for this source: wait a minute.", wait=60)
        if door.per_address is None or address is None:
            return set()
        address = connection.ops.adapt_ipaddressfield_value(address)
        rows = _keys_of_address.rows(source.pk, since, address, door.per_address)
        keys = [key for (key,) in rows]
        if len(keys) >= door.per_address:
            raise Refused(429, "Too much came from this address: wait a minute.", wait=60)
        return set(keys)

    def _once(self, source, arrival, brought, recent) -> "Delivery":
        """Of two at the same moment one waits for the other, at the key."""
        delivery, problem = Delivery.of(source, arrival, brought), None
        if brought.before not in recent:
            try:
                delivery._settle()
                return delivery
            except IntegrityError as trouble:
                problem = trouble
        keys = {brought.key, brought.before} - {""}
        first = self.filter(source=source, key__in=keys).order_by("-pk").first()
        if first is None:
            there = Source.objects.filter(pk=source.pk).exists()
            raise problem if problem and there else Source.DoesNotExist  # deleted meanwhile
        source.door.same_again(first, brought)
        first.source, first.again = source, True
        return first

    def locked(self, pk: int) -> "Delivery":
        """With its source; nobody else changes it until the transaction ends. Raises
        DoesNotExist."""
        rows = self.select_for_update(of=("self",), no_key=True)
        return rows.select_related("source__owner").get(pk=pk)

    def replayable(self):
        """What failed, of which the payload is kept."""
        return self.filter(state=Delivery.State.FAILED, payload__isnull=False)

    def claim(self, most: int) -> list["Delivery"]:
        """Those to be fetched now, which nobody else fetches until the lease is over: who is killed
        meanwhile leaves them to others."""
        with transaction.atomic():
            due = self.due().filter(state=Delivery.State.WAITING).order_by("pk")
            rows = list(due.select_for_update(of=("self",), skip_locked=True, no_key=True)
                        .select_related("source")[:most])  # fmt: skip
            self.filter(pk__in=[row.pk for row in rows]).update(
                next_attempt_at=timezone.now() + LEASE
            )
        return rows

    def forget_payloads(self, batch: int = 500) -> int:
        """What is kept no longer of up to ``batch``; returns how many."""
        old = self.filter(
            payload__isnull=False, received_at__lte=timezone.now() - Delivery.PAYLOAD_KEPT
        )
        rows = list(old.order_by("received_at").values_list("pk", flat=True)[:batch])
        gone = {"payload": None, "headers": {}, "address": None}
        return self.filter(pk__in=rows).update(**gone)


class Delivery(Attempts):
    """One thing that a sender brought. Its raw payload is kept for a time, the rest for good: a
    sender that comes again is known by ``key``, and gets the first answer."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")  # for the worker to fetch it, or to try again
        MADE = "made", _("made a lead")
        FAILED = "failed", _("failed")
        SUSPECT = "suspect", _("kept aside")
        TURNED_AWAY = "turned_away", _("turned away")

    PAYLOAD_KEPT = timedelta(days=30)

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="deliveries")
    received_at = models.DateTimeField(default=timezone.now, editable=False)
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    key = models.CharField(
        max_length=255, blank=True, editable=False, help_text="The sender's own id of it."
    )
    payload = models.BinaryField(null=True, editable=False)
    content_type = models.CharField(max_length=200, blank=True, editable=False)
    address = models.GenericIPAddressField(null=True, editable=False)
    headers = models.JSONField(
        default=dict, editable=False, help_text="Those that it was judged by."
    )
    reason = models.TextField(
        blank=True, editable=False, help_text="Why it became no lead, or is kept aside; in English."
    )
    answer = models.JSONField(default=dict, editable=False, help_text="Status and body, as sent.")
    is_test = models.BooleanField(default=False, editable=False)
    lead = models.ForeignKey(
        Lead, on_delete=models.SET_NULL, null=True, editable=False, related_name="deliveries"
    )

    objects = DeliveryQuerySet.as_manager()
    again = False  # whether it had come before

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            # Has the last word on what a sender brings twice.
            models.UniqueConstraint(
                fields=["source", "key"], name="delivery_once", condition=~Q(key="")
            )
        ]
        indexes = [
            # Serve a source's log, and what of it is in one state.
            models.Index(fields=["source", "-id"], name="delivery_log"),
            models.Index(fields=["source", "state", "-id"], name="delivery_state"),
            # Serves the worker's claim of what is to be fetched.
            models.Index(
                fields=["id"],
                name="delivery_waiting",
                condition=Q(state="waiting", parked_at=None),
            ),
            # Serve the bounds on how much a source gets, and how much one address sends; and what
            # is kept no longer.
            models.Index(fields=["source", "received_at"], name="delivery_rate"),
            models.Index(fields=["source", "address", "received_at"], name="delivery_address"),
            models.Index(
                fields=["received_at"], name="delivery_old", condition=Q(payload__isnull=False)
            ),
        ]

    def __str__(self):
        return f"{self.source}: {self.get_state_display()}"

    @classmethod
    def of(cls, source, arrival, brought) -> "Delivery":
        """Not stored yet."""
        state = cls.State.WAITING
        return cls(
            source=source,
            state=cls.State.SUSPECT if brought.suspicion else state,
            reason=brought.suspicion,
            key=brought.key,
            payload=brought.payload,
            content_type=brought.content_type,
            address=arrival.address,
            headers=brought.headers,
            is_test=arrival.is_test or brought.is_test,
        )

    # What it says

    @property
    def text(self) -> str:
        """The payload as it came, but for the source's secret; empty when it is kept no longer."""
        text = bytes(self.payload or b"").decode("utf-8", "replace")
        return text.replace(self.source.secret, "•••") if self.source.secret else text

    @property
    def why(self) -> str:
        """The reason in the language that is active."""
        return gettext(self.reason) if self.reason else ""

    def pairs(self) -> list[tuple[str, str]]:
        """What the payload says, flat, in its order, as the mapping names it; nothing where it is
        kept no longer, or cannot be read."""
        if self.payload is None:
            return []
        try:
            return [(pair.name, pair.value) for pair in self.source.door.pairs(bytes(self.payload))]
        except (NotUnderstood, ValueError):
            return []

    # What is done with it

    def replay(self, by) -> None:
        """Understands it anew, with the mapping as it is now; what was not fetched is fetched
        again. Raises NotDone."""
        self._again(by, self.State.FAILED, _("Only what failed can be replayed."))

    def accept(self, by) -> None:
        """What was suspected becomes a lead, and rings. Raises NotDone."""
        self._again(by, self.State.SUSPECT, _("Only what is kept aside can be accepted."))

    def turn_away(self, by) -> None:
        """What was suspected becomes nothing. Raises NotDone."""
        if not self._leave(self.State.SUSPECT, state=self.State.TURNED_AWAY):
            raise NotDone(_("Only what is kept aside can be turned away."))
        logger.info("User %s turned delivery %s away", by.pk, self.pk)

    def _again(self, by, state, otherwise):
        with transaction.atomic():
            row = Delivery.objects.locked(self.pk)
            if row.state != state or row.lead_id:
                raise NotDone(otherwise)
            if row.payload is None:
                raise NotDone(gettext(FORGOTTEN))
            row.state, row.reason = self.State.WAITING, ""
            row.attempts, row.next_attempt_at, row.parked_at, row.error = 0, None, None, ""
            row._settle()
        logger.info("User %s made delivery %s anew: %s", by.pk, row.pk, row.state)
        self.refresh_from_db()

    def _leave(self, state, /, **fields) -> bool:
        """Whether it was in that state, and these are its fields now."""
        left = Delivery.objects.filter(pk=self.pk, state=state).update(**fields)
        self.refresh_from_db()
        return bool(left)

    # What it becomes

    def _settle(self) -> None:
        """Stores it together with the lead that it becomes, or with why it becomes none. What fails
        otherwise than by what it says is in the log, and can be replayed. Raises IntegrityError
        where its key was stored before, and the database's own trouble."""
        answered = self.answer
        try:
            with transaction.atomic():
                self._become()
        except (IntegrityError, *TROUBLE):
            raise
        except Exception:
            logger.exception(
                "A delivery of source %s failed, and not by what it says", self.source_id
            )
            self.state, self.reason, self.lead = self.State.FAILED, BUG, None
            self.answer = answered  # and not that of the lead which was taken back
            self._store()

    def _become(self):
        """The lead comes before the delivery: so each is one INSERT."""
        door, payload = self.source.door, bytes(self.payload)
        if self.state != self.State.WAITING or not door.is_fetched(payload):
            return self._store()
        lead = Lead(source=self.source.source_of_leads)
        try:
            understood = understand(lead, door.pairs(payload), self.source.mapping)
        except NotUnderstood as problem:
            self.state, self.reason = self.State.FAILED, str(problem)
            return self._store()
        given = Rule.objects.whose(self.source, lead, understood.extras)
        lead.owner = given.owner
        lead.save()
        self.lead, self.state, self.reason = lead, self.State.MADE, ""
        self._store()
        self._tell(understood, given.why)

    def _store(self):
        """What was answered first is answered again, whatever becomes of it."""
        self.answer = self.answer or self.source.door.answer(self)
        self.save()

    def _tell(self, understood, why):
        """What else there is to know of its lead."""
        lead = self.lead
        lead.origins.create(delivery=self, fields=understood.extras)
        words = [*self.source.tags, *understood.tags, *([TEST] if self.is_test else [])]
        once = {word.casefold(): word for word in reversed(words)}
        if once:
            Tag.objects.bulk_create(Tag(lead=lead, name=once[key]) for key in reversed(once))
        if why:
            lead.activity(Activity.Kind.ASSIGNED, why).save()

    # What is fetched

    def got(self, lead: dict) -> None:
        """The rest of it has come. Somebody else may have been quicker: then that stands."""
        with transaction.atomic():
            row = Delivery.objects.locked(self.pk)
            if row.state != self.State.WAITING or row.payload is None:
                return
            row.payload = row.source.door.fetched(bytes(row.payload), lead)
            row.next_attempt_at, row.error = None, ""
            row._settle()

    def gave_up(self, because: str) -> None:
        """It cannot be fetched until somebody mends something, and replays it."""
        self._leave(self.State.WAITING, state=self.State.FAILED, reason=because)

    def test_sent(self, by) -> "Delivery":
        """A test is not fetched: nobody else knows of it."""
        logger.info("User %s sent the test %s", by.pk, self.pk)
        if self.state == self.State.WAITING:
            door = self.source.door
            self.got(door.sample_lead(door.lead_id(bytes(self.payload))))
            self.refresh_from_db()
        return self


def _in_a_minute():
    """Of one source, since a moment: in the order in which they are asked for."""
    return Delivery.objects.filter(source=0).filter(received_at__gt=timezone.now())


_lately = Prepared(
    lambda: _in_a_minute().values_list("pk"), around="SELECT count(*) FROM ({} LIMIT %s) AS few"
)
_keys_of_address = Prepared(
    lambda: _in_a_minute().filter(address="127.0.0.1").values_list("key"), around="{} LIMIT %s"
)
