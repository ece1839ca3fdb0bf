"""Comments, tasks, interactions and appointments of a lead: made, listed, changed, and told."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, transaction
from rest_framework.test import APIClient

from leads.models import Activity, Appointment, Attendance, Comment, Interaction, Lead, Task
from notifications.models import Event, Notification
from tests.factories import (
    GOOD,
    AppointmentFactory,
    CommentFactory,
    InteractionFactory,
    LeadFactory,
    TaskFactory,
)

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOBODY = 2**40  # no such id
MODELS = {
    "comments": Comment,
    "tasks": Task,
    "interactions": Interaction,
    "appointments": Appointment,
}
FACTORIES = {
    "comments": CommentFactory,
    "tasks": TaskFactory,
    "interactions": InteractionFactory,
    "appointments": AppointmentFactory,
}
every_kind = pytest.mark.parametrize("kind", MODELS)
deletable = pytest.mark.parametrize("kind", ["comments", "interactions", "appointments"])


def of(lead, kind):
    return f"/api/leads/{lead.pk}/{kind}/"


def one(kind, row):
    return f"/api/{kind}/{row['id'] if isinstance(row, dict) else row.pk}/"


def made(response):
    assert response.status_code == 201, response.content[:300]
    return response.json()


def told(user, kind):
    rows = Notification.objects.filter(recipient=user, type=kind)
    return [(row.title, row.message) for row in rows.order_by("seq")]


# Making


@time_machine.travel(NOON, tick=False)
def test_a_comment_is_answered_as_agreed(api, owner, lead):
    body = "Café: they want\nan offer. 🔔"
    comment = made(api.post(of(lead, "comments"), {"body": body}))
    assert comment == {
        "id": Comment.objects.get().pk,
        "leadId": lead.pk,
        "authorId": owner.pk,
        "body": body,
        "createdAt": "2026-03-01T12:00:00Z",
    }


def test_a_task_is_answered_as_agreed(api, lead, teammate):
    body = {"title": " Call them ", "assigneeId": teammate.pk, "dueAt": "2026-03-02T10:00:00+01:00"}
    task = made(api.post(of(lead, "tasks"), body))
    assert task == {
        "id": Task.objects.get().pk,
        "leadId": lead.pk,
        "title": "Call them",
        "assigneeId": teammate.pk,
        "dueAt": "2026-03-02T09:00:00Z",
        "completedAt": None,
    }
    bare = made(api.post(of(lead, "tasks"), {"title": "Wait", "completedAt": "2026-03-01T00:00Z"}))
    assert (bare["assigneeId"], bare["dueAt"], bare["completedAt"]) == (None, None, None)


@time_machine.travel(NOON, tick=False)
def test_an_interaction_is_answered_as_agreed(api, owner, lead):
    body = {
        "kind": "email",
        "direction": "in",
        "body": "Your offer\n\nLooks good.",
        "occurredAt": "2026-02-28T08:00:00Z",
    }
    logged = made(api.post(of(lead, "interactions"), body))
    expected = {"id": Interaction.objects.get().pk, "leadId": lead.pk, "byId": owner.pk}
    assert logged == body | expected
    call = made(api.post(of(lead, "interactions"), {"kind": "call", "body": "Nobody there"}))
    assert (call["direction"], call["occurredAt"]) == ("out", "2026-03-01T12:00:00Z")


def test_an_appointment_is_answered_as_agreed(api, lead, owner, teammate):
    attendees = [teammate.pk, owner.pk]
    body = GOOD["appointments"] | {"attendeeIds": attendees, "remindMinutesBefore": 15}
    appointment = made(api.post(of(lead, "appointments"), body))
    assert appointment == body | {"id": Appointment.objects.get().pk, "leadId": lead.pk}
    bare = made(api.post(of(lead, "appointments"), GOOD["appointments"]))
    assert (bare["attendeeIds"], bare["remindMinutesBefore"]) == ([], None)


@every_kind
def test_what_is_made_is_what_a_fetch_and_the_list_return(kind, api, lead):
    CommentFactory()  # of another lead
    row = made(api.post(of(lead, kind), GOOD[kind]))
    assert api.get(one(kind, row)).json() == row
    assert api.get(of(lead, kind)).json() == {"next": None, "previous": None, "results": [row]}


@every_kind
def test_what_the_server_decides_cannot_be_sent(kind, api, lead, owner, teammate):
    other = LeadFactory()
    decided = {"id": NOBODY, "leadId": other.pk, "authorId": teammate.pk, "byId": teammate.pk}
    row = made(api.post(of(lead, kind), GOOD[kind] | decided))
    changed = api.patch(one(kind, row), decided | {"createdById": teammate.pk}).json()
    assert changed == row
    stored = MODELS[kind].objects.get()
    assert (stored.lead, stored.created_by) == (lead, owner)


# Lists


@every_kind
def test_the_newest_comes_first_page_by_page(kind, api, lead):
    pks = [FACTORIES[kind](lead=lead).pk for _ in range(5)]
    FACTORIES[kind]()
    first = api.get(of(lead, kind), {"pageSize": 2}).json()
    second = api.get(first["next"]).json()
    third = api.get(second["next"]).json()
    found = [row["id"] for page in (first, second, third) for row in page["results"]]
    assert found == pks[::-1]
    assert third["next"] is None
    assert api.get(third["previous"]).json()["results"] == second["results"]


def test_interactions_are_listed_by_when_they_took_place(api, lead):
    early, late = (
        InteractionFactory(lead=lead, occurred_at=NOON + timedelta(hours=hours)).pk
        for hours in (0, 1)
    )
    middle = InteractionFactory(lead=lead, occurred_at=NOON + timedelta(minutes=30)).pk
    rows = api.get(of(lead, "interactions")).json()["results"]
    assert [row["id"] for row in rows] == [late, middle, early]


@every_kind
@pytest.mark.parametrize("count", [1, 30])
def test_a_list_takes_as_many_queries_for_one_as_for_many(
    kind, count, api, lead, owner, django_assert_num_queries
):
    for row in [FACTORIES[kind](lead=lead, created_by=owner) for _ in range(count)]:
        if kind == "appointments":
            Attendance.objects.create(appointment=row, user=owner)
    queries = 3 if kind == "appointments" else 2  # the lead, the rows, who attends
    with django_assert_num_queries(queries):
        assert len(api.get(of(lead, kind)).json()["results"]) == count


@every_kind
def test_making_one_takes_few_queries(kind, api, lead, django_assert_num_queries):
    # The lead; savepoint, hold of the lead, row, activity, event where people are told, release.
    # An interaction changes the score: what was logged, the lead, and the event.
    queries = {"comments": 7, "tasks": 6, "interactions": 9, "appointments": 7}
    with django_assert_num_queries(queries[kind]):
        made(api.post(of(lead, kind), GOOD[kind]))


# What is not there, and who is not signed in


@every_kind
def test_of_a_lead_that_is_not_there_is_a_404(kind, api, lead):
    for pk in (NOBODY, 0, 2**63, 2**64):
        address = f"/api/leads/{pk}/{kind}/"
        for response in (api.get(address), api.post(address, GOOD[kind])):
            assert (response.status_code, list(response.json())) == (404, ["detail"])
    assert api.post(of(lead, kind), GOOD[kind]).status_code == 201


@every_kind
def test_one_that_is_not_there_is_a_404(kind, api, lead):
    row = FACTORIES[kind](lead=lead)
    for pk in (NOBODY, 0, 2**63, 2**64):
        for method in (api.get, api.patch):
            response = method(f"/api/{kind}/{pk}/", {})
            assert (response.status_code, list(response.json())) == (404, ["detail"])
    assert api.get(one(kind, row)).status_code == 200


@every_kind
def test_who_is_not_signed_in_gets_a_401(kind, lead):
    row = FACTORIES[kind](lead=lead)
    nobody = APIClient()
    for response in (
        nobody.get(of(lead, kind)),
        nobody.post(of(lead, kind), GOOD[kind]),
        nobody.get(one(kind, row)),
        nobody.patch(one(kind, row), {}),
    ):
        assert response.status_code == 401
    assert MODELS[kind].objects.count() == 1


@every_kind
def test_what_was_deleted_meanwhile_does_not_come_back(kind, lead):
    row = FACTORIES[kind](lead=lead)
    lead.delete()
    row.title = row.body = "Changed"
    for late in (row.save, row.delete):
        with pytest.raises(ObjectDoesNotExist):
            late()
    with pytest.raises(Lead.DoesNotExist):
        FACTORIES[kind].build(lead=None, lead_id=NOBODY).save()
    assert not MODELS[kind].objects.exists()
    assert not Activity.objects.exists()


# Telling


def test_a_comment_tells_everybody_once(api, api_of, lead, owner, teammate, outsider, committing):
    with committing():
        made(api.post(of(lead, "comments"), {"body": "x" * 119 + "🔔!"}))
    for person in (owner, teammate):
        text = f"Olga Owner on John Doe: {'x' * 119}🔔"
        assert told(person, "comment_added") == [("New Comment", text)]
    row = api_of(teammate).get("/api/notifications/?type=comment_added").json()["results"][0]
    assert (row["url"], row["relatedLeadId"], row["actorId"]) == (
        f"/leads/{lead.pk}/",
        lead.pk,
        owner.pk,
    )
    assert told(outsider, "comment_added") == []


@pytest.mark.parametrize("direction", ["in", "out"])
@pytest.mark.parametrize(
    ("body", "subject"),
    [
        ("Your offer", "Your offer"),
        ("\r\n  Your offer \r\nDear John", "Your offer"),
        ("x" * 300, "x" * 200),
    ],
)
def test_an_e_mail_that_is_logged_is_told_by_its_subject(
    body, subject, direction, api, lead, owner, committing
):
    with committing():
        sent = {"kind": "email", "direction": direction, "body": body}
        made(api.post(of(lead, "interactions"), sent))
    assert told(owner, "email") == [("New Email", f"John Doe: {subject}")]


@pytest.mark.parametrize("kind", ["call", "meeting", "note"])
def test_other_interactions_ring_nowhere(kind, api, lead, owner, committing):
    with committing():
        made(api.post(of(lead, "interactions"), {"kind": kind, "body": "They agree"}))
        made(api.post(of(lead, "interactions"), {"kind": "email", "body": "They agree"}))
    rung = Notification.objects.filter(recipient=owner).exclude(type="lead_created")
    assert [row.type for row in rung if row.type != "score_updated"] == ["email"]


def test_an_appointment_is_told_when_it_is_made(api, lead, owner, committing):
    with committing():
        row = made(api.post(of(lead, "appointments"), GOOD["appointments"]))
        api.patch(one("appointments", row), {"title": "Long demo"})
    text = "Demo with John Doe at 2026-03-02 09:30 UTC"
    assert told(owner, "event") == [("Appointment", text)]


def test_a_task_is_told_when_it_is_completed_and_only_then(api, lead, owner, committing):
    with committing():
        row = made(api.post(of(lead, "tasks"), GOOD["tasks"]))
        api.patch(one("tasks", row), {"title": "Send it", "completed": False})
    assert told(owner, "task_completed") == []
    with committing():
        done = api.patch(one("tasks", row), {"completed": True})
    assert (done.status_code, done.json()["completedAt"] is None) == (200, False)
    assert told(owner, "task_completed") == [("Task Completed", "Send it completed for John Doe")]


@every_kind
def test_a_rollback_tells_nothing_and_leaves_nothing(kind, lead, owner, committing):
    before = Event.objects.count()
    with committing(), transaction.atomic():
        FACTORIES[kind](lead=lead, created_by=owner)
        transaction.set_rollback(True)
    assert Event.objects.count() == before
    assert not MODELS[kind].objects.exists()
    assert not Activity.objects.exists()
    with committing():
        FACTORIES[kind](lead=lead, created_by=owner)
    assert Activity.objects.count() == 1


def test_what_is_made_in_bulk_goes_through_the_same_door(lead, owner, committing):
    with committing():
        Comment.objects.bulk_create(CommentFactory.build_batch(2, lead=lead, created_by=owner))
    assert len(told(owner, "comment_added")) == Activity.objects.count() == 2


# Completing


def test_completing_again_changes_and_tells_nothing(api, lead, owner, committing):
    row = TaskFactory(lead=lead)
    with committing():
        first = api.patch(one("tasks", row), {"completed": True}).json()
    with committing():
        assert api.patch(one("tasks", row), {"completed": True}).json() == first
        stale = Task.objects.get(pk=row.pk)
        assert not stale.complete(by=owner)
    assert len(told(owner, "task_completed")) == 1
    assert Activity.objects.filter(kind="task_completed").count() == 1


def test_a_task_can_be_opened_again_and_completed_anew(api, lead, owner, committing):
    row = TaskFactory(lead=lead)
    with committing():
        for completed in (True, False, True):
            assert api.patch(one("tasks", row), {"completed": completed}).status_code == 200
    assert len(told(owner, "task_completed")) == 2
    kinds = [activity.kind for activity in Activity.objects.order_by("pk")]
    assert kinds == ["task_added", "task_completed", "task_reopened", "task_completed"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_many_who_complete_it_at_once_one_does(owner, at_once):
    row = TaskFactory()
    stale = [Task.objects.get(pk=row.pk) for _ in range(4)]
    assert sorted(at_once(*(lambda task=task: task.complete(owner) for task in stale))) == [
        *[False] * 3,
        True,
    ]
    assert len(told(owner, "task_completed")) == 1


# Changing


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("comments", {"body": "They do not."}),
        ("tasks", {"title": "Wait", "dueAt": "2026-04-01T09:00:00Z"}),
        ("tasks", {"dueAt": None}),
        ("interactions", {"body": "They do not.", "direction": "in"}),
        ("interactions", {"occurredAt": "2026-04-01T09:00:00Z", "kind": "call"}),
        ("appointments", {"title": "Lunch", "remindMinutesBefore": 0}),
        ("appointments", {"startsAt": "2026-03-02T08:00:00Z"}),
    ],
)
def test_a_patch_changes_what_it_names_and_nothing_else(kind, change, api, lead):
    row = made(api.post(of(lead, kind), GOOD[kind]))
    changed = api.patch(one(kind, row), change)
    assert changed.status_code == 200
    assert changed.json() == row | change == api.get(one(kind, row)).json()


def test_a_patch_that_changes_nothing_leaves_no_trace(api, lead):
    row = made(api.post(of(lead, "comments"), GOOD["comments"]))
    api.patch(one("comments", row), GOOD["comments"])
    assert Comment.objects.get().edited_at is None
    api.patch(one("comments", row), {"body": "Edited"})
    assert Comment.objects.get().edited_at is not None


def test_attendees_are_replaced_in_the_order_in_which_they_are_named(api, lead, owner, teammate):
    pks = [owner.pk, teammate.pk]
    row = made(api.post(of(lead, "appointments"), GOOD["appointments"] | {"attendeeIds": pks}))
    for attendees in (pks[::-1], pks[:1], [], pks):
        changed = api.patch(one("appointments", row), {"attendeeIds": attendees}).json()
        assert changed["attendeeIds"] == attendees
        assert api.get(one("appointments", row)).json() == changed
        assert api.get(of(lead, "appointments")).json()["results"] == [changed]


def test_somebody_who_left_stays_the_assignee_until_another_is_named(api, lead, outsider, owner):
    task = TaskFactory(lead=lead, assignee=outsider, created_by=owner)
    assert api.patch(one("tasks", task), {"title": "Later"}).json()["assigneeId"] == outsider.pk
    refused = api.patch(one("tasks", task), {"assigneeId": outsider.pk})
    assert (refused.status_code, list(refused.json())) == (400, ["assigneeId"])
    assert api.patch(one("tasks", task), {"assigneeId": None}).json()["assigneeId"] is None


@deletable
def test_deleting_takes_it_away_and_keeps_what_was_told(kind, api, lead, owner, committing):
    with committing():
        row = made(api.post(of(lead, kind), GOOD[kind]))
    before = Notification.objects.count()
    assert api.delete(one(kind, row)).status_code == 204
    assert api.get(of(lead, kind)).json()["results"] == []
    for again in (api.get, api.delete, api.patch):
        assert again(one(kind, row), {}).status_code == 404
    assert Notification.objects.count() == before


def test_a_task_is_not_deleted(api, lead):
    task = TaskFactory(lead=lead)
    response = api.delete(one("tasks", task))
    assert (response.status_code, list(response.json())) == (405, ["detail"])


def test_a_lead_takes_all_of_it_along_but_for_the_notifications(api, lead, owner, committing):
    with committing():
        for kind, body in GOOD.items():
            row = made(api.post(of(lead, kind), body))
        api.patch(one("appointments", row), {"attendeeIds": [owner.pk]})
    with committing():
        assert api.delete(f"/api/leads/{lead.pk}/").status_code == 204
    assert not any(model.objects.exists() for model in (*MODELS.values(), Activity, Attendance))
    kept = Notification.objects.filter(recipient=owner)
    kinds = {"lead_created", "comment_added", "event", "score_updated"}
    assert {row.type for row in kept} == kinds
    assert {row.related_lead_id for row in kept} == {None}


# Refusing


@pytest.mark.parametrize(
    ("kind", "wrong", "field"),
    [
        ("comments", {"body": ""}, "body"),
        ("comments", {"body": " \n\t"}, "body"),
        ("comments", {"body": "x" * 10_001}, "body"),
        ("tasks", {"title": ""}, "title"),
        ("tasks", {"title": "   "}, "title"),
        ("tasks", {"title": "two\nlines"}, "title"),
        ("tasks", {"title": "x" * 201}, "title"),
        ("tasks", {"dueAt": "tomorrow"}, "dueAt"),
        ("tasks", {"dueAt": 5}, "dueAt"),
        ("tasks", {"dueAt": "2026-02-30T12:00:00Z"}, "dueAt"),
        ("tasks", {"assigneeId": NOBODY}, "assigneeId"),
        ("tasks", {"assigneeId": True}, "assigneeId"),
        ("interactions", {"kind": "fax"}, "kind"),
        ("interactions", {"direction": "up"}, "direction"),
        ("interactions", {"body": " "}, "body"),
        ("interactions", {"occurredAt": None}, "occurredAt"),
        ("interactions", {"occurredAt": "0001-01-01T00:00:00+23:59"}, "occurredAt"),
        ("appointments", {"endsAt": "2026-03-02T09:30:00Z"}, "endsAt"),
        ("appointments", {"endsAt": "2026-03-01T10:00:00Z"}, "endsAt"),
        ("appointments", {"endsAt": None}, "endsAt"),
        ("appointments", {"startsAt": "9999-12-31T23:59:59-23:59"}, "startsAt"),
        ("appointments", {"title": ""}, "title"),
        ("appointments", {"remindMinutesBefore": -1}, "remindMinutesBefore"),
        ("appointments", {"remindMinutesBefore": 40_321}, "remindMinutesBefore"),
        ("appointments", {"remindMinutesBefore": 10**400}, "remindMinutesBefore"),
        ("appointments", {"remindMinutesBefore": 1.0}, "remindMinutesBefore"),
        ("appointments", {"remindMinutesBefore": "15"}, "remindMinutesBefore"),
        ("appointments", {"remindMinutesBefore": True}, "remindMinutesBefore"),
        *(
            ("appointments", {"attendeeIds": value}, "attendeeIds")
            for value in (None, 5, "1", {}, [0], [-1], [NOBODY], [2**64], [True], [None], ["1"],
                          [[1]], [1.0], list(range(1, 102)))
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_gets_a_400_that_names_the_field(kind, wrong, field, api, lead):
    for door in (api.post(of(lead, kind), GOOD[kind] | wrong), _patched(api, lead, kind, wrong)):
        assert door.status_code == 400, door.content[:300]
        assert list(door.json()) == [field]
        assert all(isinstance(text, str) for text in door.json()[field])


def _patched(api, lead, kind, wrong):
    row = made(api.post(of(lead, kind), GOOD[kind]))
    response = api.patch(one(kind, row), wrong)
    assert api.get(one(kind, row)).json() == row
    return response


@every_kind
def test_what_is_left_out_is_named(kind, api, lead):
    response = api.post(of(lead, kind), {})
    assert (response.status_code, set(response.json())) == (400, set(GOOD[kind]))
    assert not MODELS[kind].objects.exists()
    assert Event.objects.filter(related_lead=lead).count() == 1


def test_attendees_must_work_here(api, lead, owner, outsider):
    for attendees in ([outsider.pk], [owner.pk, outsider.pk]):
        body = GOOD["appointments"] | {"attendeeIds": attendees}
        response = api.post(of(lead, "appointments"), body)
        assert (response.status_code, list(response.json())) == (400, ["attendeeIds"])
    body = GOOD["appointments"] | {"attendeeIds": [owner.pk, owner.pk]}
    assert made(api.post(of(lead, "appointments"), body))["attendeeIds"] == [owner.pk]


def test_what_was_logged_keeps_its_kind(api, lead):
    row = made(api.post(of(lead, "interactions"), GOOD["interactions"]))
    response = api.patch(one("interactions", row), {"kind": "email"})
    assert (response.status_code, list(response.json())) == (400, ["kind"])


@pytest.mark.parametrize("completed", [1, 0, "true", None, [], {}])
def test_completed_is_true_or_false(completed, api, lead):
    task = TaskFactory(lead=lead)
    response = api.patch(one("tasks", task), {"completed": completed})
    assert (response.status_code, list(response.json())) == (400, ["completed"])
    assert Task.objects.get().completed_at is None


# Two at once


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@every_kind
def test_changing_while_the_lead_goes_waits_in_no_circle(kind, at_once, owner):
    for _ in range(5):
        lead = LeadFactory()
        rows = [FACTORIES[kind](lead=lead) for _ in range(3)]

        def change(row):
            row.title = row.body = "Changed"
            try:
                row.save(by=owner)
            except ObjectDoesNotExist:
                return "gone"
            return "changed"

        ends = at_once(lead.delete, *(lambda row=row: change(row) for row in rows))
        assert set(ends[1:]) <= {"gone", "changed"}
        assert not MODELS[kind].objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@every_kind
def test_making_while_the_lead_goes_is_a_404_or_goes_with_it(kind, at_once, api_of, owner):
    lead = LeadFactory()
    posts = [lambda: api_of(owner).post(of(lead, kind), GOOD[kind]) for _ in range(3)]
    answers = at_once(*posts, lambda: Lead.objects.get(pk=lead.pk).delete())[:3]
    assert {answer.status_code for answer in answers} <= {201, 404}
    assert not MODELS[kind].objects.exists()
    assert not connection.in_atomic_block
