"""What was told to an endpoint, or is to be: the row is the queue."""

from datetime import timedelta
from http.client import HTTPException

from django.db import models, transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from crm.webhooks import sending
from crm.webhooks.addresses import Forbidden
from crm.webhooks.endpoint import WebhookEndpoint
from notifications import wire
from notifications.models.attempts import Attempts, AttemptsQuerySet

LEASE = timedelta(seconds=60)  # for so long nobody else sends what a worker claimed
KEPT = timedelta(days=30)
FORGOTTEN_AT_ONCE = 1_000
GONE = 410


class Refused(Exception):
    """The other side answered, and did not take it."""


def body_of(kind: str, data: dict) -> str:
    return wire.encode({"type": kind, "timestamp": wire.moment(timezone.now()), "data": data})


class WebhookDeliveryQuerySet(AttemptsQuerySet):
    def record(self, endpoint, kind: str, data: dict) -> "WebhookDelivery":
        return self.create(endpoint=endpoint, kind=kind, body=body_of(kind, data))

    def waiting(self):
        """To be sent now, oldest first."""
        hearing = WebhookEndpoint.objects.hearing()
        return self.due().filter(delivered_at=None, endpoint__in=hearing).order_by("id")

    def claim(self, endpoint_id: int) -> "WebhookDelivery | None":
        """The endpoint's next, which is leased to the caller: whoever is killed leaves it to
        another, after the lease."""
        with transaction.atomic():
            waiting = self.waiting().filter(endpoint=endpoint_id)
            row = waiting.select_for_update(skip_locked=True, of=("self",)).first()
            if row is not None:
                row.next_attempt_at = timezone.now() + LEASE
                row.save(update_fields=["next_attempt_at"])
        return row

    def by_state(self) -> "dict[WebhookDelivery.State, int]":
        """How many are in each state, those without any included."""
        state = WebhookDelivery.State
        of = {
            state.WAITING: Q(delivered_at=None, parked_at=None, attempts=0),
            state.TRYING: Q(delivered_at=None, parked_at=None, attempts__gt=0),
            state.DELIVERED: Q(delivered_at__isnull=False),
            state.FAILED: Q(delivered_at=None, parked_at__isnull=False),
        }
        counts = self.aggregate(**{each.value: Count("pk", filter=of[each]) for each in state})
        return {each: counts[each] for each in state}

    def forget_old(self) -> int:
        old = self.filter(created_at__lt=timezone.now() - KEPT).order_by("id")
        pks = list(old.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
        return self.filter(pk__in=pks).delete()[0]


class WebhookDelivery(Attempts):
    """At least once: its id, the header ``webhook-id``, stays the same however often it is sent."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        TRYING = "trying", _("failed, is tried again")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("given up")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    endpoint = models.ForeignKey(
        WebhookEndpoint,
        on_delete=models.CASCADE,
        related_name="deliveries",
        db_constraint=False,  # no lead fails to be stored because an endpoint went
        db_index=False,
    )
    kind = models.CharField(max_length=40)
    body = models.TextField(editable=False, help_text="As it is sent, to the byte.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    delivered_at = models.DateTimeField(null=True, editable=False)
    status = models.PositiveSmallIntegerField(null=True, editable=False)
    answer = models.TextField(blank=True, editable=False, help_text="Its first 2,000 bytes.")

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "webhook deliveries"
        indexes = [
            # Serves the worker, and an endpoint's log.
            models.Index(
                fields=["endpoint", "id"],
                name="webhook_waiting",
                condition=Q(delivered_at=None, parked_at=None),
            ),
            models.Index(fields=["endpoint", "-id"], name="webhook_log"),
            models.Index(fields=["created_at"], name="webhook_old"),
        ]

    def __str__(self):
        return f"{self.kind} to {self.endpoint_id}"

    @property
    def state(self) -> State:
        if self.delivered_at:
            return self.State.DELIVERED
        if self.parked_at:
            return self.State.FAILED
        return self.State.TRYING if self.attempts else self.State.WAITING

    def redeliver(self) -> None:
        """Sends it again, as the same."""
        rows = WebhookDelivery.objects.filter(pk=self.pk)
        rows.update(delivered_at=None, status=None, answer="")
        rows.try_again()

    def send(self) -> bool:
        """Whether the other side took it. The caller claimed it."""
        endpoint = self.endpoint
        headers = sending.headers_of(endpoint.secrets, f"msg_{self.pk.hex}", self.body)
        try:
            answer = sending.post(endpoint.url, headers, self.body)
            self.status, self.answer = answer.status, answer.text.replace("\0", "")
            if not 200 <= answer.status < 300:
                raise Refused(f"it answered {answer.status}")
        except (OSError, HTTPException, Forbidden, Refused, ValueError) as problem:
            self._failed_to_send(problem)
            return False
        self.delivered_at, self.error, self.next_attempt_at = timezone.now(), "", None
        self.attempts += 1
        self._keep("status", "answer", "delivered_at", "error", "next_attempt_at", "attempts")
        endpoint.succeeded()
        return True

    def _failed_to_send(self, problem):
        if not isinstance(problem, Refused):
            self.status, self.answer = None, ""
        if self._keep("status", "answer"):
            self.failed(problem)
        self.endpoint.failed(gone=self.status == GONE)

    def _keep(self, *names) -> bool:
        """False for a row that was erased while it was sent: it does not come back."""
        rows = WebhookDelivery.objects.filter(pk=self.pk)
        return bool(rows.update(**{name: getattr(self, name) for name in names}))
