"""Days as the reader has them: from midnight to midnight in their zone, which on the days when the
clocks change is 23 or 25 hours."""

from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

DAY = timedelta(days=1)
FIRST, LAST = date(1971, 1, 1), date(2199, 12, 31)


def begin_of(day: date) -> datetime:
    """Its midnight, in UTC: of moments that have one zone Python compares what the clocks say."""
    midnight = datetime.combine(day, time.min, timezone.get_current_timezone())
    return midnight.astimezone(UTC)


def end_of(day: date) -> datetime:
    return begin_of(day + DAY)


def monday_of(day: date) -> date:
    return day - DAY * day.weekday()


def day_of(moment: datetime) -> date:
    return timezone.localtime(moment).date()


def day_called(text: str) -> date | None:
    """``2026-03-29``; None for what is no day that a calendar here can show."""
    try:
        day = date.fromisoformat(text) if len(text) == len("2026-03-29") else None
    except ValueError:
        return None
    return day if day and FIRST <= day <= LAST else None


def hours_gained(day: date) -> float:
    """By how many hours the day is longer than others: 1 when the clocks go back, -1 forward."""
    return (end_of(day) - begin_of(day) - DAY) / timedelta(hours=1)
