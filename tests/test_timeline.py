"""What happened to a lead, newest first: one page, two queries, whatever it was."""

import importlib
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.apps import apps
from django.db import connection
from rest_framework import serializers
from rest_framework.test import APIClient

from leads.models import Activity, Lead
from leads.serializers import ActivitySerializer
from notifications.models import Event
from tests.factories import (
    AppointmentFactory,
    CommentFactory,
    InteractionFactory,
    LeadFactory,
    TaskFactory,
)

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIELDS = {"id", "leadId", "kind", "title", "message", "changes", "actorId", "commentId",
          "interactionId", "createdAt", "url"}  # fmt: skip


def url_of(lead):
    return f"/api/leads/{lead.pk}/timeline/"


def entries(api, lead, **query):
    response = api.get(url_of(lead), query)
    assert response.status_code == 200, response.content[:300]
    return response.json()["results"]


def briefly(entry):
    return entry["kind"], entry["title"], entry["message"]


def test_it_begins_with_the_creation_of_the_lead(api, owner):
    with time_machine.travel(NOON, tick=False):
        lead = LeadFactory(company="ABC Company", created_by=owner)
    assert entries(api, lead) == [
        {
            "id": 0,
            "leadId": lead.pk,
            "kind": "lead_created",
            "title": "New Lead Created",
            "message": "John Doe (ABC Company) added to pipeline",
            "changes": [],
            "actorId": owner.pk,
            "commentId": None,
            "interactionId": None,
            "createdAt": "2026-03-01T12:00:00Z",
            "url": f"/leads/{lead.pk}/#entry-0",
        }
    ]


def test_all_that_happens_is_told_newest_first(api, lead, owner, teammate):
    address = f"/api/leads/{lead.pk}/"
    api.patch(address, {"city": "Oslo", "stage": "won"})
    api.post(f"{address}comments/", {"body": "First\nand second line"})
    for kind in ("call", "email", "meeting", "note"):
        api.post(f"{address}interactions/", {"kind": kind, "body": f"A {kind}"})
    task = api.post(f"{address}tasks/", {"title": "Send it"}).json()["id"]
    for completed in (True, False):
        api.patch(f"/api/tasks/{task}/", {"completed": completed})
    times = {"startsAt": "2026-03-02T09:30:00Z", "endsAt": "2026-03-02T10:00:00Z"}
    made = api.post(f"{address}appointments/", {"title": "Demo"} | times).json()["id"]
    api.patch(f"/api/appointments/{made}/", {"startsAt": "2026-03-02T08:00:00Z"})
    api.delete(f"/api/appointments/{made}/")
    api.patch(address, {"ownerId": teammate.pk})

    told = entries(api, lead)
    assert [briefly(entry) for entry in told] == [
        ("owner", "Owner Changed", "Nobody → Tom Teammate"),
        ("event_cancelled", "Appointment Cancelled", "Demo at 2026-03-02 08:00 UTC"),
        ("event_changed", "Appointment Changed", "Demo at 2026-03-02 08:00 UTC"),
        ("event", "Appointment", "Demo at 2026-03-02 09:30 UTC"),
        ("task_reopened", "Task Reopened", "Send it"),
        ("task_completed", "Task Completed", "Send it"),
        ("task_added", "New Task", "Send it"),
        ("note", "Note", "A note"),
        ("meeting", "Meeting", "A meeting"),
        ("email", "New Email", "A email"),
        ("call", "Call", "A call"),
        ("comment_added", "New Comment", "First\nand second line"),
        ("stage", "Stage Changed", "New → Won"),
        ("contact", "Contact Updated", "city"),
        ("lead_created", "New Lead Created", "John Doe (ABC Company) added to pipeline"),
    ]
    assert {entry["actorId"] for entry in told[:-1]} == {owner.pk}
    assert {entry["leadId"] for entry in told} == {lead.pk}
    ids = [entry["id"] for entry in told]
    assert ids == sorted(set(ids), reverse=True)
    assert [entry["url"] for entry in told] == [f"/leads/{lead.pk}/#entry-{pk}" for pk in ids]
    assert all(set(entry) == FIELDS for entry in told)


def test_changes_say_from_what_to_what(api, lead, owner, teammate):
    lead.job_title, lead.stage, lead.owner = "Buyer", "lost", owner
    lead.save(by=teammate)
    api.patch(f"/api/leads/{lead.pk}/", {"ownerId": teammate.pk})
    by_kind = {}
    for entry in entries(api, lead):
        by_kind.setdefault(entry["kind"], []).append(entry["changes"])
    assert by_kind == {
        "owner": [
            [{"field": "ownerId", "from": owner.pk, "to": teammate.pk}],
            [{"field": "ownerId", "from": None, "to": owner.pk}],
        ],
        "stage": [[{"field": "stage", "from": "new", "to": "lost"}]],
        "contact": [[{"field": "jobTitle", "from": "", "to": "Buyer"}]],
        "lead_created": [[]],
    }


def test_an_appointment_that_moves_says_from_when_to_when(api, lead, owner):
    made = AppointmentFactory(lead=lead, created_by=owner)
    change = {"startsAt": "2026-03-02T08:00:00Z", "attendeeIds": [owner.pk]}
    api.patch(f"/api/appointments/{made.pk}/", change)
    moved = entries(api, lead)[0]
    assert moved["changes"] == [
        {"field": "startsAt", "from": "2026-03-02T09:30:00Z", "to": "2026-03-02T08:00:00Z"},
        {"field": "attendeeIds", "from": [], "to": [owner.pk]},
    ]


def test_a_change_of_nothing_that_counts_is_no_entry(api, lead):
    api.patch(f"/api/leads/{lead.pk}/", {"stage": "new"})
    api.patch(f"/api/leads/{lead.pk}/", {"message": "Hello"})
    assert [entry["kind"] for entry in entries(api, lead)] == ["lead_created"]


def test_who_edits_a_comment_edits_its_entry_and_who_deletes_it_takes_it_away(api, lead, owner):
    comment = CommentFactory(lead=lead, created_by=owner)
    call = InteractionFactory(lead=lead, created_by=owner)
    api.patch(f"/api/comments/{comment.pk}/", {"body": "No offer."})
    api.patch(f"/api/interactions/{call.pk}/", {"body": "No call."})
    told = entries(api, lead)
    assert [entry["message"] for entry in told][:2] == ["No call.", "No offer."]
    assert [entry["commentId"] for entry in told] == [None, comment.pk, None]
    assert [entry["interactionId"] for entry in told] == [call.pk, None, None]
    api.delete(f"/api/comments/{comment.pk}/")
    assert [entry["kind"] for entry in entries(api, lead)] == ["call", "lead_created"]
    api.delete(f"/api/interactions/{call.pk}/")
    assert [entry["kind"] for entry in entries(api, lead)] == ["lead_created"]


def test_of_a_lead_only_its_own_is_told(api, lead):
    CommentFactory()
    assert len(entries(api, lead)) == 1


# Page by page


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8, 9, 50])
def test_the_links_lead_through_every_entry_once_and_back(size, api, lead):
    CommentFactory.create_batch(7, lead=lead)
    whole = entries(api, lead)
    assert len(whole) == 8
    url, forth, last = f"{url_of(lead)}?pageSize={size}", [], None
    while url:
        page = api.get(url).json()
        assert 0 < len(page["results"]) <= size
        forth += page["results"]
        url, last = page["next"], url
    assert forth == whole
    back = []
    while last:
        page = api.get(last).json()
        back = page["results"] + back
        last = page["previous"]
    assert back == whole


def test_entries_that_arrive_meanwhile_move_nothing(api, lead):
    CommentFactory.create_batch(3, lead=lead)
    whole = entries(api, lead)
    first = api.get(url_of(lead), {"pageSize": 2}).json()
    CommentFactory.create_batch(3, lead=lead)
    second = api.get(first["next"]).json()
    assert first["results"] + second["results"] == whole
    assert len(api.get(first["previous"] or second["previous"]).json()["results"]) == 2


@pytest.mark.parametrize("page", ["x", "", "WyIyMDI2Il0=", "WzAsIDAsIGZhbHNlLCAiLWlkIl0="])
def test_a_cursor_from_elsewhere_is_a_400_or_a_page(page, api, lead):
    response = api.get(url_of(lead), {"cursor": page})
    assert response.status_code in (200, 400)
    assert response.status_code == 200 or list(response.json()) == ["cursor"]


def test_it_is_narrowed_by_kind(api, lead):
    CommentFactory(lead=lead)
    TaskFactory(lead=lead)
    InteractionFactory(lead=lead)

    def kinds(query):
        response = api.get(f"{url_of(lead)}?{query}")
        return [entry["kind"] for entry in response.json()["results"]]

    assert kinds("kind=call") == ["call"]
    assert kinds("kind=comment_added&kind=task_added") == ["task_added", "comment_added"]
    assert kinds("kind=lead_created&kind=call") == ["call", "lead_created"]
    assert kinds("kind=stage") == []
    assert len(kinds("")) == 4
    for wrong in ("fax", "%00", "call,email", ""):
        response = api.get(f"{url_of(lead)}?kind={wrong}")
        assert (response.status_code, list(response.json())) == (400, ["kind"])


@pytest.mark.parametrize("count", [1, 20])
def test_it_takes_two_queries_however_much_happened(
    count, api, lead, owner, django_assert_num_queries
):
    for factory in (CommentFactory, InteractionFactory, TaskFactory, AppointmentFactory):
        factory.create_batch(count, lead=lead, created_by=owner)
    with django_assert_num_queries(2):  # the lead; its activities with their words
        assert len(entries(api, lead, pageSize=200)) == 4 * count + 1


@pytest.mark.postgres
def test_a_page_reads_no_other_leads_history(lead):
    leads = [lead, *LeadFactory.create_batch(99)]
    rows = [Activity(lead=row, kind="note") for _ in range(200) for row in leads]
    Activity.objects.bulk_create(rows)
    page = Activity.objects.with_texts().filter(lead=lead, id__lte=rows[10_000].pk)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE leads_activity")
    plan = page.order_by("-id")[:51].explain(analyze=True, timing=False)
    assert "activity_timeline" in plan
    assert "Seq Scan on leads_activity" not in plan


def test_a_change_of_a_lead_stores_its_entries_in_one_statement(
    api, lead, owner, django_assert_num_queries
):
    address = f"/api/leads/{lead.pk}/"
    # Savepoint, lock; savepoint, lock, update, activities, release; release.
    with django_assert_num_queries(8):
        api.patch(address, {"stage": "won"})
    # And who the new owner is, twice (may they be one, and their name); and the event.
    with django_assert_num_queries(11):
        api.patch(address, {"stage": "new", "ownerId": owner.pk, "city": "Oslo"})
    assert [entry["kind"] for entry in entries(api, lead)][:3] == ["owner", "stage", "contact"]


def test_contact_changes_from_before_the_timeline_are_taken_into_it(lead, owner, teammate, api):
    lead.first_name = "Jo: hn"
    lead.email, lead.city = "new@example.org", "Oslo"
    lead.save(by=teammate)
    gone = LeadFactory()
    gone.city = "Oslo"
    gone.save()
    gone.delete()
    whole = entries(api, lead)
    Activity.objects.all().delete()
    migration = importlib.import_module("leads.migrations.0004_contact_changes_until_now")
    migration.tell(apps, None)
    told = entries(api, lead)
    assert [briefly(entry) for entry in told] == [briefly(entry) for entry in whole]
    assert told[0]["message"] == "first name, email, city"
    assert told[0]["actorId"] == teammate.pk
    assert Activity.objects.count() == 1


def test_a_new_lead_costs_no_row_of_its_timeline(lead, api):
    assert not Activity.objects.exists()
    Lead.objects.bulk_create(LeadFactory.build_batch(2))
    assert not Activity.objects.exists()
    assert Event.objects.count() == 3
    assert len(entries(api, Lead.objects.last())) == 1


def test_a_lead_that_is_not_there_has_none_and_who_is_not_signed_in_sees_none(api, lead):
    assert api.get(f"/api/leads/{2**40}/timeline/").status_code == 404
    assert APIClient().get(url_of(lead)).status_code == 401
    assert api.post(url_of(lead), {}).status_code == 405
    assert api.get(url_of(lead)).status_code == 200


def test_an_entry_is_written_as_its_fields_say(lead):
    stored = CommentFactory(lead=lead, created_at=NOON + timedelta(microseconds=7)).activity
    written = ActivitySerializer(stored).data
    assert set(written) == FIELDS
    assert written["createdAt"] == "2026-03-01T12:00:00.000007Z"
    assert isinstance(ActivitySerializer().fields["changes"], serializers.ListSerializer)
