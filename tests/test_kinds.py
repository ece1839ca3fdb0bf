"""docs/notifications.md says what rings and for whom: each row of its table is done here, through
each of its doors, and what came is compared with what the row says."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
import time_machine
from channels.db import database_sync_to_async
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from crm.jobs import JOBS
from leads.models import FileImport, Following, Lead
from notifications.kinds import Kind
from notifications.models import Announcement, Event, Notification, Preference
from notifications.worker import Worker
from tests.factories import (
    AppointmentFactory,
    CommentFactory,
    InteractionFactory,
    LeadFactory,
    TaskFactory,
    UserFactory,
)
from tests.forms import submit
from tests.importing import work_off
from tests.sockets import Socket, tokens

TABLE = Path(__file__).parents[1] / "docs" / "notifications.md"
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TIMES = {"starts_at": NOW + DAY, "ends_at": NOW + DAY + HOUR}
DOORS = {"pages", "REST", "socket", "admin", "worker"}


class Row(NamedTuple):
    kind: str
    what: str
    through: str
    title: str
    message: str
    who: str


def rows() -> list[Row]:
    lines = [line for line in TABLE.read_text().splitlines() if line.startswith("| `")]
    cells = [line.strip("|").split("|") for line in lines]
    return [Row(*(cell.strip().strip("`") for cell in row)) for row in cells]


ALL = [(row, door.strip()) for row in rows() for door in row.through.split(",")]
CASES = [pytest.param(row, door, id=f"{row.what}, {door}") for row, door in ALL if door != "socket"]


class World:
    """A lead, and people who chose differently, each by what they chose."""

    def __init__(self, owner, teammate, manager, administrator, outsider, client, api_of):
        self.owner, self.manager, self.administrator = owner, manager, administrator
        self.gone = outsider
        self.follower, self.stranger, self.deaf = UserFactory.create_batch(3)
        self.hearing = [owner, teammate, manager, administrator]
        self.lead = LeadFactory(owner=owner, phone="555 1234")
        for person in (self.follower, self.stranger):
            wants = dict.fromkeys(set(Kind.values) - {"system"}, "followed")
            Preference.objects.choose(person, wants)
        Preference.objects.choose(self.deaf, dict.fromkeys(Kind.values, "nothing"))
        Following.objects.choose(self.lead, self.follower, follows=True)
        self.newcomer = None
        self.client, self.api_of = client, api_of

    @property
    def call(self) -> str:
        """Words that mention who wants to hear nothing."""
        return f"Ask @{self.deaf.email}"

    def who(self, words: str, kind: str) -> set:
        """The people that a cell of the last column means."""
        everybody = {*self.hearing}
        if kind == Kind.SYSTEM:
            everybody |= {self.follower, self.stranger}  # there is nothing to follow
        elif kind != Kind.LEAD_CREATED:
            everybody |= {self.follower}
        return {
            "everybody": everybody,
            "everybody, the mentioned always": everybody | {self.deaf},
            "the mentioned alone": {self.deaf},
            "its assignee alone": {self.stranger},
            "that role alone": {self.manager},
            "who joins alone": {self.newcomer},
        }[words]

    # The doors

    def pages(self):
        self.client.force_login(self.manager, "django.contrib.auth.backends.ModelBackend")
        return self.client

    def admin(self):
        self.client.force_login(self.administrator, "django.contrib.auth.backends.ModelBackend")
        return self.client

    def rest(self, path, body, method="post", status=201):
        api = self.api_of(self.administrator)
        answer = getattr(api, method)(f"/api/{path}", body, format="json")
        assert answer.status_code == status, answer.content

    def of_lead(self, what, body):
        self.rest(f"leads/{self.lead.pk}/{what}/", body)

    def page(self, *parts):
        return f"/leads/{self.lead.pk}/" + "".join(f"{part}/" for part in parts)

    def work(self):
        Worker(JOBS).tick()

    def settle(self):
        """What rang until now is told and gone."""
        while Event.objects.fan_out():
            pass
        Notification.objects.all().delete()


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def world(clock, committing, owner, teammate, manager, administrator, outsider, client, api_of):
    with committing():
        world = World(owner, teammate, manager, administrator, outsider, client, api_of)
    Notification.objects.all().delete()
    clock.shift(HOUR)  # since the last that the score told of
    return world


def lead_added(world, door):
    fields = {"first_name": "Ada", "last_name": "King", "phone": "555 99"}
    body = {"firstName": "Ada", "lastName": "King", "phone": "555 99"}
    if door == "pages":
        submit(world.pages(), "/leads/new/", having="first_name", **fields)
    elif door == "REST":
        world.rest("leads/", body)
    else:
        submit(world.admin(), "/admin/leads/lead/add/", having="first_name", **fields)
    world.lead = Lead.objects.latest("pk")


def import_ends(world, door):
    sheet = SimpleUploadedFile("fair.csv", b"Name,Phone\nAda,555 98\nAlan,555 99\n")
    page = world.pages().post("/imports/new/", {"file": sheet}).url
    submit(world.pages(), page, "/start/", having="duplicates")
    work_off(FileImport.objects.get())


def task_completed(world, door):
    task = TaskFactory(lead=world.lead)
    if door == "pages":
        submit(world.pages(), world.page(), f"/tasks/{task.pk}/complete/")
    elif door == "REST":
        world.rest(f"tasks/{task.pk}/", {"completed": True}, "patch", 200)
    else:
        sent = {"action": "complete", "_selected_action": [task.pk]}
        assert world.admin().post("/admin/leads/task/", sent).status_code == 302


def score_changes(world, door):
    log(world, door, "call", "They called.", direction="in")


def score_falls(world, door, clock):
    InteractionFactory(lead=world.lead, kind="meeting", created_by=world.owner)
    world.settle()
    for _ in range(12):
        clock.shift(DAY)
        world.work()


def say(world, door, kind, body, **fields):
    """What people say of a lead, on its page."""
    submit(world.pages(), world.page(), "/say/", kind=kind, body=body, **fields)


def log(world, door, kind, body, **fields):
    if door == "pages":
        say(world, door, kind, body, **fields)
    elif door == "REST":
        world.of_lead("interactions", {"kind": kind, "body": body} | fields)
    else:
        sent = {"lead": world.lead.pk, "kind": kind, "body": body, "direction": "out"} | fields
        submit(world.admin(), "/admin/leads/interaction/add/", having="body", **sent)


def comment_added(world, door):
    if door == "pages":
        say(world, door, "comment", world.call)
    elif door == "REST":
        world.of_lead("comments", {"body": world.call})
    else:
        sent = {"lead": world.lead.pk, "body": world.call}
        submit(world.admin(), "/admin/leads/comment/add/", having="body", **sent)


def note_mentions(world, door):
    log(world, door, "note", world.call)


def edit_mentions(world, door):
    comment = CommentFactory(lead=world.lead, created_by=world.administrator, body="Nobody yet")
    world.settle()
    if door == "pages":
        entry = comment.activity.pk
        path = world.page("entries", entry)
        page = f"{world.page()}?entry={entry}&edit={entry}"
        submit(world.pages(), page, path, body=world.call)
    elif door == "REST":
        world.rest(f"comments/{comment.pk}/", {"body": world.call}, "patch", 200)
    else:
        path = f"/admin/leads/comment/{comment.pk}/change/"
        submit(world.admin(), path, having="body", body=world.call)


def contact_changes(world, door):
    if door == "pages":
        submit(world.pages(), world.page("edit"), having="city", city="Oslo")
    elif door == "REST":
        world.rest(f"leads/{world.lead.pk}/", {"city": "Oslo"}, "patch", 200)
    else:
        path = f"/admin/leads/lead/{world.lead.pk}/change/"
        submit(world.admin(), path, having="city", city="Oslo")


def email_logged(world, door):
    log(world, door, "email", world.call)


def meeting(world, **fields):
    row = AppointmentFactory(lead=world.lead, created_by=world.manager, **TIMES | fields)
    world.settle()
    return row


def stamp(moment, name):
    return {f"{name}_0": f"{moment:%Y-%m-%d}", f"{name}_1": f"{moment:%H:%M:%S}"}


def appointment_made(world, door):
    begin, end = TIMES.values()
    if door == "pages":
        times = {"starts_at": f"{begin:%Y-%m-%dT%H:%M}", "ends_at": f"{end:%Y-%m-%dT%H:%M}"}
        submit(world.pages(), world.page(), "/appointments/", title="Demo", **times)
    elif door == "REST":
        times = {"startsAt": begin.isoformat(), "endsAt": end.isoformat()}
        world.of_lead("appointments", {"title": "Demo"} | times)
    else:
        sent = {"lead": world.lead.pk, "title": "Demo"}
        sent |= stamp(begin, "starts_at") | stamp(end, "ends_at")
        submit(world.admin(), "/admin/leads/appointment/add/", having="title", **sent)


def appointment_moved(world, door):
    row = meeting(world)
    begin, end = (moment + HOUR for moment in TIMES.values())
    if door == "pages":
        times = {"starts_at": f"{begin:%Y-%m-%dT%H:%M}", "ends_at": f"{end:%Y-%m-%dT%H:%M}"}
        page = f"{world.page()}?appointment={row.pk}"
        submit(world.pages(), page, f"/appointments/{row.pk}/", having="title", **times)
    elif door == "REST":
        times = {"startsAt": begin.isoformat(), "endsAt": end.isoformat()}
        world.rest(f"appointments/{row.pk}/", times, "patch", 200)
    else:
        sent = stamp(begin, "starts_at") | stamp(end, "ends_at")
        path = f"/admin/leads/appointment/{row.pk}/change/"
        submit(world.admin(), path, having="title", **sent)


def appointment_cancelled(world, door):
    row = meeting(world)
    if door == "pages":
        page = f"{world.page()}?appointment={row.pk}"
        submit(world.pages(), page, f"/appointments/{row.pk}/cancel/")
    elif door == "REST":
        world.rest(f"appointments/{row.pk}/", None, "delete", 204)
    else:
        submit(world.admin(), f"/admin/leads/appointment/{row.pk}/delete/", having="post")


def appointment_reminds(world, door, clock):
    meeting(world, remind_minutes_before=60)
    world.work()
    assert not Notification.objects.filter(deleted_at=None).exists()
    clock.move_to(TIMES["starts_at"] - HOUR)
    world.work()


def task_reminds(world, door, clock):
    due = {"due_at": NOW + DAY, "remind_minutes_before": 60}
    TaskFactory(lead=world.lead, assignee=world.stranger, created_by=world.owner, **due)
    world.work()
    assert not Notification.objects.filter(deleted_at=None).exists()
    clock.move_to(NOW + DAY - HOUR)
    world.work()


def announced(world, door, audience="everyone"):
    sent = {"title": "Office closed", "message": "On Friday", "audience": audience}
    if door == "pages":
        world.pages()
        submit(world.admin(), "/announcements/new/", having="audience", **sent)
    elif door == "REST":
        world.rest("announcements/", sent)
    else:
        path = "/admin/notifications/announcement/add/"
        submit(world.admin(), path, having="audience", **sent)


def announced_to_a_role(world, door):
    announced(world, door, "manager")


def announced_for_later(world, door, clock):
    later = timezone.now() + HOUR
    Announcement(title="Office closed", message="On Friday", starts_at=later).keep()
    world.work()
    assert not Notification.objects.filter(deleted_at=None).exists()
    clock.shift(HOUR)
    world.work()


def somebody_joins(world, door, clock):
    Announcement(title="Office closed", message="On Friday").keep()
    world.settle()
    clock.shift(HOUR)
    world.newcomer = UserFactory()
    world.work()


CAUSES = {
    "a lead is added": lead_added,
    "an import ends": import_ends,
    "a task is completed": task_completed,
    "what somebody does changes the score": score_changes,
    "time lets an open lead fall below a threshold": score_falls,
    "a comment is added": comment_added,
    "a note, a call or a meeting mentions somebody": note_mentions,
    "a later edit mentions somebody": edit_mentions,
    "contact details change": contact_changes,
    "an e-mail is logged": email_logged,
    "an appointment is made": appointment_made,
    "an appointment is moved": appointment_moved,
    "an appointment is cancelled": appointment_cancelled,
    "the reminder of an appointment is due": appointment_reminds,
    "the reminder of a task is due": task_reminds,
    "an announcement is made": announced,
    "an announcement to a role is made": announced_to_a_role,
    "the time of an announcement comes": announced_for_later,
    "somebody joins while an announcement is shown": somebody_joins,
}
WRITTEN = {"title": "Office closed", "message": "On Friday"}


def test_the_table_has_every_kind_and_every_row_is_done_here():
    assert {row.what for row in rows()} == set(CAUSES)
    assert {row.kind for row in rows()} == set(Kind.values)
    assert {door for _, door in ALL} == DOORS
    assert [row.what for row, door in ALL if door == "socket"] == ["a lead is added"]


@pytest.mark.django_db
@pytest.mark.parametrize(("row", "door"), CASES)
def test_what_the_table_says_is_so(world, clock, committing, row, door):
    cause = CAUSES[row.what]
    with committing():
        cause(world, door, clock) if door == "worker" else cause(world, door)

    as_the_row_says(row, world)


def as_the_row_says(row, world):
    came = list(Notification.objects.filter(type=row.kind, deleted_at=None))
    assert sorted(one.recipient.email for one in came) == sorted(
        person.email for person in world.who(row.who, row.kind)
    )
    assert {one.title for one in came} == {said(row.title, "title")}
    assert all(re.fullmatch(pattern(row, world), one.message) for one in came), came[0].message
    assert world.gone not in {one.recipient for one in came}


@pytest.mark.django_db(transaction=True)
async def test_a_lead_that_comes_over_the_socket_rings_as_the_table_says(
    owner, teammate, manager, administrator, outsider, client, api_of
):
    people = (owner, teammate, manager, administrator, outsider)
    world = await in_database(lambda: World(*people, client, api_of))
    await in_database(Notification.objects.all().delete)
    async with Socket(token=(await in_database(lambda: tokens(owner)))["access"]) as socket:
        lead = {"firstName": "Ada", "lastName": "King", "phone": "555 99"}
        await socket.send({"type": "lead:create", "requestId": "1", "lead": lead})
        told = await socket.next("notification:created")
    world.lead = await Lead.objects.aget(pk=told["notification"]["relatedLeadId"])
    (row,) = (row for row, door in ALL if door == "socket")
    await in_database(lambda: as_the_row_says(row, world))


def in_database(act):
    return database_sync_to_async(act)()


def said(cell, name):
    return WRITTEN[name] if cell == "as written" else cell


def pattern(row, world) -> str:
    """The message of the row, with what is known of its parts."""
    known = {"lead": world.lead.name if row.kind != Kind.LEAD_CREATED else str(world.lead)}
    known |= {"fields": "city"}
    gaps = {name: re.escape(value) for name, value in known.items()}
    gaps |= {"score": "[0-9]+", "time": "[0-9-]{10} [0-9:]{5} UTC"}
    written = re.escape(said(row.message, "message"))
    return re.sub(r"<(\w+)>", lambda gap: gaps.get(gap[1], ".+"), written)
