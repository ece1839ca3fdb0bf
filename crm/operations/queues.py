"""What waits, and what failed."""

from typing import NamedTuple

from django.db.models import Count, Min

from crm.operations.processes import age_of
from leads.models import Delivery
from notifications.models import Event

FAILED_SHOWN = 20


class Events(NamedTuple):
    pending: int
    oldest: float  # seconds, 0 where none is pending
    parked: int

    @classmethod
    def found(cls) -> "Events":
        """Two queries, each of an index of what is not done."""
        waiting = Event.objects.pending().order_by()
        found = waiting.aggregate(count=Count("pk"), first=Min("created_at"))
        oldest = age_of(found["first"]) if found["first"] else 0
        return cls(found["count"], oldest, failed().count())


def failed():
    """Events that failed so often that they wait for somebody to look, the latest first."""
    return Event.objects.parked().filter(fanned_out_at=None).order_by("-pk")


def deliveries() -> dict[str, int]:
    """How many there are in each state, those without any included."""
    counted = Delivery.objects.order_by().values_list("state").annotate(count=Count("pk"))
    return dict.fromkeys(Delivery.State.values, 0) | dict(counted)
