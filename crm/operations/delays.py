"""How long it took from the commit to the delivery, of what happened in the last hour.

An event knows when it was recorded and when its frames were handed to the channel layer, and
receipts when a client had them. Read are the latest alone, however many there were.
"""

from datetime import timedelta
from math import ceil
from typing import NamedTuple

from django.utils import timezone

from notifications.models import Event, Notification

HOUR = timedelta(hours=1)
LATEST = 2_000
PERCENTILES = (50, 95, 99)


class Delays(NamedTuple):
    """Seconds, by percentile; none where nothing happened. ``there`` is how many of ``count`` have
    arrived, and ``capped`` whether more happened than are looked at."""

    count: int
    there: int
    capped: bool
    percentiles: dict[int, float]


def pushed() -> Delays:
    """Until its frames were handed to the channel layer."""
    latest = Event.objects.order_by("-pk").values_list("created_at", "pushed_at")
    return _of(list(latest[:LATEST]))


def received() -> Delays:
    """Until a client of the user said that it has it; who was away counts when they come back."""
    latest = Notification.objects.filter(event__isnull=False).with_receipts().order_by("-pk")
    return _of(list(latest.values_list("event__created_at", "delivered_at")[:LATEST]))


def percentile(ordered: list[float], percent: int) -> float:
    """By the nearest rank: the smallest that ``percent`` of all do not exceed."""
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]


def _of(rows) -> Delays:
    since = timezone.now() - HOUR
    lately = [(begin, end) for begin, end in rows if begin >= since]
    seconds = sorted(max(0.0, (end - begin).total_seconds()) for begin, end in lately if end)
    found = {each: percentile(seconds, each) for each in PERCENTILES if seconds}
    return Delays(len(lately), len(seconds), len(lately) == LATEST, found)
