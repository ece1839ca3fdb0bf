"""Which processes there are, and what they do."""

from typing import NamedTuple

from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from notifications.models import MeasuredProcess, WorkerProcess
from notifications.models.worker import ALIVE


class Workers(NamedTuple):
    alive: int
    silent: float | None  # seconds since the last one's sign of life; none was ever heard of

    @classmethod
    def found(cls) -> "Workers":
        alive = Count("pk", filter=Q(beat_at__gt=timezone.now() - ALIVE))
        found = WorkerProcess.objects.aggregate(alive=alive, last=Max("beat_at"))
        return cls(found["alive"], age_of(found["last"]) if found["last"] else None)


class Shown(NamedTuple):
    """A process as the page shows it. ``silent`` is the seconds since its sign of life."""

    name: str
    does: str
    sockets: int | None
    started_at: object
    silent: float
    is_alive: bool


def shown() -> list[Shown]:
    """Those that serve and those that work, which without Redis is one; the oldest first, and those
    that fell silent too, for an hour."""
    measured = list(MeasuredProcess.objects.running().order_by("started_at"))
    working = {each.name for each in WorkerProcess.objects.alive()}
    return [_shown(each, each.name in working) for each in measured]


def _shown(process, works) -> Shown:
    serves = process.role == MeasuredProcess.Role.SERVE
    does = _("serves and works") if serves and works else _("serves") if serves else _("works")
    return Shown(
        process.name,
        does,
        process.sockets if serves else None,
        process.started_at,
        age_of(process.beat_at),
        process.is_alive,
    )


def age_of(moment) -> float:
    """Seconds; a clock that is ahead of ours makes no negative ones."""
    return max(0.0, (timezone.now() - moment).total_seconds())
