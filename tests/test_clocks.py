"""Times as clocks show them: on the days when they change, in forms, in the admin, and on the
calendar."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import assume, given
from hypothesis import strategies as st

from leads import clocks, days
from leads.agenda import Agenda
from leads.forms.moments import MomentField, as_stored
from leads.forms.things import AppointmentForm
from leads.models import Appointment, Interaction, Task
from tests.factories import AppointmentFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
LORD_HOWE, KOLKATA = "Australia/Lord_Howe", "Asia/Kolkata"
ZONES = (BERLIN, NEW_YORK, LORD_HOWE, KOLKATA)
# zone, what is skipped, what follows, and the hours of that day
FORWARD = (
    (BERLIN, "2026-03-29T02:30", "03:00", 23),
    (BERLIN, "2026-03-29T02:00", "03:00", 23),
    (NEW_YORK, "2026-03-08T02:59", "03:00", 23),
    (LORD_HOWE, "2026-10-04T02:15", "02:30", 23.5),
)
# zone, what comes twice, the first in UTC, by how many minutes the second is later
BACK = (
    (BERLIN, "2026-10-25T02:30", "2026-10-25T00:30", 60),
    (NEW_YORK, "2026-11-01T01:00", "2026-11-01T05:00", 60),
    (LORD_HOWE, "2026-04-05T01:45", "2026-04-04T14:45", 30),
)


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def here(page):
    """``here(zone)`` is a browser that is there."""

    def browser(zone):
        page.cookies["zone"] = zone
        return page

    return browser


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def text_of(response):
    return unescape(response.content.decode())


def sent(start, end, **more):
    return {"title": "Demo", "starts_at": start, "ends_at": end} | more


def add(browser, lead, start, end):
    return browser.post(f"/leads/{lead.pk}/appointments/", sent(start, end))


# What no clock shows


@pytest.mark.parametrize(("zone", "skipped", "following", "_hours"), FORWARD)
@pytest.mark.parametrize("field", ["starts_at", "ends_at"])
def test_a_time_that_does_not_exist_is_refused_and_the_next_is_offered(
    here, lead, zone, skipped, following, _hours, field
):
    day, time = skipped.split("T")
    times = {"starts_at": f"{day}T00:30", "ends_at": f"{day}T09:00"} | {field: skipped}
    html = text_of(add(here(zone), lead, **{"start": times["starts_at"], "end": times["ends_at"]}))
    wrong = re.search(rf'id="appointment-{field}_error"[^>]*>(.*?)</', html, re.DOTALL)[1]
    assert f"{time} does not exist on" in wrong
    assert f"The next time is {following}." in wrong
    assert not Appointment.objects.exists()
    assert f'value="{skipped}"' in html  # what was typed stays
    times[field] = f"{day}T{following}"
    assert add(here(zone), lead, times["starts_at"], times["ends_at"]).status_code == 302
    assert Appointment.objects.count() == 1


def test_where_a_day_is_skipped_the_next_time_says_its_day():
    with timezone.override(ZoneInfo("Pacific/Apia")), pytest.raises(ValidationError) as refused:
        MomentField().clean("2011-12-30T10:00")
    assert "The next time is Dec. 31, 2011, midnight." in refused.value.messages[0]


@pytest.mark.parametrize("zone", ZONES)
def test_on_other_days_every_time_is_taken(here, lead, zone):
    add(here(zone), lead, "2026-06-10T02:30", "2026-06-10T03:00")
    start = datetime(2026, 6, 10, 2, 30, tzinfo=ZoneInfo(zone))
    assert Appointment.objects.get().starts_at == start.astimezone(UTC)


def test_where_clocks_never_change_every_time_of_the_year_is_taken(here, lead):
    for day in ("2026-03-29", "2026-10-25"):
        assert add(here(KOLKATA), lead, f"{day}T02:30", f"{day}T03:00").status_code == 302
    moments = Appointment.objects.order_by("pk").values_list("starts_at", flat=True)
    assert list(moments) == [utc("2026-03-28T21:00"), utc("2026-10-24T21:00")]


def test_tasks_and_what_is_logged_are_refused_alike(here, lead):
    page, skipped = here(BERLIN), "2025-03-30T02:30"
    for path, form in (
        (f"/leads/{lead.pk}/tasks/", {"title": "Call", "due_at": skipped}),
        ("/tasks/new/", {"title": "Call", "due_at": skipped, "lead": lead.pk}),
        (f"/leads/{lead.pk}/say/", {"kind": "call", "body": "Hm", "occurred_at": skipped}),
    ):
        html = text_of(page.post(path, form))
        assert "02:30 does not exist on March 30, 2025" in html
    assert not Task.objects.exists()
    assert not Interaction.objects.exists()


# What comes twice


@pytest.mark.parametrize(("zone", "twice", "first", "_minutes"), BACK)
def test_of_a_time_that_comes_twice_the_first_is_taken_and_it_says_so(
    here, lead, zone, twice, first, _minutes
):
    browser, day = here(zone), twice[:10]
    assert add(browser, lead, twice, f"{day}T09:00").status_code == 302
    assert Appointment.objects.get().starts_at == utc(first)
    said = "The first of two such times: before the clocks go back"
    assert said in text_of(browser.get(f"/leads/{lead.pk}/"))
    assert said in text_of(browser.get(f"/calendar/?view=week&who=all&date={day}"))
    add(browser, lead, f"{day}T08:00", f"{day}T09:00")
    assert text_of(browser.get(f"/leads/{lead.pk}/")).count(said) == 1


@pytest.mark.parametrize(("zone", "twice", "first", "minutes"), BACK)
def test_the_second_stays_the_second_when_the_form_leaves_it_alone(
    here, lead, owner, zone, twice, first, minutes
):
    second = utc(first) + timedelta(minutes=minutes, seconds=7)
    end = second + timedelta(hours=8)
    row = AppointmentFactory(lead=lead, starts_at=second, ends_at=end, created_by=owner)
    browser = here(zone)
    page = text_of(browser.get(f"/leads/{lead.pk}/?appointment={row.pk}"))
    assert f'value="{twice}"' in page
    assert "after the clocks go back" in text_of(browser.get(f"/leads/{lead.pk}/"))
    with timezone.override(ZoneInfo(zone)):
        shown_end = f"{clocks.shown_at(end):%Y-%m-%dT%H:%M}"
    path = f"/leads/{lead.pk}/appointments/{row.pk}/"
    assert browser.post(path, sent(twice, shown_end, title="Lunch")).status_code == 302
    row.refresh_from_db()
    assert (row.title, row.starts_at, row.ends_at) == ("Lunch", second, end)


@pytest.mark.parametrize("seconds", [0, 7])
def test_the_admin_reads_clocks_as_pages_do(browser_as, lead, administrator, seconds):
    desk = browser_as(administrator)
    desk.cookies["zone"] = BERLIN
    times = {"starts_at_0": "2026-03-29", "starts_at_1": "02:30", "ends_at_0": "2026-03-29"}
    form = {"lead": lead.pk, "title": "Demo", "ends_at_1": "09:00"} | times
    refused = desk.post("/admin/leads/appointment/add/", form)
    assert "02:30 does not exist on March 29, 2026" in text_of(refused)
    assert not Appointment.objects.exists()
    second = datetime(2026, 10, 25, 1, 30, seconds, tzinfo=UTC)
    row = AppointmentFactory(lead=lead, starts_at=second, ends_at=second + timedelta(hours=3))
    times = {"starts_at_0": "2026-10-25", "starts_at_1": f"02:30:0{seconds}"}
    times |= {"ends_at_0": "2026-10-25", "ends_at_1": f"05:30:0{seconds}"}
    path = f"/admin/leads/appointment/{row.pk}/change/"
    assert desk.post(path, {"title": "Lunch"} | times).status_code == 302
    row.refresh_from_db()
    assert (row.title, row.starts_at) == ("Lunch", second)


# Ends before starts


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        (BERLIN, "2026-06-10T10:00", "2026-06-10T09:59"),
        (BERLIN, "2026-06-10T10:00", "2026-06-10T10:00"),
        (BERLIN, "2026-10-25T02:45", "2026-10-25T02:15"),  # the first of both
        (LORD_HOWE, "2026-04-05T01:45", "2026-04-05T01:35"),
    ],
)
def test_what_ends_before_it_starts_is_refused(here, lead, zone, start, end):
    assert "Let it end after it starts." in text_of(add(here(zone), lead, start, end))
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(
    ("zone", "start", "end", "minutes"),
    [
        (BERLIN, "2026-03-29T01:30", "2026-03-29T03:30", 60),
        (BERLIN, "2026-10-25T01:30", "2026-10-25T03:30", 180),
        (NEW_YORK, "2026-03-08T01:59", "2026-03-08T03:00", 1),
        (LORD_HOWE, "2026-10-04T01:30", "2026-10-04T03:00", 60),
        (LORD_HOWE, "2026-04-05T01:00", "2026-04-05T02:30", 120),
        (KOLKATA, "2026-03-29T01:30", "2026-03-29T03:30", 120),
    ],
)
@pytest.mark.parametrize("view", ["agenda", "week", "month"])
def test_one_across_the_change_is_as_long_as_it_is_and_stands_on_its_day(
    here, lead, zone, start, end, minutes, view
):
    browser, day = here(zone), start[:10]
    assert add(browser, lead, start, end).status_code == 302
    made = Appointment.objects.get()
    assert made.ends_at - made.starts_at == timedelta(minutes=minutes)
    html = text_of(browser.get(f"/calendar/?view={view}&who=all&date={day}"))
    assert html.count("<bdi>Demo</bdi>") == 1
    assert f">{start[11:]}</time>" in html
    assert view == "month" or f">{end[11:]}</time>" in html


# Days of all lengths


@pytest.mark.parametrize(("zone", "moment", "_next", "hours"), FORWARD)
@pytest.mark.parametrize("view", ["agenda", "week", "month"])
def test_a_day_on_which_clocks_go_forward_says_so_in_every_view(
    here, lead, zone, moment, _next, hours, view
):
    day = date.fromisoformat(moment[:10])
    _has_first_and_last(here(zone), lead, day, view, "Clocks go forward")
    assert _length(zone, day) == hours


@pytest.mark.parametrize(("zone", "moment", "_first", "minutes"), BACK)
@pytest.mark.parametrize("view", ["agenda", "week", "month"])
def test_a_day_on_which_clocks_go_back_says_so_in_every_view(
    here, lead, zone, moment, _first, minutes, view
):
    day = date.fromisoformat(moment[:10])
    _has_first_and_last(here(zone), lead, day, view, "Clocks go back")
    assert _length(zone, day) == 24 + minutes / 60


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_where_clocks_never_change_no_day_says_so(here, lead, day):
    _has_first_and_last(here(KOLKATA), lead, day, "week", "")
    html = text_of(here(KOLKATA).get(f"/calendar/?view=week&who=all&date={day}"))
    assert "Clocks go" not in html
    assert _length(KOLKATA, day) == 24


def _length(zone, day):
    with timezone.override(ZoneInfo(zone)):
        return (days.end_of(day) - days.begin_of(day)) / timedelta(hours=1)


def _has_first_and_last(browser, lead, day, view, words):
    """What begins at its midnight, and what ends at the next, and neither stands on another."""
    after = day + days.DAY
    for start, end in ((f"{day}T00:00", f"{day}T00:30"), (f"{day}T23:30", f"{after}T00:00")):
        assert add(browser, lead, start, end).status_code == 302
    html = text_of(browser.get(f"/calendar/?view={view}&who=all&date={day}"))
    assert html.count("<bdi>Demo</bdi>") == 2
    assert html.count(words) == 1 if words else True


# There and back, whatever the zone and the time

WALLS = st.datetimes(datetime(2020, 1, 1), datetime(2032, 1, 1)).map(
    lambda wall: wall.replace(second=0, microsecond=0)
)
CHANGES = st.sampled_from([moment for _, moment, *_ in FORWARD + BACK]).flatmap(
    lambda text: st.integers(-180, 180).map(
        lambda minutes: datetime.fromisoformat(text) + timedelta(minutes=minutes)
    )
)
EVERYWHERE = st.sampled_from([*ZONES, "America/Santiago", "Asia/Beirut", "Africa/Casablanca"])


@given(EVERYWHERE, WALLS | CHANGES)
def test_what_is_typed_is_what_is_shown_or_is_refused(zone, wall):
    with timezone.override(ZoneInfo(zone)):
        typed, there = f"{wall:%Y-%m-%dT%H:%M}", _moments_that_show(wall)
        if not there:
            with pytest.raises(ValidationError, match="does not exist"):
                MomentField().clean(typed)
            return
        assert MomentField().clean(typed) == there[0]
        which = [1, 2] if len(there) == 2 else [0]
        assert [clocks.which_of_two(moment) for moment in there] == which


def _moments_that_show(wall):
    """Offsets are whole quarters of an hour."""
    near = (wall.replace(tzinfo=UTC) + timedelta(minutes=15 * n) for n in range(-60, 61))
    return [moment for moment in near if clocks.shown_at(moment) == wall]


@given(EVERYWHERE, WALLS | CHANGES, st.integers(0, 59))
def test_what_is_stored_goes_through_a_form_unchanged(zone, wall, seconds):
    moment = wall.replace(tzinfo=UTC, second=seconds)
    with timezone.override(ZoneInfo(zone)):
        row = Appointment(pk=1, starts_at=moment, ends_at=moment + timedelta(hours=1))
        row.attendee_ids = []
        shown = AppointmentForm(instance=row)["starts_at"]
        typed = re.search(r'value="([^"]+)"', str(shown))[1]
        assert as_stored(moment, MomentField().clean(typed)) == moment


@given(EVERYWHERE, WALLS | CHANGES, st.integers(1, 3000))
def test_it_stands_on_the_days_that_clocks_show_and_on_no_other(zone, wall, minutes):
    start = wall.replace(tzinfo=UTC)
    end = start + timedelta(minutes=minutes)
    with timezone.override(ZoneInfo(zone)):
        first = clocks.shown_at(start).date()
        last = clocks.shown_at(end - timedelta(microseconds=1)).date()
        assume(first > date(2019, 12, 31))
        agenda = Agenda.__new__(Agenda)
        agenda.appointments = [Appointment(starts_at=start, ends_at=end)]
        shown = agenda.days(first - 2 * days.DAY, last + 2 * days.DAY, first)
        on = [day.date for day in shown if day.appointments]
        assert on == [first + days.DAY * n for n in range((last - first).days + 1)]
        for day in shown:
            touches = start < days.end_of(day.date) and end > days.begin_of(day.date)
            assert touches == bool(day.appointments)
