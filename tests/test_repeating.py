"""A task that repeats: whoever completes it, by whatever door and however many at once, makes the
next one, and that once."""

import json
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.urls import reverse

from leads.models import Task
from notifications.models import Notification
from tests.factories import LeadFactory, TaskFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 26, 12, tzinfo=UTC)  # a Thursday; the clocks change on the 29th


@pytest.fixture(autouse=True)
def clock(request):
    if request.node.get_closest_marker("postgres"):
        yield None
        return
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def weekly(owner, **fields):
    """At nine in Berlin, on Mondays."""
    fields = {
        "due_at": datetime(2026, 3, 23, 8, tzinfo=UTC),
        "repeat": "week",
        "repeat_zone": "Europe/Berlin",
        "assignee": owner,
        "created_by": owner,
    } | fields
    return TaskFactory(**fields)


def next_of(task):
    return Task.objects.get(follows=task)


# What comes next


def test_the_next_is_the_same_task_at_its_next_time(owner, committing):
    task = weekly(owner, remind_minutes_before=30, repeat_until=date(2026, 12, 31))
    with committing():
        assert task.complete(by=owner)
    row = next_of(task)
    assert row.due_at == datetime(2026, 3, 30, 7, tzinfo=UTC)
    assert row.ring_at == datetime(2026, 3, 30, 6, 30, tzinfo=UTC)
    same = ("lead", "title", "assignee", "created_by", "repeat", "repeat_every", "repeat_until")
    assert all(getattr(row, name) == getattr(task, name) for name in same)
    assert (row.completed_at, row.repeat_zone, row.repeat_from) == (
        None,
        "Europe/Berlin",
        task.due_at,
    )
    kinds = [activity.kind for activity in task.lead.activities.order_by("pk")]
    assert kinds == ["task_added", "task_completed", "task_added"]
    assert Notification.objects.filter(type="task_completed", recipient=owner).count() == 1


def test_the_next_comes_after_now_and_after_the_old_date(owner):
    late = weekly(owner, due_at=datetime(2026, 1, 5, 8, tzinfo=UTC))
    early = weekly(owner, due_at=datetime(2026, 4, 6, 7, tzinfo=UTC))
    late.complete(by=owner)
    early.complete(by=owner)
    assert next_of(late).due_at == datetime(2026, 3, 30, 7, tzinfo=UTC)
    assert next_of(early).due_at == datetime(2026, 4, 13, 7, tzinfo=UTC)


def test_the_thirty_first_comes_back(owner):
    task = weekly(owner, repeat="month", due_at=datetime(2026, 3, 31, 7, tzinfo=UTC))
    days = []
    for _ in range(4):
        task.complete(by=owner)
        task = next_of(task)
        days.append(f"{task.due_at:%m-%d}")
    assert days == ["04-30", "05-31", "06-30", "07-31"]


def test_a_date_that_somebody_moves_is_the_first_of_a_new_series(owner):
    task = weekly(owner, repeat="month", due_at=datetime(2026, 3, 31, 7, tzinfo=UTC))
    task.complete(by=owner)
    task = next_of(task)
    task.title = "Renamed"
    task.save(by=owner)
    assert task.repeat_from == datetime(2026, 3, 31, 7, tzinfo=UTC)
    task.due_at = datetime(2026, 4, 28, 7, tzinfo=UTC)
    task.save(by=owner)
    task.complete(by=owner)
    assert next_of(task).due_at == datetime(2026, 5, 28, 7, tzinfo=UTC)


def test_the_series_ends_on_its_last_day(owner):
    last = weekly(owner, repeat_until=date(2026, 3, 29))
    goes_on = weekly(owner, repeat_until=date(2026, 3, 30))
    for task in (last, goes_on):
        task.complete(by=owner)
    assert not Task.objects.filter(follows=last).exists()
    assert next_of(goes_on).due_at == datetime(2026, 3, 30, 7, tzinfo=UTC)


def test_a_reminder_at_a_time_moves_along_by_the_clock(owner):
    """At four on the Friday before; the clocks change in between."""
    task = weekly(owner, due_at=datetime(2026, 3, 30, 7, tzinfo=UTC),
                  remind_at=datetime(2026, 3, 27, 15, tzinfo=UTC))  # fmt: skip
    task.complete(by=owner)
    assert next_of(task).remind_at == datetime(2026, 4, 3, 14, tzinfo=UTC)
    assert next_of(task).ring_at == next_of(task).remind_at


def test_the_next_of_one_that_is_late_rings_no_reminder_that_has_passed(owner, clock):
    clock.move_to(datetime(2026, 3, 29, 12, tzinfo=UTC))
    task = weekly(owner, remind_minutes_before=24 * 60)
    task.complete(by=owner)
    assert (next_of(task).remind_minutes_before, next_of(task).ring_at) == (24 * 60, None)


def test_what_does_not_repeat_makes_nothing(owner):
    task = weekly(owner, repeat="")
    task.complete(by=owner)
    assert Task.objects.count() == 1
    assert (task.repeat_zone, task.repeat_from) == ("", None)


# Once


def test_completing_again_and_again_makes_one(owner):
    task = weekly(owner)
    for _ in range(2):
        task.complete(by=owner)
    stale = Task.objects.get(pk=task.pk)
    stale.mark(completed=True)
    stale.save(by=owner)
    assert Task.objects.count() == 2


def test_what_was_completed_by_mistake_takes_its_next_back(owner):
    task = weekly(owner)
    for _ in range(2):
        task.complete(by=owner)
        assert Task.objects.count() == 2
        task.refresh_from_db()
        task.mark(completed=False)
        task.save(by=owner)
        assert list(Task.objects.all()) == [task]


@pytest.mark.parametrize("how", ["completed", "edited"])
def test_a_next_one_that_somebody_has_been_at_stays(how, owner):
    task = weekly(owner)
    task.complete(by=owner)
    row = next_of(task)
    if how == "edited":
        row.title = "Other"
        row.save(by=owner)
    else:
        row.complete(by=owner)
    count = Task.objects.count()
    task.refresh_from_db()
    task.mark(completed=False)
    task.save(by=owner)
    task.complete(by=owner)
    assert Task.objects.count() == count


def test_a_task_whose_predecessor_is_deleted_goes_on(owner):
    task = weekly(owner)
    task.complete(by=owner)
    row = next_of(task)
    task.delete(by=owner)
    row.title = "Renamed"
    row.save(by=owner)
    assert (row.follows_id, Task.objects.get().title) == (None, "Renamed")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_eight_who_complete_it_at_once_one_makes_the_next(owner, at_once):
    task = weekly(owner)
    done = at_once(*[lambda: Task.objects.get(pk=task.pk).complete(by=owner)] * 8)
    assert sorted(done) == [False] * 7 + [True]
    assert Task.objects.count() == 2


# Every door


def complete_over_rest(task, api, **_):
    assert api.patch(f"/api/tasks/{task.pk}/", {"completed": True}).status_code == 200


def complete_in_the_list(task, page, **_):
    assert page.post(f"/tasks/{task.pk}/complete/").status_code == 302


def complete_on_the_lead(task, page, **_):
    path = f"/leads/{task.lead_id}/tasks/{task.pk}/complete/"
    assert page.post(path).status_code == 302


def complete_in_the_admin(task, desk, **_):
    data = {"action": "complete", "_selected_action": [task.pk]}
    assert desk.post(reverse("admin:leads_task_changelist"), data).status_code == 302


@pytest.fixture
def desk(browser_as, administrator):
    return browser_as(administrator)


@pytest.mark.parametrize(
    "complete",
    [complete_over_rest, complete_in_the_list, complete_on_the_lead, complete_in_the_admin],
)
def test_every_door_makes_the_next(complete, owner, api, page, desk):
    task = weekly(owner)
    for _ in range(2):
        complete(task, api=api, page=page, desk=desk)
    assert next_of(task).due_at == datetime(2026, 3, 30, 7, tzinfo=UTC)
    assert Task.objects.count() == 2


# Setting it


FORM = {"title": "Report", "due_at": "2026-03-30T09:00", "assignee": ""}


def test_a_form_repeats_in_the_zone_of_who_fills_it_in(page, owner):
    lead = LeadFactory()
    page.cookies["zone"] = "America/New_York"
    weekly_form = FORM | {"repeat": "week", "repeat_every": "2", "repeat_until": "2026-06-01"}
    assert page.post(f"/leads/{lead.pk}/tasks/", weekly_form).status_code == 302
    task = Task.objects.get()
    assert task.due_at == task.repeat_from == datetime(2026, 3, 30, 13, tzinfo=UTC)
    assert (task.repeat, task.repeat_every, task.repeat_until, task.repeat_zone) == (
        *("week", 2, date(2026, 6, 1), "America/New_York"),
    )
    html = page.get("/tasks/?who=team").content.decode()
    assert "Repeats every 2 weeks until June 1, 2026" in html


def test_who_only_renames_it_from_elsewhere_leaves_its_zone(page, owner):
    task = weekly(owner, due_at=datetime(2026, 3, 30, 7, tzinfo=UTC))
    path = f"/leads/{task.lead_id}/tasks/{task.pk}/"
    page.cookies["zone"] = "America/New_York"
    form = FORM | {"due_at": "2026-03-30T03:00", "repeat": "week", "repeat_every": "1"}
    there = {"initial-due_at": "2026-03-30T03:00", "initial-repeat": "week"}
    assert page.post(path, form | there | {"initial-repeat_every": "1"}).status_code == 302
    task.refresh_from_db()
    assert (task.title, task.repeat_zone) == ("Report", "Europe/Berlin")
    moved = form | there | {"due_at": "2026-03-30T10:00"}
    assert page.post(path, moved).status_code == 302
    task.refresh_from_db()
    assert task.repeat_zone == "America/New_York"
    assert task.repeat_from == task.due_at == datetime(2026, 3, 30, 14, tzinfo=UTC)


@pytest.mark.parametrize("path", ["/tasks/new/", "/leads/{lead}/tasks/"])
@pytest.mark.parametrize(
    ("name", "fields", "words"),
    [
        ("due_at", {"due_at": "", "repeat": "day"}, "Give a due date: it repeats from there."),
        ("due_at", {"due_at": "2026-03-29T02:30", "repeat": "day"}, ""),  # there is no such time
        ("repeat", {"repeat": "hour"}, ""),
        ("repeat_every", {"repeat": "day", "repeat_every": "0"}, "greater than or equal to 1"),
        ("repeat_every", {"repeat": "day", "repeat_every": "100"}, "less than or equal to 99"),
        ("repeat_every", {"repeat": "day", "repeat_every": "1.5"}, ""),
        (
            "repeat_until",
            {"repeat": "day", "repeat_until": "2026-03-29"},
            "Let it repeat until the day it is due, or later.",
        ),
        ("repeat_until", {"repeat": "day", "repeat_until": "someday"}, ""),
        (
            "remind_minutes_before",
            {"due_at": "", "remind_minutes_before": "10"},
            "Give a due date, or remind at a time.",
        ),
        (
            "remind_minutes_before",
            {"due_at": "2026-03-26T13:30", "remind_minutes_before": "60"},
            "This would have been at a time that has passed: remind later, or give a later due",
        ),
        ("remind_minutes_before", {"remind_minutes_before": "11"}, ""),
        ("remind_at", {"remind_minutes_before": "at"}, "Give the time."),
        ("remind_at", {"remind_minutes_before": "at", "remind_at": "soon"}, ""),
        ("remind_at", {"remind_minutes_before": "at", "remind_at": "2026-03-29T02:30"}, ""),
        (
            "remind_at",
            {"remind_minutes_before": "at", "remind_at": "2026-03-26T12:59"},
            "This time has passed: give a later one.",
        ),
        (
            "remind_at",
            {"remind_minutes_before": "at", "remind_at": "2300-01-01T00:00"},
            "Give a date from 1900 to 2199.",
        ),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(path, name, fields, words, page, lead):
    page.cookies["zone"] = "Europe/Berlin"
    form = FORM | {"lead": lead.pk} | fields
    response = page.post(path.format(lead=lead.pk), form)
    html = response.content.decode()
    assert response.status_code == 200
    assert f'{name}_error">' in html
    assert words in html
    assert not Task.objects.exists()
    good = {"due_at": "2026-03-30T09:00", "repeat": "", "remind_minutes_before": "10"}
    assert page.post(path.format(lead=lead.pk), form | good).status_code == 302


def test_what_stands_in_a_field_that_is_not_chosen_is_not_meant(page, lead):
    form = FORM | {"remind_at": "2020-01-01T00:00", "repeat_until": "soon", "repeat_every": "0"}
    assert page.post(f"/leads/{lead.pk}/tasks/", form).status_code == 302
    task = Task.objects.get()
    assert (task.remind_at, task.repeat_until, task.repeat_every) == (None, None, 1)


# REST


def test_reminders_are_put_read_and_deleted_over_rest(api, owner, lead):
    task = TaskFactory(lead=lead, due_at=datetime(2026, 3, 27, 12, tzinfo=UTC))
    address = f"/api/tasks/{task.pk}/reminder/"
    none = {"taskId": task.pk, "remindAt": None, "minutesBefore": None, "ringsAt": None}
    assert api.get(address).json() == none
    relative = none | {"minutesBefore": 60, "ringsAt": "2026-03-27T11:00:00Z"}
    assert api.put(address, {"minutesBefore": 60}).json() == api.get(address).json() == relative
    at = "2026-03-27T09:00:00Z"
    assert api.put(address, {"remindAt": at}).json() == none | {"remindAt": at, "ringsAt": at}
    assert api.put(address, api.get(address).json()).status_code == 200
    snoozed = api.post(f"/api/tasks/{task.pk}/snooze/", {"until": "2026-03-28T00:00:00Z"})
    assert (snoozed.status_code, snoozed.json()["ringsAt"]) == (200, "2026-03-28T00:00:00Z")
    assert api.delete(address).status_code == 204
    assert api.get(address).json() == none


def test_a_task_is_made_with_its_reminder_at_once_and_answered_as_ever(api, lead):
    at = {"title": "Call", "remindAt": "2026-03-27T09:00:00Z"}
    made = api.post(f"/api/leads/{lead.pk}/tasks/", at)
    assert set(made.json()) == {"id", "leadId", "title", "assigneeId", "dueAt", "completedAt"}
    task = Task.objects.get()
    assert task.ring_at == datetime(2026, 3, 27, 9, tzinfo=UTC)
    due = {"dueAt": "2026-03-28T09:00:00Z", "remindMinutesBefore": 60}
    assert api.patch(f"/api/tasks/{task.pk}/", due).status_code == 200
    task.refresh_from_db()
    assert (task.remind_at, task.ring_at) == (None, datetime(2026, 3, 28, 8, tzinfo=UTC))


def test_repeats_are_put_read_and_deleted_over_rest(api, lead):
    task = TaskFactory(lead=lead, due_at=datetime(2026, 3, 30, 7, tzinfo=UTC))
    address = f"/api/tasks/{task.pk}/repeat/"
    none = {"taskId": task.pk, "unit": None, "every": 1, "until": None, "zone": None}
    assert api.get(address).json() == none
    body = {"unit": "month", "every": 2, "until": "2026-12-31", "zone": "Europe/Berlin"}
    assert api.put(address, body).json() == api.get(address).json() == none | body
    assert api.put(address, {"unit": "day"}).json() == none | {"unit": "day", "zone": "UTC"}
    assert api.delete(address).status_code == 204
    assert api.get(address).json() == none


BAD = [
    ("PUT", "reminder", {}, {"remindAt"}),
    ("PUT", "reminder", {"remindAt": None}, {"remindAt"}),
    ("PUT", "reminder", {"remindAt": "soon"}, {"remindAt"}),
    ("PUT", "reminder", {"remindAt": "2026-03-26T11:59:59Z"}, {"remindAt"}),
    ("PUT", "reminder", {"remindAt": "9999-12-31T23:59:59Z"}, {"remindAt"}),
    ("PUT", "reminder", {"remindAt": "0001-01-01T00:00:00Z"}, {"remindAt"}),
    ("PUT", "reminder", {"remindAt": "2026-03-27T00:00:00Z", "minutesBefore": 1}, {"remindAt"}),
    ("PUT", "reminder", {"minutesBefore": -1}, {"minutesBefore"}),
    ("PUT", "reminder", {"minutesBefore": 2**70}, {"minutesBefore"}),
    ("PUT", "reminder", {"minutesBefore": 40_321}, {"minutesBefore"}),
    ("PUT", "reminder", {"minutesBefore": 24 * 60 * 7}, {"minutesBefore"}),  # before now
    ("PUT", "reminder", {"minutesBefore": "10"}, {"minutesBefore"}),
    ("PUT", "repeat", {}, {"unit"}),
    ("PUT", "repeat", {"unit": None}, {"unit"}),
    ("PUT", "repeat", {"unit": "hour"}, {"unit"}),
    ("PUT", "repeat", {"unit": ["day"]}, {"unit"}),
    ("PUT", "repeat", {"unit": "\ud800"}, {"unit"}),
    ("PUT", "repeat", {"unit": 10**30}, {"unit"}),
    ("PUT", "repeat", {"unit": "day", "every": 0}, {"every"}),
    ("PUT", "repeat", {"unit": "day", "every": 2**70}, {"every"}),
    ("PUT", "repeat", {"unit": "day", "every": None}, {"every"}),
    ("PUT", "repeat", {"unit": "day", "zone": "Atlantis"}, {"zone"}),
    ("PUT", "repeat", {"unit": "day", "zone": "../../etc/passwd"}, {"zone"}),
    ("PUT", "repeat", {"unit": "day", "zone": "Europe/\x00"}, {"zone"}),
    ("PUT", "repeat", {"unit": "day", "until": "2026-03-26"}, {"until"}),
    ("PUT", "repeat", {"unit": "day", "until": "2026-02-31"}, {"until"}),
    ("POST", "snooze", {}, {"until"}),
    ("POST", "snooze", {"until": "2026-03-26T12:00:00Z"}, {"until"}),
    ("POST", "snooze", {"until": "2200-01-01T00:00:00Z"}, {"until"}),
]


@pytest.mark.parametrize(("method", "part", "body", "fields"), BAD)
def test_bad_input_over_rest_says_what_to_do_and_stores_nothing(
    method, part, body, fields, api, lead
):
    task = TaskFactory(lead=lead, due_at=datetime(2026, 3, 30, 7, tzinfo=UTC))
    before = Task.objects.filter(pk=task.pk).values().get()
    response = api.generic(
        method, f"/api/tasks/{task.pk}/{part}/", json.dumps(body), "application/json"
    )
    assert (response.status_code, set(response.json())) == (400, fields)
    assert all(isinstance(text, str) for texts in response.json().values() for text in texts)
    assert Task.objects.filter(pk=task.pk).values().get() == before


def test_without_a_due_date_there_is_nothing_to_reckon_from(api, lead):
    task = TaskFactory(lead=lead)
    for part, body in (("reminder", {"minutesBefore": 5}), ("repeat", {"unit": "day"})):
        assert api.put(f"/api/tasks/{task.pk}/{part}/", body).status_code == 400
    task.due_at = datetime(2026, 3, 30, 7, tzinfo=UTC)
    task.save()
    for part, body in (("reminder", {"minutesBefore": 5}), ("repeat", {"unit": "day"})):
        assert api.put(f"/api/tasks/{task.pk}/{part}/", body).status_code == 200
    refused = api.patch(f"/api/tasks/{task.pk}/", {"dueAt": None})
    assert (refused.status_code, set(refused.json())) == (400, {"dueAt"})


def test_moving_a_task_so_that_its_reminder_has_passed_is_refused(api, owner, clock):
    task = weekly(owner, repeat="", due_at=datetime(2026, 3, 30, 7, tzinfo=UTC),
                  remind_minutes_before=60)  # fmt: skip
    soon = {"dueAt": "2026-03-26T12:30:00Z"}
    refused = api.patch(f"/api/tasks/{task.pk}/", soon)
    assert (refused.status_code, set(refused.json())) == (400, {"remindMinutesBefore"})
    assert api.patch(f"/api/tasks/{task.pk}/", soon | {"remindMinutesBefore": 5}).status_code == 200
    clock.move_to(datetime(2026, 3, 26, 13, tzinfo=UTC))  # it has rung: other changes are free
    assert api.patch(f"/api/tasks/{task.pk}/", {"title": "Renamed"}).status_code == 200


@pytest.mark.parametrize("part", ["reminder", "repeat", "snooze"])
def test_who_may_not_change_the_task_may_not_change_that(part, api, api_of, teammate, manager):
    task = TaskFactory(assignee=teammate, due_at=datetime(2026, 3, 30, 7, tzinfo=UTC))
    address = f"/api/tasks/{task.pk}/{part}/"
    body = {"unit": "day", "minutesBefore": 5, "until": "2026-04-01"}
    body |= {"until": "2026-04-01T00:00:00Z"} if part == "snooze" else {}
    method = "post" if part == "snooze" else "put"
    refused = getattr(api, method)(address, body)
    assert (refused.status_code, list(refused.json())) == (403, ["detail"])
    assert getattr(api_of(manager), method)(address, body).status_code == 200
    if part != "snooze":
        assert api.get(address).status_code == 200
        assert api.delete(address).status_code == 403
    assert getattr(api, method)(f"/api/tasks/{2**40}/{part}/", body).status_code == 404


# The admin


def test_the_admin_sets_both_and_says_what_is_wrong(desk, owner, lead):
    form = {
        "lead": lead.pk,
        "title": "Report",
        "due_at_0": "2026-03-30",
        "due_at_1": "07:00",
        "remind_minutes_before": "60",
        "repeat": "week",
        "repeat_every": "1",
    }
    add = "/admin/leads/task/add/"
    for bad in (
        {"repeat_zone": "Atlantis"},
        {"due_at_0": "", "due_at_1": ""},
        {"repeat_every": "0"},
        {"remind_minutes_before": "99999999"},
        {"due_at_0": "2026-03-26", "due_at_1": "12:30"},
    ):
        response = desk.post(add, form | bad)
        assert response.status_code == 200
        assert "errorlist" in response.content.decode()
    assert not Task.objects.exists()
    assert desk.post(add, form).status_code == 302
    task = Task.objects.get()
    assert (task.repeat_zone, task.ring_at) == ("UTC", datetime(2026, 3, 30, 6, tzinfo=UTC))


# Snoozing on pages


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("10m", datetime(2026, 3, 26, 12, 10, tzinfo=UTC)),
        ("1h", datetime(2026, 3, 26, 13, tzinfo=UTC)),
        ("tomorrow", datetime(2026, 3, 27, 8, tzinfo=UTC)),
        ("monday", datetime(2026, 3, 30, 7, tzinfo=UTC)),  # the clocks went forward on Sunday
    ],
)
@pytest.mark.parametrize("path", ["/tasks/{task}/snooze/", "/leads/{lead}/tasks/{task}/snooze/"])
def test_a_task_is_snoozed_in_the_zone_of_who_does_it(path, choice, expected, page, owner):
    task = TaskFactory(assignee=owner)
    page.cookies["zone"] = "Europe/Berlin"
    response = page.post(path.format(task=task.pk, lead=task.lead_id), {"for": choice})
    assert response.status_code == 302
    task.refresh_from_db()
    assert task.ring_at == expected
    assert "You will be reminded on" in page.get("/tasks/").content.decode()


def test_on_a_monday_the_next_is_in_a_week(page, owner, clock):
    clock.move_to(datetime(2026, 3, 30, 6, tzinfo=UTC))
    task = TaskFactory(assignee=owner)
    page.post(f"/tasks/{task.pk}/snooze/", {"for": "monday"})
    task.refresh_from_db()
    assert task.ring_at == datetime(2026, 4, 6, 9, tzinfo=UTC)


@pytest.mark.parametrize("path", ["/tasks/{task}/snooze/", "/leads/{lead}/tasks/{task}/snooze/"])
def test_what_cannot_be_snoozed_says_why_and_stays(path, page, owner, teammate):
    mine, theirs = TaskFactory(assignee=owner), TaskFactory(assignee=teammate)
    where = [path.format(task=task.pk, lead=task.lead_id) for task in (mine, theirs)]
    assert page.post(where[0], {"for": "never"}).status_code == 400
    assert page.post(where[0]).status_code == 400
    assert page.post(where[1], {"for": "1h"}).status_code == 403
    mine.complete(by=owner)
    assert page.post(where[0], {"for": "1h"}).status_code == 302
    assert "This task is done already." in page.get("/tasks/").content.decode()
    assert not Task.objects.filter(ring_at__isnull=False).exists()
    assert page.post(path.format(task=0, lead=mine.lead_id), {"for": "1h"}).status_code == 404
    other = TaskFactory(assignee=owner)
    assert page.post(f"/tasks/{other.pk}/snooze/", {"for": "1h"}).status_code == 302
    other.refresh_from_db()
    assert other.ring_at
