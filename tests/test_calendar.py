"""The calendar: days in the reader's zone, also those of 23 and 25 hours, and what overlaps."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from leads import days
from leads.agenda import conflicts
from leads.models import Appointment
from notifications import realtime
from tests.factories import AppointmentFactory, LeadFactory
from tests.test_pages import counted

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 25, 12, tzinfo=UTC)  # a Wednesday
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def berlin(page):
    page.cookies["zone"] = "Europe/Berlin"
    return page


def meet(title, when, *people, minutes=30, **fields):
    """``when`` is what a clock in Berlin shows."""
    begin = datetime.fromisoformat(when).replace(tzinfo=BERLIN).astimezone(UTC)
    ids = [person.pk for person in people]
    end = begin + timedelta(minutes=minutes)
    return AppointmentFactory(title=title, starts_at=begin, ends_at=end, attendee_ids=ids, **fields)


def html(page, query=""):
    response = page.get(f"/calendar/{query}")
    assert response.status_code == 200
    return response.content.decode()


def by_day(text):
    """The titles of each day that is shown as a section of its own."""
    parts = re.split(r'<h2><time datetime="(\d{4}-\d\d-\d\d)"', text)[1:]
    titles = r'class="meeting-title"[^>]*><bdi>([^<]*)<'
    return {
        day: re.findall(titles, part) for day, part in zip(parts[::2], parts[1::2], strict=True)
    }


def test_a_week_has_seven_days_from_monday_with_their_appointments(berlin, owner):
    meet("First minute", "2026-03-23 00:00", owner)
    meet("Last minute", "2026-03-29 23:30", owner)
    meet("Week before", "2026-03-22 23:00", owner)
    meet("Week after", "2026-03-30 00:00", owner)
    found = by_day(html(berlin, "?view=week"))
    assert list(found) == [f"2026-03-{day}" for day in range(23, 30)]
    assert found["2026-03-23"] == ["First minute"]
    assert found["2026-03-29"] == ["Last minute"]
    assert sum(map(len, found.values())) == 2


@pytest.mark.parametrize(
    ("day", "words", "hours"),
    [("2026-03-29", "Clocks go forward", 23), ("2026-10-25", "Clocks go back", 25)],
)
def test_a_day_on_which_the_clocks_change_is_whole_and_says_so(berlin, owner, day, words, hours):
    meet("First", f"{day} 00:00", owner)
    meet("Last", f"{day} 23:30", owner)
    text = html(berlin, f"?view=week&date={day}")
    assert by_day(text)[day] == ["First", "Last"]
    assert text.count(words) == 1
    with timezone.override(BERLIN):
        length = days.end_of(date.fromisoformat(day)) - days.begin_of(date.fromisoformat(day))
    assert length == timedelta(hours=hours)


def test_an_hour_that_comes_twice_stands_there_twice_in_its_order(berlin, owner):
    for title, hour in (("Later", 1), ("Sooner", 0)):  # 02:30 both
        start = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
        end = start + timedelta(minutes=15)
        AppointmentFactory(title=title, starts_at=start, ends_at=end, attendee_ids=[owner.pk])
    text = html(berlin, "?view=week&date=2026-10-25")
    assert by_day(text)["2026-10-25"] == ["Sooner", "Later"]
    assert text.count(">02:30</time>") == 2
    assert "data-conflict" not in text


@given(
    st.sampled_from(
        ["America/Santiago", "Asia/Beirut", "Australia/Lord_Howe", "Europe/Berlin", "UTC"]
    ),
    st.dates(date(2020, 1, 1), date(2030, 12, 31)),
)
def test_days_follow_one_another_without_a_gap_in_every_zone(zone, day):
    with timezone.override(ZoneInfo(zone)):
        assert days.end_of(day) == days.begin_of(day + days.DAY)
        assert days.day_of(days.begin_of(day)) == day
        assert days.day_of(days.end_of(day) - timedelta(microseconds=1)) == day


def test_one_appointment_stands_on_the_day_that_the_reader_has(page, owner):
    meet("Late call", "2026-03-25 23:30", owner, minutes=15)
    for zone, day in (("Europe/Berlin", 25), ("Asia/Tokyo", 26), ("America/Los_Angeles", 25)):
        page.cookies["zone"] = zone
        found = by_day(html(page, "?view=week"))
        assert [d for d, titles in found.items() if titles] == [f"2026-03-{day}"]


def test_one_over_midnight_stands_on_both_days_and_one_until_midnight_on_one(berlin, owner):
    meet("Night", "2026-03-24 23:00", owner, minutes=120)
    meet("Evening", "2026-03-26 22:00", owner, minutes=120)
    found = by_day(html(berlin, "?view=week"))
    assert [d[-2:] for d, titles in found.items() if "Night" in titles] == ["24", "25"]
    assert [d[-2:] for d, titles in found.items() if "Evening" in titles] == ["26"]


def test_the_agenda_has_fourteen_days_and_leaves_out_the_empty_ones(berlin, owner):
    meet("Soon", "2026-03-26 09:00", owner)
    meet("Last day", "2026-04-07 09:00", owner)
    meet("Beyond", "2026-04-08 09:00", owner)
    found = by_day(html(berlin, "?view=agenda"))
    assert found == {"2026-03-25": [], "2026-03-26": ["Soon"], "2026-04-07": ["Last day"]}


def test_a_month_has_whole_weeks_and_counts_what_does_not_fit(berlin, owner):
    for hour in range(8, 13):
        meet("Demo", f"2026-03-10 {hour:02}:00", owner)
    text = html(berlin, "?view=month")
    cells = re.findall(r"view=agenda&amp;date=(\d{4}-\d\d-\d\d)[^>]*><span", text)
    assert (cells[0], cells[-1], len(cells)) == ("2026-02-23", "2026-04-05", 42)
    assert "2 more" in text
    assert "Tuesday, 10 March, 5 appointments" in text


def test_without_a_view_both_the_week_and_the_agenda_are_there_for_css_to_choose(berlin):
    text = html(berlin)
    assert re.findall(r'<div class="(wide|narrow)">', text) == ["wide", "narrow"]


def test_mine_are_those_that_i_attend(berlin, owner, teammate):
    meet("Mine", "2026-03-25 09:00", owner)
    meet("Theirs", "2026-03-25 10:00", teammate)
    meet("Free", "2026-03-25 11:00")
    assert by_day(html(berlin, "?view=week"))["2026-03-25"] == ["Mine"]
    everybodys = by_day(html(berlin, "?view=week&who=all"))["2026-03-25"]
    assert everybodys == ["Mine", "Theirs", "Free"]


def test_who_has_two_at_once_is_told_in_words(berlin, owner, teammate):
    meet("Demo", "2026-03-25 09:00", owner, teammate)
    meet("Call", "2026-03-25 09:15", owner)
    meet("Other", "2026-03-25 09:15", teammate)
    meet("After", "2026-03-25 09:45", owner)
    mine = html(berlin, "?view=week")
    assert re.findall(r"(\w+) also has? “(\w+)”|You also have “(\w+)”", mine) == [
        ("", "", "Call"),
        ("", "", "Demo"),
    ]
    assert "You also have “Call”, 09:15–09:45" in mine
    assert "Tom Teammate also has “Other”" in html(berlin, "?view=week&who=all")


@pytest.mark.parametrize("view", ["agenda", "week", "month"])
def test_every_view_says_who_has_two_at_once(berlin, owner, teammate, view):
    meet("Demo", "2026-03-25 09:00", owner)
    query = f"?view={view}&date=2026-03-25"
    assert "conflict" not in html(berlin, query).lower().split("<main")[1]
    meet("Call", "2026-03-25 09:15", owner)
    meet("Free", "2026-03-25 09:15", teammate)
    text = html(berlin, query).split("<main")[1]
    if view == "month":
        assert text.count('<span class="conflict-word">conflict</span>') == 2
        assert "Wednesday, 25 March, 2 appointments, conflict" in text
        assert 'class="month-count has-conflict" aria-hidden="true">2 !<' in text
    else:
        assert text.count('class="meeting-conflict"') == 2


def test_a_month_says_conflicts_also_of_those_for_which_it_has_no_room(berlin, owner):
    for hour in (8, 9, 10, 11):
        meet("Demo", f"2026-03-25 {hour:02}:00", owner)
    hidden = "1 more"
    assert "conflict" not in html(berlin, "?view=month").split(hidden)[1].split("</li>")[0]
    meet("Call", "2026-03-25 11:15", owner)
    assert "conflict" in html(berlin, "?view=month").split("2 more")[1].split("</li>")[0]


def test_one_that_begins_as_another_ends_is_no_conflict(owner):
    meet("First", "2026-03-25 09:00", owner)
    meet("Second", "2026-03-25 09:30", owner)
    assert not conflicts(list(Appointment.objects.with_people()))


@pytest.mark.parametrize(
    ("query", "before", "after"),
    [
        ("view=week&date=2026-03-29", "2026-03-22", "2026-04-05"),
        ("view=agenda&date=2026-03-29", "2026-03-15", "2026-04-12"),
        ("view=month&date=2026-01-31", "2025-12-01", "2026-02-01"),
    ],
)
def test_links_lead_to_the_time_before_and_after(page, query, before, after):
    text = html(page, f"?{query}")
    assert f'date={before}" rel="prev"' in text
    assert f'date={after}" rel="next"' in text


@pytest.mark.parametrize(
    "query",
    [
        "date=2026-02-30",
        "date=20260302",
        "date=0001-01-01&view=month",
        "date=9999-12-31&view=month",
        "date=2199-12-31&view=month",
        "date=1971-01-01&view=agenda",
        "date=%00&view=%00&who=%00",
        "date=2026-W10-1",
        "view=year",
    ],
)
def test_a_strange_address_is_no_crash(page, query):
    for zone in ("UTC", "Pacific/Kiritimati", "America/Los_Angeles"):
        page.cookies["zone"] = zone
        assert page.get(f"/calendar/?{query}").status_code == 200


def test_more_than_a_page_can_show_is_said(page, owner, monkeypatch):
    monkeypatch.setattr("leads.agenda.MOST", 2)
    for hour in (9, 10, 11):
        meet("Demo", f"2026-03-25 {hour:02}:00", owner)
    assert "There is more than fits on this page" in html(page, "?view=week")


def test_an_empty_time_says_what_to_do(page):
    assert "Make one on the page of a lead" in html(page, "?view=month")


# After it was saved


def saved(page, lead, start="2026-03-26T09:00", end="2026-03-26T10:00", **more):
    form = {"title": "Demo", "starts_at": start, "ends_at": end}
    response = page.post(f"/leads/{lead.pk}/appointments/", form | more, follow=True)
    assert response.redirect_chain == [(f"/leads/{lead.pk}/", 302)]
    return re.findall(r'<p class="meeting-conflict">([^<]*)<', response.content.decode())


def test_who_makes_one_is_told_who_has_to_be_elsewhere_and_with_what(
    berlin, lead, owner, teammate, manager
):
    meet("Call", "2026-03-26 09:30", owner, teammate, minutes=60)
    meet("Lunch", "2026-03-26 12:00", teammate, owner)
    meet("Other", "2026-03-26 09:00", manager)
    attendees = [owner.pk, teammate.pk]
    assert saved(berlin, lead, attendees=attendees) == [
        "You also have “Call”, 09:30–10:30",
        "Tom Teammate also has “Call”, 09:30–10:30",
    ]
    assert Appointment.objects.filter(lead=lead).count() == 1


@pytest.mark.parametrize(("start", "end"), [("08:00", "09:30"), ("10:30", "11:00")])
def test_who_makes_one_beside_another_is_told_nothing(berlin, lead, owner, start, end):
    meet("Call", "2026-03-26 09:30", owner, minutes=60)
    start, end = f"2026-03-26T{start}", f"2026-03-26T{end}"
    assert saved(berlin, lead, start, end, attendees=[owner.pk]) == []
    assert saved(berlin, lead, "2026-03-26T09:00", end) == []  # whom nobody attends
    assert len(saved(berlin, lead, "2026-03-26T09:00", end, attendees=[owner.pk])) > 0


def test_who_moves_one_onto_another_is_told(berlin, lead, owner):
    meet("Call", "2026-03-26 14:00", owner)
    row = meet("Demo", "2026-03-26 09:00", owner, lead=lead, created_by=owner)
    path = f"/leads/{lead.pk}/"
    assert "meeting-conflict" not in berlin.get(path).content.decode()
    form = {"title": "Demo", "starts_at": "2026-03-26T14:15", "ends_at": "2026-03-26T15:00"}
    berlin.post(f"{path}appointments/{row.pk}/", form | {"attendees": [owner.pk]})
    assert "You also have “Call”, 14:00–14:30" in berlin.get(path).content.decode()


# Every open page


@pytest.mark.parametrize("act", ["made", "changed", "cancelled"])
def test_whoever_hears_of_it_every_page_shows_it(
    lead, owner, teammate, outsider, committing, monkeypatch, act
):
    pushes = []
    with committing():
        row = None if act == "made" else meet("Demo", "2020-03-26 09:00", lead=lead)
    monkeypatch.setattr(realtime, "publish", lambda some, then=None: pushes.extend(some))
    with committing():
        if act == "made":
            meet("Demo", "2020-03-26 09:00", lead=lead)
        elif act == "changed":
            row.attendee_ids = [teammate.pk]
            row.save(by=owner)
        else:
            row.delete(by=owner)
        assert pushes == []
    frame = {"type": "lead:appointments", "id": lead.pk}
    told = [push.user_id for push in pushes if json.loads(push.text) == frame]
    assert sorted(told) == sorted([owner.pk, teammate.pk])


def test_only_who_is_signed_in_may_and_only_by_get(client, page):
    assert page.post("/calendar/").status_code == 405
    client.logout()
    assert client.get("/calendar/")["Location"] == "/login/?next=/calendar/"


@pytest.mark.parametrize("query", ["", "?view=agenda", "?view=week&who=all", "?view=month"])
def test_it_takes_as_many_queries_for_many_as_for_one(page, owner, teammate, query):
    lead = LeadFactory()
    meet("Demo", "2026-03-25 09:00", owner, teammate, lead=lead)
    assert counted(page, f"/calendar/{query}") == 7
    for minute in range(30):
        meet("Demo", f"2026-03-25 09:{minute:02}", owner, teammate)
    assert counted(page, f"/calendar/{query}") == 7
