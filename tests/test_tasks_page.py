"""The tasks of one and of the team: groups, pages, adding, completing once and again open."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from crm.models import User
from leads.models import Task
from notifications.models import Notification
from tests.factories import LeadFactory, TaskFactory
from tests.test_pages import counted, everything

pytestmark = pytest.mark.django_db

WEDNESDAY = datetime(2026, 3, 25, 12, tzinfo=UTC)  # clocks go forward in Europe on the 29th
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def _wednesday():
    with time_machine.travel(WEDNESDAY, tick=False):
        yield


def at(**delta):
    return WEDNESDAY + timedelta(**delta)


def grouped(page, path="/tasks/"):
    """The titles under each heading."""
    response = page.get(path)
    assert response.status_code == 200
    parts = re.split(r'<h2 id="due-(\w+)"', response.content.decode())[1:]
    return {
        name: re.findall(r'class="task-title"[^>]*>([^<]*)<', html)
        for name, html in zip(parts[::2], parts[1::2], strict=True)
    }


def test_tasks_stand_under_when_they_are_due(page, owner):
    for title, due in (
        ("undated", None),
        ("next week", at(days=5)),
        ("sunday night", at(days=4, hours=9, minutes=59)),
        ("tonight", at(hours=10, minutes=59)),
        ("missed", at(seconds=-1)),
    ):
        TaskFactory(title=title, assignee=owner, due_at=due)
    TaskFactory(title="done", assignee=owner, completed_at=at(days=-1))
    TaskFactory(title="done long ago", assignee=owner, completed_at=at(days=-8))
    page.cookies["zone"] = "Europe/Berlin"  # an hour, and after the clocks change two, before UTC
    assert grouped(page) == {
        "late": ["missed"],
        "today": ["tonight"],
        "week": ["sunday night"],
        "later": ["next week"],
        "never": ["undated"],
        "done": ["done"],
    }


def test_the_week_ends_on_sunday_midnight_by_the_clock_that_was_put_forward(page, owner):
    TaskFactory(title="before", assignee=owner, due_at=datetime(2026, 3, 29, 21, 59, tzinfo=UTC))
    TaskFactory(title="after", assignee=owner, due_at=datetime(2026, 3, 29, 22, 0, tzinfo=UTC))
    page.cookies["zone"] = "Europe/Berlin"
    assert grouped(page) == {"week": ["before"], "later": ["after"]}


def test_mine_are_mine_and_the_teams_everybodys(page, owner, teammate):
    TaskFactory(title="mine", assignee=owner)
    TaskFactory(title="theirs", assignee=teammate)
    TaskFactory(title="nobody's")
    assert grouped(page) == {"never": ["mine"]}
    assert len(grouped(page, "/tasks/?who=team")["never"]) == 3


def test_pages_follow_one_another_without_a_gap_or_a_repeat(page, owner):
    lead = LeadFactory()
    for number in range(60):
        TaskFactory(title=f"t{number}", lead=lead, assignee=owner, due_at=at(hours=number // 7))
    for number in range(60, 120):
        TaskFactory(title=f"t{number}", lead=lead, assignee=owner)
    seen, path = [], "/tasks/"
    while path:
        html = page.get(path).content.decode()
        seen += re.findall(r'class="task-title"[^>]*>([^<]*)<', html)
        more = re.search(r'rel="next" href="([^"]*)"', html)
        path = more and "/tasks/" + more[1].replace("&amp;", "&")
    assert seen == [f"t{number}" for number in range(120)]


@pytest.mark.parametrize(
    "query",
    [
        "after=nonsense",
        "after=2026-02-31T00:00:00.000000Z_1",
        "after=never_999999999999999999",
        "after=never_9999999999999999999999",
        "after=%00",
        "who=%00",
        "who=nobody",
        "after=9999-12-31T23:59:59.999999Z_1&who=team",
    ],
)
def test_a_strange_address_is_no_crash(page, query):
    assert page.get(f"/tasks/?{query}").status_code == 200


def test_a_task_is_completed_with_one_click_and_open_again_with_another(page, owner, committing):
    task = TaskFactory(assignee=owner)
    with committing():
        for _ in range(2):
            response = page.post(f"/tasks/{task.pk}/complete/", {"next": "/tasks/?who=team"})
            assert (response.status_code, response["Location"]) == (302, "/tasks/?who=team")
    task.refresh_from_db()
    assert task.completed_at == WEDNESDAY
    assert Notification.objects.filter(recipient=owner, type="task_completed").count() == 1
    page.post(f"/tasks/{task.pk}/reopen/", {"next": "https://evil.example/"})
    task.refresh_from_db()
    assert task.completed_at is None


def test_another_reps_task_cannot_be_completed_and_offers_no_click(page, teammate):
    task = TaskFactory(assignee=teammate)
    for verb in ("complete", "reopen"):
        assert page.post(f"/tasks/{task.pk}/{verb}/").status_code == 403
    task.refresh_from_db()
    assert task.completed_at is None
    assert "/complete/" not in page.get("/tasks/?who=team").content.decode()


def test_a_manager_completes_everybodys(client, manager, teammate):
    client.force_login(manager, BACKEND)
    task = TaskFactory(assignee=teammate)
    assert f"/tasks/{task.pk}/complete/" in client.get("/tasks/?who=team").content.decode()
    assert client.post(f"/tasks/{task.pk}/complete/").status_code == 302
    task.refresh_from_db()
    assert task.completed_at


def test_a_task_that_is_gone_is_not_there(page):
    assert page.post("/tasks/12345/complete/").status_code == 404


@pytest.mark.parametrize("path", ["new/", "{task}/complete/", "{task}/reopen/"])
def test_a_form_without_its_token_or_of_who_is_signed_out_changes_nothing(owner, path):
    path = "/tasks/" + path.format(task=TaskFactory(assignee=owner).pk)
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner, BACKEND)
    before = everything()
    assert Client().post(path, {"title": "x"})["Location"].startswith("/login/?next=")
    assert client.post(path, {"title": "x"}).status_code == 403
    assert client.get(path).status_code in (200, 405)
    assert everything() == before


# Adding


def send(page, **fields):
    return page.post("/tasks/new/", {"title": "Send the offer"} | fields)


def error_of(response, name):
    found = re.search(
        rf'id="id_{name}_error">\s*<p class="error">([^<]*)<', response.content.decode()
    )
    return found and found[1]


def test_a_task_is_added_for_the_lead_that_was_chosen(page, owner, teammate):
    lead = LeadFactory()
    response = send(page, lead=lead.pk, lead_name="whatever", assignee=teammate.pk)
    assert (response.status_code, response["Location"]) == (302, "/tasks/")
    task = Task.objects.get()
    assert (task.lead, task.assignee, task.created_by) == (lead, teammate, owner)


def test_without_scripts_the_one_lead_that_is_called_so_is_meant(page):
    lead = LeadFactory(first_name="Ada", company="Engines")
    LeadFactory(first_name="Bob")
    assert send(page, lead_name="ada engines").status_code == 302
    assert Task.objects.get().lead == lead


def test_of_several_leads_one_is_asked_for(page):
    one, other = LeadFactory(), LeadFactory()
    response = send(page, lead_name="John")
    assert error_of(response, "lead_name") == "Which one? Choose below."
    for lead in (one, other):
        assert f'type="radio" name="lead" value="{lead.pk}"' in response.content.decode()
    assert 'value="Send the offer"' in response.content.decode()
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("title", {"title": ""}),
        ("title", {"title": "x" * 201}),
        ("title", {"title": "a\nb"}),
        ("lead_name", {"lead": "", "lead_name": ""}),
        ("lead_name", {"lead": "", "lead_name": "nobody at all"}),
        ("lead_name", {"lead": "999999999999999999999", "lead_name": ""}),
        ("lead_name", {"lead": "one"}),
        ("lead_name", {"lead": "", "lead_name": "\x00"}),
        ("due_at", {"due_at": "tomorrow"}),
        ("due_at", {"due_at": "2026-03-29T02:30"}),  # the hour that is left out there
        ("assignee", {"assignee": "999999999999999999999"}),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_stored(page, name, fields):
    page.cookies["zone"] = "Europe/Berlin"
    response = send(page, **{"lead": LeadFactory().pk} | fields)
    assert response.status_code == 200
    assert error_of(response, name)
    assert not Task.objects.exists()


def test_one_who_left_is_given_nothing_to_do(page, outsider, lead):
    assert error_of(send(page, lead=lead.pk, assignee=outsider.pk), "assignee")


def test_the_due_time_is_meant_where_the_person_is(page, lead):
    page.cookies["zone"] = "Europe/Berlin"
    send(page, lead=lead.pk, due_at="2026-03-29T03:30")
    assert Task.objects.get().due_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_the_form_begins_with_the_lead_of_the_address_and_oneself(page, owner, lead):
    html = page.get(f"/tasks/new/?lead={lead.pk}").content.decode()
    assert f'name="lead" value="{lead.pk}"' in html
    assert f'<option value="{owner.pk}" selected' in html
    for strange in ("0", "x", "9" * 30, "%00"):
        assert page.get(f"/tasks/new/?lead={strange}").status_code == 200


def test_every_role_may_add(client, lead):
    for role in User.Role.values:
        user = User.objects.create_user(f"{role}@example.org", "x", role=role)
        client.force_login(user, BACKEND)
        assert send(client, lead=lead.pk).status_code == 302
    assert Task.objects.count() == 3


@pytest.mark.parametrize(
    ("path", "queries"), [("/tasks/", 5), ("/tasks/?who=team", 5), ("/tasks/new/", 4)]
)
def test_it_takes_as_many_queries_for_many_as_for_one(page, owner, path, queries):
    def make(number):
        for hours in range(number):
            TaskFactory(assignee=owner, due_at=at(hours=hours))
            TaskFactory(assignee=owner, completed_at=timezone.now())

    make(1)
    assert counted(page, path) == queries
    make(60)
    assert counted(page, path) == queries
