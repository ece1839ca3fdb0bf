"""What repeats is at the same time by the clock on the wall, whatever the clocks and the calendar
do: for any first time, any unit, and zones of every habit."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leads.fields import END
from leads.recurrence import Recurrence, Unit, moment_at

# An hour, half an hour, at midnight, back in winter, a day that was left out, none.
ZONES = (
    *("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago"),
    *("Asia/Beirut", "Africa/Casablanca", "Europe/Dublin", "Pacific/Apia", "Asia/Kolkata", "UTC"),
)
BERLIN = ZoneInfo("Europe/Berlin")
moments = st.datetimes(datetime(1971, 1, 1), datetime(2190, 1, 1), timezones=st.just(UTC))
recurrences = st.builds(
    Recurrence,
    first=moments.map(lambda at: at.replace(second=0, microsecond=0)),
    unit=st.sampled_from(Unit.values),
    every=st.integers(1, 99),
    zone=st.sampled_from(ZONES),
    until=st.none(),
)
spans = st.timedeltas(timedelta(0), timedelta(days=4_000))


def berlin(*parts):
    return datetime(*parts, tzinfo=BERLIN).astimezone(UTC)


def walls(recurrence, count):
    """The next so many, as the clock on the wall says."""
    zone, at, said = ZoneInfo(recurrence.zone), recurrence.first, []
    while len(said) < count and (at := recurrence.after(at)):
        said.append(f"{at.astimezone(zone):%Y-%m-%d %H:%M}")
    return said


# The property


def _from(*parts, unit, zone="UTC"):
    return Recurrence(datetime(*parts, tzinfo=UTC), unit, 1, zone)


@given(recurrences, spans)
@example(_from(2026, 3, 28, 1, 30, unit="day", zone="Europe/Berlin"), timedelta())
@example(_from(2026, 10, 24, 0, 30, unit="day", zone="Europe/Berlin"), timedelta())
@example(_from(2011, 12, 29, 12, unit="day", zone="Pacific/Apia"), timedelta())
@example(_from(2024, 2, 29, 12, unit="year"), timedelta())
@example(_from(2026, 1, 3, 9, unit="weekday"), timedelta())
def test_the_next_is_later_by_the_clock_on_the_wall_and_none_is_left_out(recurrence, span):
    zone, clock = ZoneInfo(recurrence.zone), recurrence.first.astimezone(ZoneInfo(recurrence.zone))
    moment = recurrence.first + span
    found = recurrence.after(moment)
    if found is None:
        assert moment > END - timedelta(days=370 * recurrence.every)
        return
    assert found > moment
    there, day = found.astimezone(zone), _day_of(found, clock, zone)
    if _exists(day, clock.time(), zone):
        assert there.time() == clock.time()
        assert there.fold == 0
    else:  # the clocks leave it out
        assert there.replace(tzinfo=None) > datetime.combine(
            _day_of(found, clock, zone), clock.time()
        )
    assert _fits(recurrence, clock.date(), _day_of(found, clock, zone))
    # None comes between: the one after any moment up to it is this one.
    for earlier in (moment + (found - moment) / 2, found - timedelta(seconds=1)):
        assert recurrence.after(earlier) == found
    assert recurrence.after(found) is None or recurrence.after(found) > found


def _exists(day, clock, zone):
    at = datetime.combine(day, clock.replace(fold=0), zone)
    return at.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == at.replace(tzinfo=None)


def _day_of(found, clock, zone):
    """The day that was meant: where the clocks leave the time out, what is found may be on the
    next."""
    day = found.astimezone(zone).date()
    days = (day - timedelta(days=n) for n in range(3))
    return next(day for day in days if moment_at(day, clock.time(), zone) == found)


def _fits(recurrence, first, day):
    """Whether the day is one of the series, told in another way than the code does."""
    every, days = recurrence.every, (day - first).days
    months = (day.year - first.year) * 12 + day.month - first.month
    last = monthrange(day.year, day.month)[1]
    if recurrence.unit == Unit.DAY:
        return days % every == 0
    if recurrence.unit == Unit.WEEKDAY:
        between = sum((first + timedelta(n)).weekday() < 5 for n in range(1, days + 1))
        return day.weekday() < 5 and between % every == 0
    if recurrence.unit == Unit.WEEK:
        return days % (7 * every) == 0
    step = every if recurrence.unit == Unit.MONTH else 12 * every
    return months % step == 0 and day.day == min(first.day, last)


@given(recurrences, st.integers(0, 4_000))
def test_it_ends_on_its_last_day_and_not_before(recurrence, days):
    until = recurrence.first.astimezone(ZoneInfo(recurrence.zone)).date() + timedelta(days=days)
    at = recurrence.first
    for _ in range(3):
        endless, at = recurrence.after(at), recurrence._replace(until=until).after(at)
        if endless is None:
            break
        zone = ZoneInfo(recurrence.zone)
        clock = recurrence.first.astimezone(zone)
        assert (at is None) == (_day_of(endless, clock, zone) > until)
        at = endless


# What people expect, day by day


def test_nine_is_nine_on_the_days_when_the_clocks_change():
    spring = Recurrence(berlin(2026, 3, 27, 9), "day", 1, "Europe/Berlin")
    assert [spring.after(spring.first), spring.after(berlin(2026, 3, 28, 9))] == [
        datetime(2026, 3, 28, 8, tzinfo=UTC),
        datetime(2026, 3, 29, 7, tzinfo=UTC),
    ]
    autumn = Recurrence(berlin(2026, 10, 24, 9), "day", 1, "Europe/Berlin")
    assert autumn.first == datetime(2026, 10, 24, 7, tzinfo=UTC)
    assert autumn.after(autumn.first) == datetime(2026, 10, 25, 8, tzinfo=UTC)


def test_a_time_that_is_left_out_moves_forward_and_comes_back_the_day_after():
    daily = Recurrence(berlin(2026, 3, 28, 2, 30), "day", 1, "Europe/Berlin")
    assert walls(daily, 2) == ["2026-03-29 03:30", "2026-03-30 02:30"]


def test_of_a_time_that_comes_twice_it_is_the_first():
    daily = Recurrence(berlin(2026, 10, 24, 2, 30), "day", 1, "Europe/Berlin")
    assert daily.after(daily.first) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    twice = Recurrence(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "year", 1, "Europe/Berlin")
    assert walls(twice, 1) == ["2027-10-25 02:30"]


def test_midnight_that_is_left_out():
    daily = Recurrence(
        datetime(2026, 9, 5, 4, tzinfo=UTC), "day", 1, "America/Santiago"
    )  # the clocks go forward at midnight of the 6th
    assert walls(daily, 2) == ["2026-09-06 01:00", "2026-09-07 00:00"]


@pytest.mark.parametrize(
    ("first", "unit", "every", "expected"),
    [
        ((2026, 1, 31), "month", 1, ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
        ((2024, 1, 31), "month", 1, ["2024-02-29", "2024-03-31"]),
        ((2024, 2, 29), "year", 1, ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]),
        ((2024, 2, 29), "year", 4, ["2028-02-29", "2032-02-29"]),
        ((2026, 1, 30), "month", 3, ["2026-04-30", "2026-07-30"]),
        ((2026, 1, 1), "day", 3, ["2026-01-04", "2026-01-07"]),
        ((2026, 1, 1), "week", 2, ["2026-01-15", "2026-01-29"]),
        ((2026, 1, 1), "weekday", 1, ["2026-01-02", "2026-01-05", "2026-01-06"]),
        ((2026, 1, 1), "weekday", 2, ["2026-01-05", "2026-01-07", "2026-01-09", "2026-01-13"]),
        ((2026, 1, 3), "weekday", 1, ["2026-01-05", "2026-01-06"]),  # a Saturday
        ((2026, 1, 4), "weekday", 1, ["2026-01-05", "2026-01-06"]),  # a Sunday
    ],
)
def test_the_days_of_a_series(first, unit, every, expected):
    series = Recurrence(berlin(*first, 9), unit, every, "Europe/Berlin")
    assert walls(series, len(expected)) == [f"{day} 09:00" for day in expected]


def test_what_was_missed_is_not_made_up_for():
    daily = Recurrence(berlin(2026, 1, 1, 9), "day", 2, "Europe/Berlin")
    assert daily.after(berlin(2026, 3, 1, 12)) == berlin(2026, 3, 2, 9)


def test_it_may_be_on_its_last_day_and_not_after():
    daily = Recurrence(berlin(2026, 1, 1, 9), "day", 1, "Europe/Berlin", date(2026, 1, 2))
    assert walls(daily, 5) == ["2026-01-02 09:00"]


def test_the_calendar_has_an_end():
    yearly = Recurrence(datetime(2199, 6, 1, tzinfo=UTC), "year", 99, "UTC")
    assert yearly.after(yearly.first) is None


def test_a_day_that_a_country_left_out():
    zone = ZoneInfo("Pacific/Apia")
    assert moment_at(date(2011, 12, 30), time(9), zone).astimezone(zone).date() == date(
        2011, 12, 31
    )
