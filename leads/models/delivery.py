"""What came through a source, stored before it is understood."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads.models.lead import Lead
from leads.models.source import Source
from notifications.models.attempts import Attempts, AttemptsQuerySet


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
    reason = models.TextField(blank=True, editable=False)
    answer = models.JSONField(default=dict, editable=False, help_text="Status and body, as sent.")
    is_test = models.BooleanField(default=False, editable=False)
    lead = models.ForeignKey(
        Lead, on_delete=models.SET_NULL, null=True, editable=False, related_name="deliveries"
    )

    objects = AttemptsQuerySet.as_manager()

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
            # Serve the bound on how much one address sends, and what is kept no longer.
            models.Index(fields=["source", "address", "received_at"], name="delivery_address"),
            models.Index(
                fields=["received_at"], name="delivery_old", condition=Q(payload__isnull=False)
            ),
        ]

    def __str__(self):
        return f"{self.source}: {self.get_state_display()}"
