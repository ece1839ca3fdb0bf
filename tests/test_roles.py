"""Who may do what: role x action x object, through REST, the socket, the pages and the admin.

The table is written out, so that it reads like the promise. ``yes`` and ``no`` are for a rep; a
manager and an administrator may all of it, and who is not signed in nothing.
"""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from leads import policy
from leads.models import (
    Appointment,
    Comment,
    Delivery,
    Interaction,
    Lead,
    Merge,
    Rule,
    SavedView,
    Source,
    Tag,
    Task,
)
from leads.versions import version_of
from notifications.models import Announcement
from tests.factories import (
    GOOD,
    AppointmentFactory,
    CommentFactory,
    InteractionFactory,
    LeadFactory,
    TaskFactory,
)
from tests.sockets import Socket, tokens

pytestmark = pytest.mark.django_db

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
yes, no = True, False

# What a rep may do with what is their own, nobody's, and a teammate's.
CHANGES = {
    "lead": {"own": yes, "nobody's": yes, "another's": no},
    "task": {"own": yes, "nobody's": yes, "another's": no, "assigned to me": yes},
    "comment": {"own": yes, "nobody's": no, "another's": no, "another's on my lead": no},
    "interaction": {"own": yes, "nobody's": no, "another's": no, "another's on my lead": no},
    "appointment": {"own": yes, "nobody's": no, "another's": no, "another's on my lead": no},
}
CASES = [(thing, whose) for thing, by_whose in CHANGES.items() for whose in by_whose]
ROLES = ("rep", "manager", "administrator")
DELETABLE = ("lead", "comment", "interaction", "appointment")
FACTORIES = {
    "task": TaskFactory,
    "comment": CommentFactory,
    "interaction": InteractionFactory,
    "appointment": AppointmentFactory,
}
PATCHES = {
    "lead": {"stage": "won"},
    "task": {"completed": True},
    "comment": {"body": "Changed"},
    "interaction": {"body": "Changed"},
    "appointment": {"title": "Changed"},
}
every_role = pytest.mark.parametrize("role", ROLES)
every_case = pytest.mark.parametrize(("thing", "whose"), CASES)


@pytest.fixture
def people(owner, teammate, manager, administrator, outsider):
    return {
        "rep": owner,
        "teammate": teammate,
        "manager": manager,
        "administrator": administrator,
        "gone": outsider,
    }


@pytest.fixture
def make(people):
    """``make(thing, whose)``: a lead, or what belongs to one of the teammate's leads."""
    rep, teammate = people["rep"], people["teammate"]

    def build(thing, whose):
        person = {"own": rep, "nobody's": None}.get(whose, teammate)
        if thing == "lead":
            return LeadFactory(owner=person, created_by=teammate)
        lead = LeadFactory(owner=rep if whose == "another's on my lead" else teammate)
        fields = {"lead": lead, "created_by": person}
        if thing == "task":
            assignees = {"nobody's": None, "assigned to me": rep}
            fields["assignee"] = assignees.get(whose, teammate)
        return FACTORIES[thing](**fields)

    return build


def allowed(role, thing, whose):
    return role != "rep" or CHANGES[thing][whose]


def address(thing, row):
    return f"/api/{thing}s/{row.pk}/"


# The policy itself


@every_role
@every_case
@pytest.mark.parametrize("action", [policy.READ, policy.ADD, policy.CHANGE, policy.DELETE])
def test_the_policy(action, thing, whose, role, make, people):
    row = make(thing, whose)
    expected = action in (policy.READ, policy.ADD) or allowed(role, thing, whose)
    assert policy.may(people[role], action, row) == expected
    assert not policy.may(people["gone"], action, row)


def test_the_policy_has_a_word_on_every_model_that_belongs_to_people():
    models = {Lead, Task, Comment, Interaction, Appointment, SavedView}
    assert set(policy.OWN) == set(policy.REFUSALS) == models


def test_who_leads_the_team(people):
    assert [role for role, person in people.items() if policy.leads_the_team(person)] == [
        "manager",
        "administrator",
    ]


# Who may what with a view of the list. Everybody reads what is shared, nobody another's private.
VIEWS = {
    "own": {"rep": yes, "manager": yes, "administrator": yes},
    "another's shared": {"rep": no, "manager": yes, "administrator": yes},
    "another's private": {"rep": no, "manager": no, "administrator": no},
}


@every_role
@pytest.mark.parametrize("whose", VIEWS)
def test_views_of_the_list(whose, role, people):
    person, shared = people[role], whose == "another's shared"
    view = SavedView.objects.create(
        owner=person if whose == "own" else people["teammate"], name="View", shared=shared
    )
    readable = whose != "another's private"
    assert policy.may(person, policy.READ, view) == readable
    for action in (policy.CHANGE, policy.DELETE):
        assert policy.may(person, action, view) == VIEWS[whose][role]
    assert not policy.may(people["gone"], policy.READ, view)
    browser = Client()
    browser.force_login(person, backend=MODEL_BACKEND)
    refused = 403 if readable else 404
    assert browser.get(f"/leads/?view={view.pk}").status_code == (200 if readable else 404)
    changed = browser.get(f"/leads/views/{view.pk}/").status_code
    assert changed == (200 if VIEWS[whose][role] else refused)
    admin = browser.get(f"/admin/leads/savedview/{view.pk}/change/").status_code
    assert admin == (200 if role == "administrator" and readable else 302)
    browser.post(f"/leads/views/{view.pk}/delete/")
    assert SavedView.objects.exists() != VIEWS[whose][role]


# Who announces something to everybody, or takes it back.
ANNOUNCES = {"rep": no, "manager": no, "administrator": yes}


@every_role
def test_announcing_through_every_door(role, people, api_of):
    may, later = ANNOUNCES[role], timezone.now() + timedelta(hours=1)
    made = Announcement.objects.create(title="Tea", starts_at=later)
    assert policy.may_announce(people[role]) == may
    assert not policy.may_announce(people["gone"])
    api, browser = api_of(people[role]), Client()
    browser.force_login(people[role], backend=MODEL_BACKEND)
    assert api.get("/api/announcements/").status_code == (200 if may else 403)
    for path in ("", "new/", f"{made.pk}/withdraw/"):
        assert browser.get(f"/announcements/{path}").status_code == (200 if may else 403)
    admin = browser.get(f"/admin/notifications/announcement/{made.pk}/change/").status_code
    assert admin == (200 if may else 302)
    new, count = {"title": "Tea", "audience": "rep"}, 1
    assert api.post("/api/announcements/", new).status_code == (201 if may else 403)
    assert browser.post("/announcements/new/", new).status_code == (302 if may else 403)
    browser.post("/admin/notifications/announcement/add/", new)
    count += 3 if may else 0
    assert Announcement.objects.count() == count
    assert browser.post(f"/announcements/{made.pk}/withdraw/").status_code == (302 if may else 403)
    answer = api.post(f"/api/announcements/{made.pk}/withdraw/").status_code
    assert answer == (200 if may else 403)
    made.refresh_from_db()
    assert (made.withdrawn_at is not None) == may
    for stranger in (APIClient(), Client()):
        for path in ("/api/announcements/", "/announcements/new/"):
            assert stranger.post(path, new).status_code in (401, 302)
    assert Announcement.objects.count() == count


# Who sees where leads come from, and how they are to be taken.
SEES_SOURCES = {"rep": no, "manager": yes, "administrator": yes}


@every_role
def test_sources_through_every_door(role, people):
    may, browser = SEES_SOURCES[role], Client()
    browser.force_login(people[role], backend=MODEL_BACKEND)
    source = Source.objects.create(name="Shop", kind="json")
    rule = Rule(source=source, to="role", role="rep")
    rule.save()
    delivery = Delivery.objects.create(source=source, state="suspect", payload=b"{}")
    shop, found = f"/sources/{source.pk}/", f"/sources/{source.pk}/deliveries/{delivery.pk}/"
    pages = ("renew/", "secret/", "delete/", "rules/new/", "mapping/", "deliveries/")
    for path in (
        *("/sources/", "/sources/new/", "/sources/new/form/", shop, found),
        *(f"{shop}{page}" for page in pages),
        f"{shop}rules/{rule.pk}/",
    ):
        response = browser.get(path)
        assert response.status_code == (200 if may else 403), path
        assert may or "Only managers and administrators" in response.content.decode()
    posts = ("test/", "renew/", "secret/", "deliveries/replay/", f"rules/{rule.pk}/move/")
    for path in (
        *(f"{shop}{post}" for post in posts),
        *(f"{found}{post}" for post in ("turn-away/", "accept/", "replay/")),
        *(f"{shop}rules/{rule.pk}/delete/", f"{shop}delete/"),
    ):
        assert browser.post(path).status_code == (302 if may else 403), path
        assert Client().post(path).status_code == 302  # to sign in
    assert Source.objects.exists() != may


# REST


@every_role
@every_case
def test_changing_over_rest(thing, whose, role, make, people, api_of):
    row, api = make(thing, whose), api_of(people[role])
    before = api.get(address(thing, row))
    assert before.status_code == 200
    response = api.patch(address(thing, row), PATCHES[thing])
    if allowed(role, thing, whose):
        assert response.status_code == 200
        assert response.content != before.content
    else:
        assert (response.status_code, list(response.json())) == (403, ["detail"])
        assert "ask them or a manager" in response.json()["detail"]
        assert api.get(address(thing, row)).content == before.content


@every_role
@pytest.mark.parametrize(("thing", "whose"), [case for case in CASES if case[0] in DELETABLE])
def test_deleting_over_rest(thing, whose, role, make, people, api_of):
    row, api = make(thing, whose), api_of(people[role])
    response = api.delete(address(thing, row))
    assert response.status_code == (204 if allowed(role, thing, whose) else 403)
    assert type(row).objects.filter(pk=row.pk).exists() == (response.status_code == 403)


@every_role
@pytest.mark.parametrize("whose", CHANGES["lead"])
def test_tagging_over_rest_and_on_pages(whose, role, make, people, api_of):
    lead, browser = make("lead", whose), Client()
    browser.force_login(people[role], backend=MODEL_BACKEND)
    may, path = allowed(role, "lead", whose), f"/api/leads/{lead.pk}/tags/"
    assert api_of(people[role]).get(path).json() == []
    assert api_of(people[role]).put(path, ["vip"]).status_code == (200 if may else 403)
    sent = browser.post(f"/leads/{lead.pk}/tags/", {"add": "demo"})
    assert sent.status_code == (302 if may else 403)
    assert Tag.objects.names(lead) == (["demo", "vip"] if may else [])
    assert api_of(people[role]).get(f"/api/leads/{lead.pk}/origins/").status_code == 200


@every_role
@pytest.mark.parametrize("whose", CHANGES["lead"])
def test_reading_and_adding_to_any_lead_over_rest(whose, role, make, people, api_of):
    lead, api = make("lead", whose), api_of(people[role])
    for kind, body in GOOD.items():
        assert api.post(f"/api/leads/{lead.pk}/{kind}/", body).status_code == 201
        assert len(api.get(f"/api/leads/{lead.pk}/{kind}/").json()["results"]) == 1
    assert len(api.get(f"/api/leads/{lead.pk}/timeline/").json()["results"]) == 5
    new = {"company": "ABC", "phone": "555 1234"}
    assert api.post("/api/leads/", new).status_code == 201


def test_rest_and_pages_ask_the_policy_who_may_add(people, api_of, lead, monkeypatch):
    monkeypatch.setattr(policy, "may", lambda user, action, thing: action == policy.READ)
    api, browser = api_of(people["manager"]), Client()
    for kind, body in GOOD.items():
        assert api.post(f"/api/leads/{lead.pk}/{kind}/", body).status_code == 403
        assert api.get(f"/api/leads/{lead.pk}/{kind}/").json()["results"] == []
    assert api.post("/api/leads/", {"company": "ABC", "phone": "555 1234"}).status_code == 403
    browser.force_login(people["manager"], backend=MODEL_BACKEND)
    assert browser.get("/leads/new/").status_code == 403


@pytest.mark.parametrize("thing", CHANGES)
def test_nobody_else_does_anything_over_rest(thing, make, people):
    row = make(thing, "nobody's")
    stranger, gone = APIClient(), APIClient()
    gone.force_login(people["gone"], backend=MODEL_BACKEND)
    for api in (stranger, gone):
        for method in (api.get, api.patch, api.delete):
            assert method(address(thing, row), PATCHES[thing]).status_code == 401


# The socket


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("in_process")
@every_role
async def test_adding_a_lead_over_the_socket(role, people):
    token = (await sync_to_async(tokens)(people[role]))["access"]
    async with Socket(token) as socket:
        lead = {"company": "ABC", "phone": "555 1234"}
        await socket.send({"type": "lead:create", "requestId": "r", "lead": lead})
        made = (await socket.next("ack"))["lead"]
        assert made["createdById"] == people[role].pk


# Pages


@every_role
@pytest.mark.parametrize("whose", CHANGES["lead"])
def test_changing_and_deleting_on_pages(whose, role, make, people):
    lead, browser = make("lead", whose), Client()
    browser.force_login(people[role], backend=MODEL_BACKEND)
    may = allowed(role, "lead", whose)
    path = f"/leads/{lead.pk}/"
    assert browser.get(path).status_code == 200
    assert (f"{path}edit/" in browser.get(path).content.decode()) == may
    assert browser.get(f"{path}edit/").status_code == (200 if may else 403)
    assert browser.post(f"{path}stage/", {"stage": "won"}).status_code == (302 if may else 403)
    assert Lead.objects.get().stage == ("won" if may else "new")
    assert browser.post(f"{path}delete/").status_code == (302 if may else 403)
    assert Lead.objects.exists() != may


@every_role
@pytest.mark.parametrize("other", CHANGES["lead"])
@pytest.mark.parametrize("whose", CHANGES["lead"])
def test_merging_and_undoing_on_pages(whose, other, role, make, people):
    """Both leads count for merging; for undoing it, the one that was kept."""
    leads, browser = [make("lead", whose), make("lead", other)], Client()
    browser.force_login(people[role], backend=MODEL_BACKEND)
    path = f"/leads/{leads[0].pk}/merge/{leads[1].pk}/"
    may = allowed(role, "lead", whose) and allowed(role, "lead", other)
    assert browser.get(path).status_code == (200 if may else 403)
    versions = {f"version-{lead.pk}": version_of(lead) for lead in leads}
    fields = {"keep": leads[0].pk, "email": leads[0].pk, "owner_id": leads[0].pk}
    assert browser.post(path, versions | fields).status_code == (302 if may else 403)
    assert Lead.objects.count() == (1 if may else 2)
    if not may:
        Merge.objects.merge(*leads, (), by=people["manager"])
    may_undo = allowed(role, "lead", whose)
    undo = f"/leads/{leads[0].pk}/merges/{Merge.objects.get().pk}/undo/"
    assert browser.post(undo).status_code == (302 if may_undo else 403)
    assert Lead.objects.count() == (2 if may_undo else 1)


@every_role
def test_who_sees_whom_the_news_has_reached(role, people, committing):
    with committing():
        lead = LeadFactory()
    browser = Client()
    browser.force_login(people[role], backend=MODEL_BACKEND)
    shown = browser.get(f"/leads/{lead.pk}/").content.decode()
    assert ('class="receipts"' in shown) == (role != "rep")


# The admin


@every_role
@every_case
def test_changing_and_deleting_in_the_admin(thing, whose, role, make, people):
    row, browser = make(thing, whose), Client()
    browser.force_login(people[role], backend=MODEL_BACKEND)
    path = f"/admin/leads/{thing}/{row.pk}/"
    may = role == "administrator"
    assert browser.get(f"{path}change/").status_code == (200 if may else 302)
    browser.post(f"{path}delete/", {"post": "yes"})
    assert type(row).objects.filter(pk=row.pk).exists() != may


@pytest.mark.parametrize("thing", CHANGES)
def test_the_admin_asks_the_policy(thing, make, people, monkeypatch):
    row, browser = make(thing, "own"), Client()
    browser.force_login(people["administrator"], backend=MODEL_BACKEND)
    monkeypatch.setattr(policy, "may", lambda user, action, thing: action == policy.READ)
    browser.post(f"/admin/leads/{thing}/{row.pk}/delete/", {"post": "yes"})
    assert type(row).objects.filter(pk=row.pk).exists()
