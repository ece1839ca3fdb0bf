"""What clocks on the wall show, in the reader's zone. On the days when they change, some times do
not exist, and some come twice."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

MINUTE = timedelta(minutes=1)


class Skipped(ValueError):
    """No clock shows ``wall``, since they go forward over it; ``following`` is what they show when
    they have."""

    def __init__(self, wall: datetime, following: datetime):
        super().__init__(f"{wall} does not exist")
        self.wall, self.following = wall, following


def moment_at(wall: datetime) -> datetime:
    """When clocks here show that; of a time that comes twice, the first. Raises Skipped, and
    OverflowError beyond the calendar."""
    moment = wall.replace(tzinfo=timezone.get_current_timezone(), fold=0).astimezone(UTC)
    if shown_at(moment) != wall:
        raise Skipped(wall, _following(wall))
    return moment


def shown_at(moment: datetime) -> datetime:
    """What clocks here show then."""
    return timezone.localtime(moment).replace(tzinfo=None, fold=0)


def which_of_two(moment: datetime) -> int:
    """1 or 2 where clocks here show that time twice, the first or the second time; else 0."""
    here = timezone.localtime(moment)
    first, second = (here.replace(fold=fold).utcoffset() for fold in (0, 1))
    return 1 + here.fold if first > second else 0


def _following(wall):
    """Clocks change at whole minutes."""
    wall = wall.replace(second=0, microsecond=0)
    while True:
        wall += MINUTE
        aware = wall.replace(tzinfo=timezone.get_current_timezone())
        if shown_at(aware.astimezone(UTC)) == wall:
            return wall
