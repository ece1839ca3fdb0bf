"""Tasks, appointments and logged contacts, changed on the page of their lead."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.utils import timezone

from leads.models import Appointment, Interaction, Task
from notifications.models import Notification
from tests.factories import AppointmentFactory, TaskFactory

pytestmark = pytest.mark.django_db
BEGIN = datetime(2031, 5, 4, 10, 0, 20, tzinfo=UTC)


@pytest.fixture
def appointment(lead, owner, teammate):
    people = [teammate.pk, owner.pk]
    times = {"starts_at": BEGIN, "ends_at": BEGIN + timedelta(hours=1)}
    return AppointmentFactory(lead=lead, created_by=owner, attendee_ids=people, **times)


def path_of(row):
    return f"/leads/{row.lead_id}/{row._meta.model_name}s/{row.pk}/"


def text_of(response):
    return unescape(response.content.decode())


def form_of(browser, row):
    """What the open form on the page sends as it stands: names and their values."""
    name = row._meta.model_name
    html = text_of(browser.get(f"/leads/{row.lead_id}/?{name}={row.pk}"))
    part = html.split(f'<li class="changing" id="{name}-{row.pk}"')[1].split("</li>")[0]
    sent = {}
    for tag in re.findall(r"<input[^>]*>", part):
        values = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if values.get("type") == "checkbox" and not re.search(r"\schecked", tag):
            continue
        sent.setdefault(values["name"], []).append(values.get("value", ""))
    for select, options in re.findall(r'<select name="(\w+)".*?>(.*?)</select>', part, re.DOTALL):
        sent[select] = re.findall(r'value="([^"]*)" selected', options)
    del sent["csrfmiddlewaretoken"]
    return sent


def stored(row):
    return type(row).objects.get(pk=row.pk)


def test_a_form_that_is_sent_as_it_stands_changes_nothing(page, appointment, lead, owner):
    task = TaskFactory(lead=lead, created_by=owner, due_at=BEGIN, assignee=owner)
    for row in (appointment, task):
        before = lead.activities.count()
        assert page.post(path_of(row), form_of(page, row)).status_code == 302
        assert stored(row).edited_at is None
        assert lead.activities.count() == before


def test_an_appointment_is_changed(page, appointment, teammate, owner, manager, lead):
    form = form_of(page, appointment)
    assert form["starts_at"] == ["2031-05-04T10:00"]
    assert set(form["attendees"]) == {str(owner.pk), str(teammate.pk)}
    sent = form | {
        "title": "Signing",
        "ends_at": "2031-05-04T12:00",
        "remind_minutes_before": "15",
        "attendees": [manager.pk, teammate.pk],
    }
    assert page.post(path_of(appointment), sent)["Location"] == f"/leads/{lead.pk}/"
    row = stored(appointment)
    assert (row.title, row.remind_minutes_before) == ("Signing", 15)
    assert row.starts_at == BEGIN  # its seconds too
    assert row.attendee_ids == [teammate.pk, manager.pk]
    last = lead.activities.latest("pk")
    assert (last.kind, last.actor) == ("event_changed", owner)
    assert [change["field"] for change in last.changes] == [
        *("title", "endsAt", "remindMinutesBefore", "attendeeIds")
    ]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"ends_at": "2031-05-04T09:00"}, "Let it end after it starts."),
        ({"title": ""}, "Give a title."),
        ({"starts_at": "soon"}, "Enter a valid date/time."),
        ({"remind_minutes_before": "7"}, "is not one of the available choices"),
        ({"attendees": ["0"]}, "is not one of the available choices"),
    ],
)
def test_what_cannot_be_says_why_and_keeps_what_was_typed(page, appointment, wrong, says):
    sent = form_of(page, appointment) | {"title": "Typed"} | wrong
    html = text_of(page.post(path_of(appointment), sent))
    part = html.split(f'id="appointment-{appointment.pk}"')[1]
    assert says in part
    assert ('value="Typed"' in part) == ("title" not in wrong)
    assert stored(appointment).title == "Demo"


def test_of_two_who_change_it_the_later_sees_both_and_may_send_theirs(
    page, appointment, owner, teammate
):
    form = form_of(page, appointment)
    theirs = stored(appointment)
    theirs.title, theirs.ends_at, theirs.attendee_ids = "Theirs", BEGIN + timedelta(hours=3), []
    theirs.save(by=teammate)
    refused = page.post(path_of(appointment), form | {"title": "Mine"})
    assert refused.status_code == 409
    html = text_of(refused)
    assert "It is now: Theirs" in html
    assert 'value="Mine"' in html
    assert 'value="2031-05-04T13:00"' in html  # what was left alone is theirs
    assert stored(appointment).title == "Theirs"
    again = form | {"title": "Mine", "initial-title": "Theirs", "attendees": []}
    version = re.search(r'name="version" value="([^"]*)" id="appointment-\d+-version"', html)[1]
    again |= {"version": version, "initial-attendees": [], "ends_at": "2031-05-04T13:00"}
    assert page.post(path_of(appointment), again).status_code == 302
    row = stored(appointment)
    assert (row.title, row.ends_at, row.attendee_ids) == ("Mine", theirs.ends_at, [])


def test_two_who_change_different_things_do_not_meet(page, appointment, lead, owner, teammate):
    task = TaskFactory(lead=lead, created_by=owner, assignee=owner)
    form, tasks = form_of(page, appointment), form_of(page, task)
    appointment.title = "Theirs"
    appointment.attendee_ids = [teammate.pk]
    appointment.save(by=teammate)
    task.assignee = teammate
    task.save(by=teammate)
    moved = form | {"ends_at": "2031-05-04T12:00"}
    assert page.post(path_of(appointment), moved).status_code == 302
    row = stored(appointment)
    assert (row.title, row.ends_at.hour, row.attendee_ids) == ("Theirs", 12, [teammate.pk])
    assert page.post(path_of(task), tasks | {"title": "Mine"}).status_code == 302
    assert (stored(task).title, stored(task).assignee) == ("Mine", teammate)


def test_a_task_is_changed_and_deleted(page, lead, owner, teammate):
    task = TaskFactory(lead=lead, created_by=owner)
    sent = form_of(page, task) | {"title": "Call", "due_at": "2031-05-04T10:30"}
    page.post(path_of(task), sent | {"assignee": teammate.pk})
    row = stored(task)
    assert (row.title, row.assignee, row.due_at.minute) == ("Call", teammate, 30)
    html = text_of(page.post(path_of(task), {"title": ""}))
    assert f'id="task-{task.pk}-title_error"' in html
    page.post(f"{path_of(task)}delete/")
    assert not Task.objects.exists()
    assert page.post(path_of(task), sent).status_code == 404


def test_an_appointment_is_cancelled_and_told(page, appointment, lead, owner):
    page.post(f"{path_of(appointment)}cancel/")
    assert not Appointment.objects.exists()
    last = lead.activities.latest("pk")
    assert (last.kind, last.actor) == ("event_cancelled", owner)


@pytest.mark.parametrize("role", ["teammate", "manager", "administrator"])
def test_who_may_change_and_cancel(role, browser_as, appointment, lead, owner, request):
    user = request.getfixturevalue(role)
    task = TaskFactory(lead=lead, created_by=owner, assignee=owner)
    browser, may = browser_as(user), role != "teammate"
    for row, remove in ((appointment, "cancel"), (task, "delete")):
        html = text_of(browser.get(f"/leads/{lead.pk}/?{row._meta.model_name}={row.pk}"))
        assert ('class="changing"' in html) == may
        assert browser.post(path_of(row), {"title": ""}).status_code == (200 if may else 403)
        gone = browser.post(f"{path_of(row)}{remove}/").status_code
        assert gone == (302 if may else 403)
        assert type(row).objects.exists() != may


def test_what_belongs_to_another_lead_is_not_there(page, appointment):
    other = AppointmentFactory()
    path = path_of(other).replace(f"/{other.lead_id}/", f"/{appointment.lead_id}/", 1)
    assert page.post(path, {}).status_code == 404
    assert page.post(f"{path}cancel/").status_code == 404
    assert Appointment.objects.count() == 2


def test_an_email_that_is_logged_later_rings_with_its_subject(page, lead, owner, committing):
    sent = {"kind": "email", "direction": "in", "body": "\r\nYour offer\r\nThanks."}
    with committing():
        page.post(f"/leads/{lead.pk}/say/", sent | {"occurred_at": "2026-03-02T09:30"})
    logged = Interaction.objects.get()
    assert (logged.direction, logged.occurred_at.isoformat()) == ("in", "2026-03-02T09:30:00+00:00")
    told = Notification.objects.get(recipient=owner, type="email")
    assert (told.title, told.message) == ("New Email", "John Doe: Your offer")
    html = text_of(page.get(f"/leads/{lead.pk}/"))
    assert 'datetime="2026-03-02T09:30:00+00:00"' in html


def test_what_is_logged_has_been_and_says_so(page, lead):
    tomorrow = timezone.now() + timedelta(days=1)
    sent = {"kind": "call", "body": "Rang", "occurred_at": f"{tomorrow:%Y-%m-%dT%H:%M}"}
    html = text_of(page.post(f"/leads/{lead.pk}/say/", sent))
    assert "give a time that has passed" in html
    assert not Interaction.objects.exists()
    page.post(f"/leads/{lead.pk}/say/", sent | {"occurred_at": ""})
    assert abs(Interaction.objects.get().occurred_at - timezone.now()) < timedelta(minutes=1)


def test_an_edit_of_what_was_logged_keeps_its_seconds(page, lead, owner):
    at = datetime(2026, 3, 2, 9, 30, 20, tzinfo=UTC)
    call = Interaction(lead=lead, created_by=owner, kind="call", body="Rang", occurred_at=at)
    call.save()
    path = f"/leads/{lead.pk}/entries/{call.activity.pk}/"
    sent = {"direction": "out", "body": "Rang back", "occurred_at": "2026-03-02T09:30"}
    page.post(path, sent)
    assert stored(call).occurred_at == at
    page.post(path, sent | {"occurred_at": "2026-03-01T09:30"})
    assert stored(call).occurred_at.day == 1
