"""The page of a lead, without a browser: what it tells, what is done there, and by whom."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads import versions
from leads.models import Activity, Appointment, Comment, Interaction, Lead, Merge, Task
from leads.models.merge import both
from leads.timeline import Stretch
from tests import doors
from tests.factories import (
    AppointmentFactory,
    CommentFactory,
    InteractionFactory,
    LeadFactory,
    TaskFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

CLAIM = 'data-key-press="c"'


@pytest.fixture
def browser_as():
    def client(user):
        browser = Client()
        browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return browser

    return client


def path_of(lead, rest=""):
    return f"/leads/{lead.pk}/{rest}"


def shown(browser, lead, query=""):
    response = browser.get(path_of(lead, query))
    assert response.status_code == 200
    return text_of(response)


def text_of(response):
    return unescape(response.content.decode())


def entries(html):
    """The ids of the entries, as they stand."""
    return [int(pk) for pk in re.findall(r'<li class="entry" id="entry-(\d+)"', html)]


def queries_of(browser, path):
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(path).status_code == 200
    return len(queries)


# The timeline


def test_it_tells_what_happened_newest_first_and_begins_with_the_lead(page, lead, owner, teammate):
    CommentFactory(lead=lead, created_by=teammate, body="They want an offer.")
    InteractionFactory(lead=lead, created_by=owner, kind="call", direction="in", body="Rang back.")
    lead.email, lead.stage = "new@example.org", Lead.Stage.WON
    lead.save(by=owner)
    html = shown(page, lead)
    assert len(entries(html)) == 5
    assert entries(html) == sorted(entries(html), reverse=True)
    assert entries(html)[-1] == 0
    for words in (
        "Tom Teammate</strong> commented",
        "They want an offer.",
        "logged a call from them",
        "changed the stage",
        "New → Won",
        '<ins dir="auto">new@example.org</ins>',
        "added the lead",
    ):
        assert words in html


def test_a_lead_that_nobody_added_says_through_which_source_it_came(page, client, lead):
    source = doors.source_of("json", name="Shop & more")
    doors.post(client, source, {"name": "Ada Lovelace", "email": "ada@example.org"})
    made = Lead.objects.get(email="ada@example.org")
    came = 'Came in through <strong dir="auto">Shop & more</strong>'
    assert came in shown(page, made)
    assert "added the lead" not in shown(page, made)
    source.delete()
    assert 'Came in through <strong dir="auto">a source that is gone<' in shown(page, made)
    assert "Somebody</strong> added the lead" in shown(page, lead)  # and no source


def test_what_a_merge_brought_is_not_where_the_kept_lead_came_through(page, client, lead, owner):
    doors.post(
        client, doors.source_of("json"), {"name": "Ada Lovelace", "email": "ada@example.org"}
    )
    Lead.objects.filter(pk=lead.pk).update(created_at=timezone.now() - timedelta(hours=1))
    kept, other = both(lead.pk, Lead.objects.get(email="ada@example.org").pk)
    Merge.objects.merge(kept, other, [], by=owner)
    assert "Came in through" not in shown(page, lead)
    assert "Somebody</strong> added the lead" in shown(page, lead)


@pytest.mark.parametrize(
    ("kind", "kinds"),
    [
        ("", {"lead_created", "contact", "comment_added", "call", "email", "meeting", "note",
              "task_added", "event"}),
        ("comments", {"comment_added"}),
        ("calls", {"call"}),
        ("emails", {"email"}),
        ("meetings", {"meeting", "event"}),
        ("notes", {"note"}),
        ("tasks", {"task_added"}),
        ("changes", {"lead_created", "contact"}),
        ("nonsense", {"lead_created", "contact", "comment_added", "call", "email", "meeting",
                      "note", "task_added", "event"}),
    ],
)  # fmt: skip
def test_it_is_narrowed_by_kind(page, lead, kind, kinds):
    CommentFactory(lead=lead)
    for channel in Interaction.Channel:
        InteractionFactory(lead=lead, kind=channel)
    TaskFactory(lead=lead)
    AppointmentFactory(lead=lead)
    lead.city = "Ulm"
    lead.save()
    assert {entry.kind for entry in Stretch(lead, {"kind": kind}).entries} == kinds
    assert len(entries(shown(page, lead, f"?kind={kind}"))) == len(kinds)


def test_every_entry_is_shown_once_whatever_arrives_while_one_reads(page, lead):
    for _ in range(70):
        CommentFactory(lead=lead)
    ids = list(lead.activities.order_by("-pk").values_list("pk", flat=True))
    seen, query = [], ""
    while query is not None:
        html = shown(page, lead, query)
        seen += entries(html)
        CommentFactory(lead=lead)
        older = re.search(r'rel="next" href="(\?[^"#]*)', html)
        query = older and older[1]
    assert seen == [*ids, 0]


@pytest.mark.parametrize("count", [29, 30, 31])
def test_the_lead_itself_ends_the_timeline_wherever_a_page_ends(lead, count):
    for _ in range(count):
        CommentFactory(lead=lead)
    first = Stretch(lead, {})
    shown_so_far = len(first.entries)
    if first.older:
        shown_so_far += len(Stretch(lead, {"before": str(first.older)}).entries)
    assert shown_so_far == count + 1
    assert (first.older is None) == (count < Stretch.SIZE)


def test_a_permalink_opens_where_its_entry_is(page, lead):
    for _ in range(70):
        CommentFactory(lead=lead)
    ids = list(lead.activities.order_by("-pk").values_list("pk", flat=True))
    assert entries(shown(page, lead, f"?entry={ids[5]}"))[0] == ids[0]
    assert entries(shown(page, lead, f"?entry={ids[50]}"))[0] == ids[50]
    assert entries(shown(page, lead, "?entry=0")) == [0]
    assert f'href="/leads/{lead.pk}/?entry={ids[0]}#entry-{ids[0]}"' in shown(page, lead)


def test_what_strangers_wrote_is_text(page, lead, owner):
    CommentFactory(lead=lead, created_by=owner, body="<b>bold</b>")
    Lead.objects.filter(pk=lead.pk).update(city="<i>x</i>")
    html = page.get(path_of(lead)).content.decode()
    assert "<b>" not in html
    assert "<i>" not in html
    assert "&lt;b&gt;bold" in html


# The composer


def test_a_comment_is_said(page, lead, owner):
    response = page.post(path_of(lead, "say/"), {"kind": "comment", "body": "Call them\nat noon."})
    comment = Comment.objects.get()
    assert (comment.body, comment.created_by, comment.lead) == ("Call them\nat noon.", owner, lead)
    entry = comment.activity.pk
    assert response["Location"] == f"/leads/{lead.pk}/?entry={entry}#entry-{entry}"


@pytest.mark.parametrize("kind", Interaction.Channel.values)
def test_a_contact_is_logged(page, lead, owner, kind):
    page.post(path_of(lead, "say/"), {"kind": kind, "direction": "in", "body": "Said hello."})
    logged = Interaction.objects.get()
    assert (logged.kind, logged.direction, logged.body) == (kind, "in", "Said hello.")
    assert logged.created_by == owner


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"kind": "comment", "body": " \n "}, "Write something."),
        ({"kind": "call", "body": ""}, "Write something."),
        ({"kind": "comment", "body": "x" * 10_001}, "at most 10000 characters"),
        ({"kind": "comment", "body": "nul \0"}, "Null characters are not allowed"),
        ({"kind": "shout", "body": "Kept all the same"}, "Select a valid choice"),
        ({"kind": "call", "direction": "up", "body": "Kept as well"}, "Select a valid choice"),
        ({"body": "Of no kind"}, "This field is required"),
    ],
)
def test_what_cannot_be_said_is_kept_with_what_is_wrong(page, lead, sent, says):
    response = page.post(path_of(lead, "say/"), sent)
    assert response.status_code == 200
    html = text_of(response)
    assert says in html
    assert sent["body"] in html
    assert not Comment.objects.exists()
    assert not Interaction.objects.exists()


def test_every_role_may_say_something_of_anybodys_lead(
    browser_as, owner, teammate, manager, administrator
):
    lead = LeadFactory(owner=teammate)
    for number, user in enumerate((owner, manager, administrator), start=1):
        browser_as(user).post(path_of(lead, "say/"), {"kind": "comment", "body": "Hello"})
        assert Comment.objects.count() == number


@pytest.mark.parametrize("factory", [CommentFactory, InteractionFactory])
def test_who_may_mend_and_take_back_what_was_said(
    browser_as, owner, teammate, manager, administrator, lead, factory
):
    said = factory(lead=lead, created_by=owner)
    entry = said.activity.pk
    mend, take_back = f"entries/{entry}/", f"entries/{entry}/delete/"
    assert f"edit={entry}" not in shown(browser_as(teammate), lead)
    assert (
        "<textarea" not in shown(browser_as(teammate), lead, f"?edit={entry}").split("entries")[1]
    )
    for post in (mend, take_back):
        response = browser_as(teammate).post(
            path_of(lead, post), {"body": "Mine", "direction": "in"}
        )
        assert response.status_code == 403
    for user in (owner, manager, administrator):
        assert f"edit={entry}" in shown(browser_as(user), lead)
        assert f'action="/leads/{lead.pk}/{mend}"' in shown(
            browser_as(user), lead, f"?edit={entry}"
        )
        body = f"Mended by {user.first_name}"
        browser_as(user).post(path_of(lead, mend), {"body": body, "direction": "in"})
        said.refresh_from_db()
        assert (said.body, said.created_by) == (body, owner)
        assert body in shown(browser_as(teammate), lead)
    assert browser_as(owner).post(path_of(lead, take_back)).status_code == 302
    assert not type(said).objects.exists()
    assert entries(shown(browser_as(owner), lead)) == [0]
    assert browser_as(owner).post(path_of(lead, take_back)).status_code == 404


def test_mending_it_to_nothing_keeps_the_form_and_what_it_said(page, lead, owner):
    said = CommentFactory(lead=lead, created_by=owner, body="As it was")
    response = page.post(path_of(lead, f"entries/{said.activity.pk}/"), {"body": " "})
    assert response.status_code == 200
    assert "Write something." in text_of(response)
    said.refresh_from_db()
    assert said.body == "As it was"


def test_only_what_was_said_of_this_lead_can_be_mended(page, lead, owner):
    elsewhere = CommentFactory(created_by=owner).activity.pk
    task = TaskFactory(lead=lead, created_by=owner)
    added = lead.activities.get(kind=Activity.Kind.TASK_ADDED).pk
    for entry in (elsewhere, added, 0, 10**25):
        response = page.post(path_of(lead, f"entries/{entry}/"), {"body": "Mine"})
        assert response.status_code == 404
        assert page.post(path_of(lead, f"entries/{entry}/delete/")).status_code == 404
    assert Task.objects.get() == task
    assert Comment.objects.get().body == "They want an offer."


# Tasks and appointments


def test_a_task_is_added_completed_and_reopened(page, lead, owner):
    sent = {"title": "Send the offer", "due_at": "2031-05-04T10:30", "assignee": owner.pk}
    page.post(path_of(lead, "tasks/"), sent)
    task = Task.objects.get()
    assert (task.title, task.assignee, task.created_by) == ("Send the offer", owner, owner)
    assert task.due_at.isoformat() == "2031-05-04T10:30:00+00:00"
    for _ in range(2):
        page.post(path_of(lead, f"tasks/{task.pk}/complete/"))
    assert "Undo" in shown(page, lead)
    for _ in range(2):
        page.post(path_of(lead, f"tasks/{task.pk}/reopen/"))
    task.refresh_from_db()
    assert task.completed_at is None
    kinds = list(lead.activities.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["task_added", "task_completed", "task_reopened"]


def test_tasks_stand_by_when_they_are_due_and_say_so(page, lead):
    now = timezone.now()
    TaskFactory(lead=lead, title="Whenever")
    TaskFactory(lead=lead, title="Someday", due_at=now + timedelta(days=9))
    TaskFactory(lead=lead, title="Long ago", due_at=now - timedelta(days=2))
    TaskFactory(lead=lead, title="Over", completed_at=now - timedelta(hours=1))
    html = shown(page, lead)
    names = re.findall(r'<span class="task-title" dir="auto">([^<]*)', html)
    assert names == ["Long ago", "Someday", "Whenever", "Over"]
    assert re.findall(r'data-due="(\w+)"', html)[:3] == ["late", "later", "none"]
    assert "1 done" in html
    assert "Reopen" in html


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"title": "Call", "due_at": "tomorrow"}, "due_at"),
        ({"title": "Call", "due_at": "0001-01-01T00:00"}, "due_at"),
        ({"title": "Call", "due_at": "9999-12-31T23:59"}, "due_at"),
        ({"title": "Call", "assignee": "999999999999999999999"}, "assignee"),
    ],
)
def test_a_task_that_cannot_be_keeps_what_was_typed(page, lead, sent, field):
    html = text_of(page.post(path_of(lead, "tasks/"), sent))
    assert f'id="task-{field}_error"' in html
    assert sent["title"] in html
    assert not Task.objects.exists()


def test_a_task_is_given_to_who_works_here(page, lead, outsider):
    response = page.post(path_of(lead, "tasks/"), {"title": "Call", "assignee": outsider.pk})
    assert 'id="task-assignee_error"' in text_of(response)


def test_anothers_task_is_not_completed_by_a_rep(browser_as, lead, owner, teammate, manager):
    task = TaskFactory(lead=lead, assignee=owner, created_by=owner)
    path = path_of(lead, f"tasks/{task.pk}/complete/")
    assert path not in shown(browser_as(teammate), lead)
    assert browser_as(teammate).post(path).status_code == 403
    assert Task.objects.get().completed_at is None
    assert browser_as(manager).post(path).status_code == 302
    assert Task.objects.get().completed_at is not None


def test_a_task_of_another_lead_is_not_there(page, lead):
    elsewhere = TaskFactory()
    assert page.post(path_of(lead, f"tasks/{elsewhere.pk}/complete/")).status_code == 404


def test_an_appointment_is_made(page, lead, owner, teammate):
    sent = {"title": "Demo", "starts_at": "2031-05-04T10:30", "ends_at": "2031-05-04T11:00"}
    page.post(path_of(lead, "appointments/"), sent | {"attendees": [teammate.pk, owner.pk]})
    made = Appointment.objects.get()
    assert made.created_by == owner
    assert set(made.attendee_ids) == {owner.pk, teammate.pk}
    assert "Demo" in shown(page, lead)


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"ends_at": "2031-05-04T10:30"}, "ends_at", "Let it end after it starts."),
        ({"ends_at": ""}, "ends_at", "This field is required."),
        ({"starts_at": "soon"}, "starts_at", "Enter a valid date/time."),
        ({"title": ""}, "title", "Give a title."),
        ({"attendees": ["0"]}, "attendees", "is not one of the available choices"),
    ],
)
def test_an_appointment_that_cannot_be_says_why_beside_the_field(page, lead, wrong, field, says):
    sent = {"title": "Demo", "starts_at": "2031-05-04T10:30", "ends_at": "2031-05-04T11:00"}
    html = text_of(page.post(path_of(lead, "appointments/"), sent | wrong))
    beside = (
        html.split(f'id="appointment-{field}_error"')[1][:200] if field != "attendees" else html
    )
    assert says in beside
    assert not Appointment.objects.exists()


def test_appointments_that_are_over_are_in_the_timeline_alone(page, lead):
    now = timezone.now()
    past = {"starts_at": now - timedelta(hours=2), "ends_at": now - timedelta(hours=1)}
    AppointmentFactory(lead=lead, title="Past", **past)
    html = shown(page, lead)
    assert '<span class="task-title" dir="auto">Past' not in html
    assert "made an appointment" in html


# Fields in place


def field_form(lead, name, value, **sent):
    """What the page's form of a field sends: its version, and what the field was."""
    was = getattr(lead, name)
    was = was.pk if hasattr(was, "pk") else was
    was = "" if was is None else was
    version = versions.version_of(lead)
    return {"name": name, name: value, f"initial-{name}": was, "version": version} | sent


def test_a_field_is_changed_in_place(page, lead, owner):
    response = page.post(path_of(lead, "field/"), field_form(lead, "company", "Engines"))
    assert response["Location"] == f"/leads/{lead.pk}/"
    assert Lead.objects.get().company == "Engines"
    assert lead.activities.get().actor == owner


def test_the_page_carries_what_such_a_form_sends(page, lead):
    html = shown(page, lead)
    assert f'name="version" value="{versions.version_of(lead)}"' in html
    assert 'name="initial-company" value="ABC Company"' in html


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("email", "not an address", "valid email address"),
        ("email", "", "Give a way to answer"),
        ("phone", "1", "Enter a phone number."),
        ("website", "javascript:alert(1)", "Enter a web address."),
        ("stage", "nonsense", "Select a valid choice"),
        ("owner", "999999999", "Select a valid choice"),
        ("company", "x" * 201, "at most 200 characters"),
    ],
)
def test_a_value_that_cannot_be_is_kept_with_what_is_wrong(page, lead, name, value, says):
    response = page.post(path_of(lead, "field/"), field_form(lead, name, value))
    assert response.status_code == 200
    assert says in text_of(response)
    if name not in ("stage", "owner"):
        assert f'value="{value}"' in text_of(response)
    stored = Lead.objects.get()
    assert (stored.email, stored.company, stored.stage) == (lead.email, "ABC Company", "new")


@pytest.mark.parametrize("name", ["", "score", "created_by", "message", "id", "__class__"])
def test_other_names_are_no_fields(page, lead, name):
    assert page.post(path_of(lead, "field/"), {"name": name, name: "1"}).status_code == 404


def test_the_name_may_not_go_by_one_field_either(page):
    lead = LeadFactory(last_name="", company="")
    response = page.post(path_of(lead, "field/"), field_form(lead, "first_name", ""))
    assert "Give a name" in text_of(response)


def test_of_two_who_change_a_field_the_later_sees_both_and_may_send_theirs(page, lead, teammate):
    mine = field_form(lead, "company", "Mine")
    theirs = Lead.objects.get()
    theirs.company = "Theirs"
    theirs.save(by=teammate)
    response = page.post(path_of(lead, "field/"), mine)
    assert response.status_code == 409
    html = text_of(response)
    assert "It is now: Theirs" in html
    assert 'value="Mine"' in html
    assert "Save mine" in html
    assert Lead.objects.get().company == "Theirs"
    again = dict(re.findall(r'name="(initial-company|version)" value="([^"]*)"', html))
    assert again == {"initial-company": "Theirs", "version": versions.version_of(theirs)}
    again = {"name": "company", "company": "Mine", **again}
    assert page.post(path_of(lead, "field/"), again).status_code == 302
    assert Lead.objects.get().company == "Mine"


def test_two_who_change_different_fields_do_not_meet(page, lead):
    mine = field_form(lead, "company", "Mine")
    Lead.objects.get().save()
    theirs = Lead.objects.get()
    theirs.city = "Ulm"
    theirs.save()
    assert page.post(path_of(lead, "field/"), mine).status_code == 302
    assert (Lead.objects.get().company, Lead.objects.get().city) == ("Mine", "Ulm")


def test_who_changes_it_to_the_same_does_not_meet_anybody(page, lead):
    mine = field_form(lead, "stage", "won")
    theirs = Lead.objects.get()
    theirs.stage = "won"
    theirs.save()
    assert page.post(path_of(lead, "field/"), mine).status_code == 302


def test_a_lead_is_claimed_by_one(page, browser_as, lead, owner, teammate):
    html = shown(page, lead)
    assert CLAIM in html
    claim = field_form(lead, "owner", owner.pk)
    browser_as(teammate).post(path_of(lead, "field/"), field_form(lead, "owner", teammate.pk))
    response = page.post(path_of(lead, "field/"), claim)
    assert response.status_code == 403
    assert "This lead belongs to somebody else" in text_of(response)
    assert Lead.objects.get().owner == teammate
    assert CLAIM not in shown(page, lead)


def test_who_may_change_fields(browser_as, owner, teammate, manager, administrator):
    lead = LeadFactory(owner=owner)
    path = path_of(lead, "field/")
    for user, may in ((teammate, False), (owner, True), (manager, True), (administrator, True)):
        lead.refresh_from_db()
        assert (f'action="{path}"' in shown(browser_as(user), lead)) == may
        sent = field_form(lead, "city", f"City of {user.first_name}")
        assert browser_as(user).post(path, sent).status_code == (302 if may else 403)
        assert (Lead.objects.get().city == sent["city"]) == may


# The page that edits all of it


def edit_form(page, lead):
    """Every field as that page sends it."""
    html = shown(page, lead, "edit/")
    fields = dict(re.findall(r'<input[^>]*name="([^"]+)"(?: value="([^"]*)")?', html))
    fields.pop("csrfmiddlewaretoken")
    return fields | {"stage": lead.stage, "owner": "", "message": lead.message}


def test_the_edit_page_shows_both_versions_and_keeps_what_it_left_alone(page, lead):
    mine = edit_form(page, lead) | {"company": "Mine", "job_title": "Head"}
    theirs = Lead.objects.get()
    theirs.company, theirs.city, theirs.message = "Theirs", "Ulm", "One\nTwo"
    theirs.save()
    response = page.post(path_of(lead, "edit/"), mine)
    assert response.status_code == 409
    html = text_of(response)
    assert html.count("It is now:") == 1
    assert "It is now: Theirs" in html
    assert 'value="Mine"' in html
    assert 'value="Ulm"' in html
    assert Lead.objects.get().company == "Theirs"
    again = mine | {"version": versions.version_of(theirs), "initial-company": "Theirs"}
    again |= {"city": "Ulm", "initial-city": "Ulm", "message": "One\r\nTwo"}
    again |= {"initial-message": "One\r\nTwo"}
    assert page.post(path_of(lead, "edit/"), again).status_code == 302
    stored = Lead.objects.get()
    assert (stored.company, stored.job_title, stored.city) == ("Mine", "Head", "Ulm")


def test_the_edit_page_saves_when_others_changed_other_fields(page, lead):
    mine = edit_form(page, lead) | {"company": "Mine"}
    theirs = Lead.objects.get()
    theirs.city = "Ulm"
    theirs.save()
    assert page.post(path_of(lead, "edit/"), mine).status_code == 302
    assert (Lead.objects.get().company, Lead.objects.get().city) == ("Mine", "Ulm")


# How it is asked for


def test_a_full_page_takes_as_many_queries_as_an_empty_one_but_for_who_attends(page, owner):
    lead = LeadFactory(owner=owner)
    assert queries_of(page, path_of(lead)) == 19  # one asks how it came: nobody added it
    soon = timezone.now() + timedelta(hours=1)
    for _ in range(40):
        CommentFactory(lead=lead, created_by=UserFactory())
        InteractionFactory(lead=lead, created_by=owner)
        TaskFactory(lead=lead, assignee=UserFactory())
        TaskFactory(lead=lead, completed_at=timezone.now())
        times = {"starts_at": soon, "ends_at": soon + timedelta(hours=1)}
        AppointmentFactory(lead=lead, attendee_ids=[owner.pk], **times)
    assert queries_of(page, path_of(lead)) == 21
    entry = lead.activities.first().pk
    assert queries_of(page, path_of(lead, f"?entry={entry}&kind=comments")) == 22
