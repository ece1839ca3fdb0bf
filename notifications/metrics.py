"""What this process counts, in memory: `notifications/measuring.py` writes it down every few
seconds, and whoever is asked for figures adds up what all processes wrote.

Counted is once a batch of the fan-out, once a push and once a round of heartbeats, never once a
frame: it takes no query and no round trip.
"""

import threading
from bisect import bisect_left
from collections import Counter as Figures
from collections.abc import Iterable

# Upper bounds, in seconds.
BOUNDS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
BEYOND = "+Inf"
SUM = "sum"

# The fan-out has a thread, the loop another, an embedded worker a third.
_counting = threading.Lock()


class Counter:
    """A number that only grows."""

    def __init__(self, name: str, help_text: str):
        self.name, self.help_text = name, help_text
        self._value = 0

    def add(self, number: int = 1) -> None:
        with _counting:
            self._value += number

    def figures(self) -> dict[str, float]:
        return {self.name: self._value}


class Histogram:
    """How long something took, in seconds: how many times within each of ``BOUNDS`` and no shorter
    one, and the sum."""

    def __init__(self, name: str, help_text: str):
        self.name, self.help_text = name, help_text
        self._counts, self._sum = [0] * (len(BOUNDS) + 1), 0.0

    def observe(self, *seconds: float) -> None:
        with _counting:
            for each in seconds:
                self._counts[bisect_left(BOUNDS, each)] += 1
            self._sum += sum(seconds)

    def figures(self) -> dict[str, float]:
        keys = histogram_keys(self.name)
        return dict(zip(keys, [*self._counts, self._sum], strict=True))


def histogram_keys(name: str) -> list[str]:
    """Under which a histogram's figures are stored: a bound each, what is beyond, the sum."""
    return [f"{name}/{part}" for part in (*BOUNDS, BEYOND, SUM)]


leads_created = Counter(
    "leadbell_leads_created", "Leads created by any door, counted when their event is fanned out."
)
events_fanned_out = Counter("leadbell_events_fanned_out", "Events fanned out, leads included.")
notifications_stored = Counter(
    "leadbell_notifications_stored", "Notifications that the fan-out stored, one a recipient."
)
fan_outs_failed = Counter(
    "leadbell_fan_outs_failed", "Batches of the fan-out that failed and were tried again."
)
pushes_failed = Counter(
    "leadbell_pushes_failed", "Pushes that the channel layer did not take; clients fetch them."
)
rounds = Counter("leadbell_heartbeat_rounds", "Rounds of heartbeats over all sockets of a process.")
healing_rounds = Counter(
    "leadbell_healing_rounds", "Rounds that found a socket which had missed something."
)
sockets_healed = Counter(
    "leadbell_sockets_healed", "Sockets that were sent in a round what no push had brought."
)
fan_out_seconds = Histogram(
    "leadbell_fan_out_seconds", "From the claim of a batch of events to its commit."
)
push_seconds = Histogram(
    "leadbell_push_seconds", "Until the channel layer had taken all frames of a push."
)
delivery_seconds = Histogram(
    "leadbell_delivery_seconds",
    "From when an event was recorded until its frames were handed to the channel layer.",
)

COUNTERS = [
    leads_created,
    events_fanned_out,
    notifications_stored,
    fan_outs_failed,
    pushes_failed,
    rounds,
    healing_rounds,
    sockets_healed,
]
HISTOGRAMS = [fan_out_seconds, push_seconds, delivery_seconds]


def figures() -> Figures:
    """All that was counted since the process began, by key; a sum of such is one."""
    with _counting:
        return added(each.figures() for each in (*COUNTERS, *HISTOGRAMS))


def added(parts: Iterable[dict]) -> Figures:
    total = Figures()
    for part in parts:
        total.update(part)  # a Counter's update adds
    return total


def difference(now: dict, before: dict) -> Figures:
    """What was counted in between; nothing of what was not."""
    left = Figures(now)
    left.subtract(before)
    return Figures({key: value for key, value in left.items() if value})
