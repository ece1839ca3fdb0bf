"""Today: who waits, what one has to do until midnight in one's zone, and what one has not read."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from leads.models import Lead
from notifications.models import Event
from tests.factories import AppointmentFactory, LeadFactory, TaskFactory, UserFactory
from tests.test_pages import counted

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def at(hours):
    return NOON + timedelta(hours=hours)


def html(page, path="/"):
    response = page.get(path)
    assert response.status_code == 200
    return response.content.decode()


def titles(text):
    return re.findall(r'class="task-title"[^>]*>([^<]*)<', text)


def meetings(text):
    return re.findall(r'class="meeting-title"[^>]*><bdi>([^<]*)<', text)


def test_new_leads_stand_there_longest_waiting_first_and_answered_ones_do_not(page):
    LeadFactory(first_name="Late", created_at=at(-1))
    LeadFactory(first_name="Later", created_at=at(-5))
    LeadFactory(first_name="Answered", stage="contacted")
    found = re.findall(r'class="waiting-name"[^>]*>([^<]*)<', html(page))
    assert found == ["Later Doe", "Late Doe"]


def test_my_open_tasks_until_midnight_stand_there_the_latest_due_last(page, owner, teammate):
    TaskFactory(title="Late", assignee=owner, due_at=at(-30))
    TaskFactory(title="Tonight", assignee=owner, due_at=at(11))
    TaskFactory(title="Tomorrow", assignee=owner, due_at=at(12))
    TaskFactory(title="Done", assignee=owner, due_at=at(1), completed_at=at(-1))
    TaskFactory(title="Undated", assignee=owner)
    TaskFactory(title="Theirs", assignee=teammate, due_at=at(1))
    text = html(page)
    assert titles(text) == ["Late", "Tonight"]
    assert text.count('data-late="late"') == 1


@pytest.mark.parametrize(
    ("zone", "until"),
    [("UTC", 12), ("America/Los_Angeles", 20), ("Pacific/Auckland", 23), ("Asia/Kolkata", 6.5)],
)
def test_the_day_ends_at_midnight_where_the_reader_is(page, owner, zone, until):
    for hours in (6, 11, 19, 22, 24):
        TaskFactory(title=str(hours), assignee=owner, due_at=at(hours))
    page.cookies["zone"] = zone
    assert titles(html(page)) == [str(h) for h in (6, 11, 19, 22, 24) if h < until]


@pytest.mark.parametrize("name", ["Nowhere/Land", "../../etc/passwd", "x" * 4_000, "UTC\x01", ""])
def test_a_zone_that_is_none_changes_nothing(page, owner, name):
    TaskFactory(assignee=owner, due_at=at(1))
    page.cookies["zone"] = name
    assert "today 13:00" in html(page)


def test_the_zone_of_a_page_stays_out_of_the_api(page, owner, lead):
    page.cookies["zone"] = "Asia/Tokyo"
    task = TaskFactory(lead=lead, assignee=owner, due_at=at(1))
    assert "today 22:00" in html(page)
    assert page.get(f"/api/tasks/{task.pk}/").json()["dueAt"].startswith("2026-03-02T13:00:00")
    assert timezone.get_current_timezone_name() == "UTC"


def test_my_appointments_of_the_day_stand_there_in_my_time(page, owner, teammate):
    def meet(title, hours, who):
        AppointmentFactory(
            title=title, starts_at=at(hours), ends_at=at(hours + 1), attendee_ids=[who.pk]
        )

    meet("Over", -3, owner)
    meet("Evening", 8, owner)
    meet("Tomorrow", 12, owner)
    meet("Theirs", 1, teammate)
    page.cookies["zone"] = "Europe/Berlin"
    text = html(page)
    assert meetings(text) == ["Over", "Evening"]
    assert ">21:00</time>" in text


def test_what_was_not_read_stands_together_by_lead(page, owner, committing):
    with committing():
        ada, bob = LeadFactory(first_name="Ada"), LeadFactory(first_name="Bob")
        for lead in (ada, bob, ada):
            TaskFactory(lead=lead).complete(by=None)
    assert owner.notifications.count() == 5
    text = html(page)
    assert re.findall(r"(\d) more about (\w+)", text) == [("2", "Ada"), ("1", "Bob")]
    owner.notifications.get(event__kind="lead_created", related_lead=bob).mark_read()
    text = html(page)
    assert re.findall(r"(\d) more about (\w+)", text) == [("2", "Ada")]


def test_an_empty_day_says_what_to_do(page):
    text = html(page)
    for words in ("Everybody has an answer", "Nothing is due today", "All clear", "Add a task"):
        assert words in text


def test_it_takes_as_many_queries_for_a_full_day_as_for_a_short_one(page, owner, committing):
    def fill(number):
        leads = [LeadFactory.build() for _ in range(number)]
        Lead.objects.bulk_create(leads)
        for lead in leads[:30]:
            TaskFactory(lead=lead, assignee=owner, due_at=at(1))
            AppointmentFactory(lead=lead, starts_at=at(1), ends_at=at(2), attendee_ids=[owner.pk])
        Event.objects.bulk_create([leads[0].created_event() for _ in range(number)])

    with committing():
        fill(1)
    assert counted(page, "/") == 9
    with committing():
        fill(60)
    UserFactory.create_batch(5)
    assert counted(page, "/") == 9
    text = html(page)
    assert (len(titles(text)), len(meetings(text))) == (20, 20)
    assert text.count("waiting-name") == 10
