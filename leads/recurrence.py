"""When something that repeats is next: by the calendar and the clock on the wall of one zone.

Each time is counted from the first, and none from the one before: what is on the 31st, or on the
29th of February, falls on the last day of a shorter month and is back on its day in the next long
one; what is at half past two is so again after the night in which there was no half past two.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _

from leads.fields import END


class Unit(models.TextChoices):
    DAY = "day", _("Daily")
    WEEKDAY = "weekday", _("On weekdays")
    WEEK = "week", _("Weekly")
    MONTH = "month", _("Monthly")
    YEAR = "year", _("Yearly")


class Recurrence(NamedTuple):
    first: datetime
    unit: str
    every: int
    zone: str
    until: date | None = None  # the last day on which it may be

    def after(self, moment: datetime) -> datetime | None:
        """The first of its times that comes after the moment and after the first; None where the
        series is over."""
        zone = ZoneInfo(self.zone)
        start = self.first.astimezone(zone)
        begin, there = (_place(at.date(), self.unit) for at in (start, moment.astimezone(zone)))
        step = max(1, (there - begin) // self.every - 1)
        while (day := _day(begin + step * self.every, start.date(), self.unit)) is not None:
            at = moment_at(day, start.time(), zone)
            if at >= END or (self.until and day > self.until):
                return None
            if at > max(moment, self.first):
                return at
            step += 1
        return None


def moment_at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """When the clock on the wall says so, in UTC. A time that the clocks leave out is as much later
    as they leave out; of one that comes twice it is the first (PEP 495, ``fold=0``)."""
    return datetime.combine(day, clock.replace(fold=0), zone).astimezone(UTC)


def _place(day: date, unit: str) -> int:
    """Which day, weekday, week, month or year it is, counted from the year 1. What is on a Saturday
    or a Sunday counts as the Friday before."""
    week, weekday = divmod(day.toordinal() - 1, 7)  # the first day of the year 1 was a Monday
    return {
        Unit.DAY: day.toordinal(),
        Unit.WEEKDAY: week * 5 + min(weekday, 4),
        Unit.WEEK: week,
        Unit.MONTH: day.year * 12 + day.month - 1,
        Unit.YEAR: day.year,
    }[unit]


def _day(place: int, like: date, unit: str) -> date | None:
    """The day at that place; the same day of its week, month or year as ``like``. None beyond the
    calendar."""
    try:
        if unit == Unit.DAY:
            return date.fromordinal(place)
        if unit == Unit.WEEKDAY:
            week, weekday = divmod(place, 5)
            return date.fromordinal(week * 7 + weekday + 1)
        if unit == Unit.WEEK:
            return date.fromordinal(place * 7 + like.weekday() + 1)
        year, month = divmod(place, 12) if unit == Unit.MONTH else (place, like.month - 1)
        return date(year, month + 1, min(like.day, monthrange(year, month + 1)[1]))
    except (ValueError, OverflowError):
        return None
