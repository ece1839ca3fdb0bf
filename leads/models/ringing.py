"""What rings at a moment: the reminders of tasks and appointments.

``ring_at`` is the queue: when it rings next, empty where it has rung or will not. Only what moves
that moment arms it anew, so who saves a row that they read before it rang does not ring it again. A
batch is claimed, told and marked in one transaction: a worker that is killed leaves all of it to
the next.
"""

from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils import timezone

from leads.models.of_lead import OfLead, OfLeadQuerySet
from notifications.models.leads import hold

BATCH = 50
LONGEST_REMINDER = 4 * 7 * 24 * 60  # minutes


class RingingQuerySet(OfLeadQuerySet):
    def to_ring(self):
        return self.filter(ring_at__lte=timezone.now())

    def ring(self, batch: int = BATCH) -> int:
        """Rings up to ``batch`` that are due, the longest first; returns how many."""
        with transaction.atomic():
            rows = self._claim(batch)
            for row in rows:
                row.tell_reminder()
            self.filter(pk__in=[row.pk for row in rows]).update(ring_at=None)
        return len(rows)

    def _claim(self, limit):
        """Locked, and their leads held: in the order that notifications/models/leads.py names.
        Whatever somebody else is at is left to them, or to the next turn."""
        due = self.to_ring().order_by("ring_at", "pk")
        lead_of = dict(due.values_list("pk", "lead_id")[:limit])
        if not lead_of:
            return []
        leads = hold(lead_of.values())
        there = self.to_ring().filter(pk__in=lead_of, lead__in=leads)
        rows = list(there.select_for_update(no_key=True, skip_locked=True).order_by("ring_at"))
        for row in rows:
            row.lead = leads[row.lead_id]
        return rows


class Ringing(OfLead):
    """Says in ``reminds_at`` when its reminder is, and tells it in ``tell_reminder``."""

    LATE = timedelta(0)  # what is over by no more is still rung

    ring_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    def arm(self) -> None:
        """It rings at its reminder, if that is to come."""
        moment = self.reminds_at
        self.ring_at = moment if moment and moment > timezone.now() - self.LATE else None

    def _settle(self, stored):
        if stored is None or stored.reminds_at != self.reminds_at:
            self.arm()
        else:
            self.ring_at = stored.ring_at


def before(moment: datetime | None, minutes: int | None) -> datetime | None:
    return moment - timedelta(minutes=minutes) if moment and minutes is not None else None
