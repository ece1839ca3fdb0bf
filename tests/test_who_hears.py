"""Who gets a notification, and why: what each chose for a kind, who follows a lead, who muted it,
who is named."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.models import Following, Lead, Merge
from leads.models.lead import LeadQuerySet
from leads.models.merge import both
from notifications.kinds import Kind
from notifications.models import Event, Inbox, Notification, Preference, arrival
from notifications.models.arrival import ByRows, InSets
from tests.factories import (
    AppointmentFactory,
    CommentFactory,
    InteractionFactory,
    LeadFactory,
    TaskFactory,
    UserFactory,
)

WAYS = [
    pytest.param(InSets, id="in sets", marks=pytest.mark.postgres),
    pytest.param(ByRows, id="by rows"),
]
SOON = timedelta(hours=1)


@pytest.fixture(params=WAYS, autouse=True)
def way(request, db, monkeypatch):
    monkeypatch.setattr(arrival, "way", lambda: request.param)


@pytest.fixture
def lead(owner):
    return LeadFactory(owner=owner)


def wants(user, wanted, *kinds):
    Preference.objects.choose(user, dict.fromkeys(kinds, wanted))


def heard(user):
    """``{kind: reason}`` of what reached the user."""
    return dict(Notification.objects.filter(recipient=user).values_list("type", "reason"))


@pytest.fixture
def ring(committing):
    """Raises an event of a kind at a lead, and delivers it and what waits."""

    def ring(kind, lead=None, **fields):
        with committing():
            if lead:
                lead.announce(Kind(kind), "Something", None, **fields)
            else:
                Event.objects.create(kind=kind, title="Something")

    return ring


def test_everybody_hears_everything_until_they_choose_otherwise(ring, lead, owner, teammate):
    for kind in Kind:
        ring(kind, lead)

    assert set(heard(owner)) == set(heard(teammate)) == {kind.value for kind in Kind}
    assert Preference.objects.of(owner) == dict.fromkeys(Kind.values, "everything")


def test_nothing_is_nothing_and_of_that_kind_alone(ring, lead, owner, teammate):
    wants(teammate, "nothing", "email", "contact")
    for kind in Kind:
        ring(kind, lead)

    assert set(heard(teammate)) == {*Kind.values} - {"email", "contact"}
    assert set(heard(owner)) == {*Kind.values}


def test_what_is_chosen_can_be_chosen_again(ring, lead, owner):
    wants(owner, "nothing", "email", "contact")
    wants(owner, "everything", "email")
    ring("email", lead)
    ring("contact", lead)

    assert set(heard(owner)) - {"lead_created"} == {"email"}
    assert Preference.objects.of(owner)["contact"] == "nothing"


def test_numbers_stay_without_gaps_where_some_of_a_batch_do_not_reach_somebody(
    committing, owner, teammate
):
    wants(teammate, "nothing", "email")
    kinds = ["email", "contact", "email", "event", "email"]
    with committing():
        Event.objects.bulk_create([Event(kind=kind, title=kind) for kind in kinds])

    for user, expected in ((owner, kinds), (teammate, ["contact", "event"])):
        rows = Notification.objects.filter(recipient=user).order_by("seq")
        assert [row.type for row in rows] == expected
        assert [row.seq for row in rows] == [*range(1, len(expected) + 1)]
        inbox = Inbox.objects.get(user=user)
        assert (inbox.seq, inbox.unread_count) == (len(expected), len(expected))


def test_an_event_that_nobody_wants_is_done(ring, lead, owner, teammate):
    for user in (owner, teammate):
        wants(user, "nothing", "email")
    ring("email", lead)

    assert not Event.objects.pending().exists()
    assert not Notification.objects.filter(type="email").exists()


def by_owning(lead, user):
    Lead.objects.filter(pk=lead.pk).update(owner=user)


def by_a_task(lead, user):
    TaskFactory(lead=lead, assignee=user)


def by_an_appointment(lead, user):
    made = AppointmentFactory.build(lead=lead)
    made.attendee_ids = [user.pk]
    made.save()


def by_commenting(lead, user):
    CommentFactory(lead=lead, created_by=user)


def by_being_mentioned(lead, user):
    InteractionFactory(lead=lead, kind="note", body=f"Ask @{user.email}")


def by_choosing(lead, user):
    Following.objects.choose(lead, user, follows=True)


FOLLOWS = {
    "owner": by_owning,
    "assignee": by_a_task,
    "attendee": by_an_appointment,
    "commenter": by_commenting,
    "called": by_being_mentioned,
    "follower": by_choosing,
}


@pytest.mark.parametrize("reason", FOLLOWS)
def test_who_follows_hears_what_they_follow_and_learns_why(ring, lead, teammate, reason):
    wants(teammate, "followed", "score_updated")
    ring("score_updated", lead)
    assert "score_updated" not in heard(teammate)

    FOLLOWS[reason](lead, teammate)
    ring("score_updated", lead)
    assert heard(teammate)["score_updated"] == reason


@pytest.mark.parametrize("reason", FOLLOWS)
def test_who_unfollows_follows_no_more_whatever_they_did(ring, lead, teammate, reason):
    FOLLOWS[reason](lead, teammate)
    Following.objects.choose(lead, teammate, follows=False)
    wants(teammate, "followed", "score_updated")
    ring("score_updated", lead)
    assert "score_updated" not in heard(teammate)

    Following.objects.choose(lead, teammate, follows=None if reason != "follower" else True)
    ring("score_updated", lead)
    assert heard(teammate)["score_updated"] == reason


def test_of_several_reasons_the_first_is_told(ring, lead, teammate):
    for follow in FOLLOWS.values():
        follow(lead, teammate)
    ring("contact", lead)

    assert heard(teammate)["contact"] == "owner"


def test_a_lead_that_comes_is_followed_by_its_owner_alone(committing, owner, teammate):
    for user in (owner, teammate):
        wants(user, "followed", "lead_created")
    with committing():
        LeadFactory(owner=owner)

    assert heard(owner) == {"lead_created": "owner"}
    assert heard(teammate) == {}


def test_a_mute_holds_until_it_ends(ring, lead, owner, teammate):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        Following.objects.choose(lead, owner, muted_until=timezone.now() + SOON)
        ring("contact", lead)
        assert "contact" not in heard(owner)
        assert "contact" in heard(teammate)

        clock.shift(SOON)
        ring("contact", lead)
        assert heard(owner)["contact"] == "owner"


def test_a_mute_is_of_one_lead(ring, lead, owner):
    Following.objects.choose(lead, owner, muted_until=timezone.now() + SOON)
    ring("contact", LeadFactory())

    assert "contact" in heard(owner)


@pytest.mark.parametrize("how", ["nothing", "muted", "unfollowed"])
def test_a_mention_always_reaches(committing, lead, owner, teammate, how):
    wants(teammate, "nothing" if how == "nothing" else "followed", "comment_added", "email")
    if how == "muted":
        Following.objects.choose(lead, teammate, muted_until=timezone.now() + SOON)
    if how == "unfollowed":
        Following.objects.choose(lead, teammate, follows=False)
    with committing():
        CommentFactory(lead=lead, created_by=owner, body="Nothing for you")
        InteractionFactory(lead=lead, kind="email", body="Nor this")
    assert not {"comment_added", "email"} & set(heard(teammate))

    with committing():
        CommentFactory(lead=lead, created_by=owner, body=f"@{teammate.email} look")
        InteractionFactory(lead=lead, kind="email", body=f"For @{teammate.email}")
    assert heard(teammate)["comment_added"] == heard(teammate)["email"] == "mentioned"


def test_a_mention_where_nobody_is_told_reaches_whom_it_mentions_and_nobody_else(
    committing, lead, owner, teammate
):
    with committing():
        note = InteractionFactory(
            lead=lead, kind="note", created_by=owner, body=f"@{teammate.email} call them"
        )
    told = Notification.objects.get(recipient=teammate, type="comment_added")
    assert (told.title, told.reason, told.actor) == ("You Were Mentioned", "mentioned", owner)
    assert told.message == f"{owner} on John Doe: @{teammate.email} call them"
    assert "comment_added" not in heard(owner)

    third = UserFactory()
    wants(third, "nothing", "comment_added")
    with committing():
        note.body += f" with @{third.email}"
        note.save(by=owner)
    assert heard(third) == {"comment_added": "mentioned"}
    assert Notification.objects.filter(recipient=teammate, type="comment_added").count() == 1


def test_what_is_for_somebody_reaches_them_alone(ring, lead, owner, teammate, outsider):
    ring("event", lead, title="Task Due", to=[teammate.pk, outsider.pk])

    assert heard(teammate)["event"] == "addressed"
    assert "event" not in heard(owner)
    assert not heard(outsider)
    assert Notification.objects.get(type="event").title == "Task Due"


def test_who_muted_a_lead_does_not_hear_that_their_appointment_is_cancelled(
    committing, lead, owner, teammate
):
    for person in (owner, teammate):
        wants(person, "followed", "event")
    Following.objects.choose(lead, teammate, muted_until=timezone.now() + SOON)
    with committing():
        times = {"starts_at": timezone.now() + SOON, "ends_at": timezone.now() + 2 * SOON}
        meeting = AppointmentFactory(lead=lead, attendee_ids=[owner.pk, teammate.pk], **times)
        meeting.delete(by=owner)

    assert "event" not in heard(teammate)
    assert Notification.objects.filter(recipient=owner, title="Appointment Cancelled").exists()


@pytest.mark.parametrize(("wanted", "reaches"), [("followed", True), ("nothing", False)])
def test_what_is_for_somebody_is_something_they_follow(ring, lead, teammate, wanted, reaches):
    wants(teammate, wanted, "event")
    ring("event", lead, to=[teammate.pk])

    assert ("event" in heard(teammate)) is reaches


def test_an_event_without_a_lead_is_for_whom_it_is_raised(committing, owner, teammate):
    with committing():
        Event.objects.raise_for([owner.pk, owner.pk], kind="system", title="Hello")
        Event.objects.raise_for([], kind="system", title="Nobody")

    assert heard(owner) == {"system": "addressed"}
    assert heard(teammate) == {}
    assert not Event.objects.pending().exists()


def test_what_concerns_a_lead_that_was_deleted_is_followed_by_nobody(committing, owner, teammate):
    wants(owner, "followed", "contact")
    with committing():
        lead = LeadFactory(owner=owner)
        lead.announce(Kind.CONTACT, "Something", None)
        lead.delete()

    assert "contact" not in heard(owner)
    assert "contact" in heard(teammate)


@pytest.mark.postgres
def test_what_people_chose_takes_a_lead_no_further_query(committing, owner, teammate):
    def queries():
        with CaptureQueriesContext(connection) as found, committing():
            LeadFactory(owner=owner)
        return len(found)

    queries()  # inboxes are made once
    before = queries()
    wants(teammate, "followed", *set(Kind.values) - {"system"})
    wants(owner, "nothing", "email")
    assert queries() == before
    assert Notification.objects.filter(recipient=teammate).count() == 2


@pytest.mark.parametrize(
    "until", [datetime(2020, 1, 1, tzinfo=UTC), timezone.now() + timedelta(days=400)]
)
def test_a_mute_ends_within_a_year(lead, owner, until):
    row = Following(lead=lead, user=owner, muted_until=until)
    with pytest.raises(ValidationError, match="within the next year"):
        row.full_clean()


# The doors


def test_the_settings_show_what_one_hears_of_and_take_another_choice(page, ring, lead, owner):
    shown = page.get("/settings/").content.decode()
    assert shown.count('value="everything"') == shown.count("checked") - 1 == 8
    everything = dict.fromkeys(Kind.values, "everything")
    page.post("/notifications/hear/", everything | {"email": "nothing", "contact": "followed"})

    assert Preference.objects.of(owner) == everything | {"email": "nothing", "contact": "followed"}
    ring("email", lead)
    ring("contact", lead)
    assert heard(owner).keys() - {"lead_created"} == {"contact"}


@pytest.mark.parametrize(
    "sent", [{}, {"email": "loud"}, {"system": "followed"}, {"email": ""}, {"nonsense": "nothing"}]
)
def test_a_choice_that_is_none_changes_nothing_and_says_so(page, owner, sent):
    wants(owner, "nothing", "contact")
    everything = dict.fromkeys(Kind.values, "everything")
    complete = everything | sent if sent and set(sent) <= set(everything) else sent
    answer = page.post("/notifications/hear/", complete, follow=True).content.decode()

    assert "Nothing was changed." in answer
    assert Preference.objects.of(owner)["contact"] == "nothing"


def test_rest_tells_and_takes_what_one_hears_of(api_of, owner, teammate):
    api = api_of(owner)
    sent = [{"type": "email", "wants": "followed"}, {"type": "system", "wants": "nothing"}]
    answer = api.patch("/api/notifications/preferences/", sent, format="json")

    assert answer.status_code == 200
    told = {row["type"]: row["wants"] for row in answer.json()}
    expected = dict.fromkeys(Kind.values, "everything")
    assert told == expected | {"email": "followed", "system": "nothing"}
    assert api.get("/api/notifications/preferences/").json() == answer.json()
    assert Preference.objects.of(teammate) == expected


@pytest.mark.parametrize(
    "sent",
    [
        {},
        [1],
        [{"type": "email"}],
        [{"type": "mail", "wants": "nothing"}],
        [{"type": "email", "wants": "loud"}],
        [{"type": "email", "wants": "\ud800"}],
        [{"type": "\ud800", "wants": "nothing"}],
        [{"type": "system", "wants": "followed"}],
        [{"type": "email", "wants": "nothing"}] * 9,
    ],
)
def test_rest_refuses_what_nobody_can_hear(api_of, owner, sent):
    body = json.dumps(sent)  # which has half a character escaped
    answer = api_of(owner).generic(
        "PATCH", "/api/notifications/preferences/", body, content_type="application/json"
    )

    assert answer.status_code == 400
    assert not Preference.objects.exists()


def test_the_page_of_a_lead_says_whether_one_follows_it_and_why(page, lead, teammate, browser_as):
    assert "You own this lead" in page.get(f"/leads/{lead.pk}/").content.decode()
    theirs = browser_as(teammate)
    assert "You do not follow this lead." in theirs.get(f"/leads/{lead.pk}/").content.decode()

    theirs.post(f"/leads/{lead.pk}/follow/", {"follow": "on"})
    assert "You follow this lead" in theirs.get(f"/leads/{lead.pk}/").content.decode()
    theirs.post(f"/leads/{lead.pk}/follow/", {"follow": "off"})
    assert "You do not follow this lead." in theirs.get(f"/leads/{lead.pk}/").content.decode()


def test_a_lead_is_muted_and_unmuted_on_its_page(page, ring, lead, owner):
    page.post(f"/leads/{lead.pk}/follow/", {"mute": "day"})
    assert "Muted until" in page.get(f"/leads/{lead.pk}/").content.decode()
    ring("contact", lead)
    assert "contact" not in heard(owner)

    page.post(f"/leads/{lead.pk}/follow/", {"mute": "off"})
    ring("contact", lead)
    assert heard(owner)["contact"] == "owner"


@pytest.mark.parametrize("sent", [{}, {"follow": "maybe"}, {"mute": "century"}])
def test_what_is_no_choice_of_a_lead_is_answered_with_what_to_do(page, lead, sent):
    answer = page.post(f"/leads/{lead.pk}/follow/", sent, follow=True).content.decode()

    assert "Choose to follow" in answer
    assert not Following.objects.exists()


def test_rest_tells_and_takes_whether_one_follows_a_lead(api_of, lead, owner, teammate):
    path, api = f"/api/leads/{lead.pk}/following/", api_of(teammate)
    unknown = {"follows": False, "reason": "", "mutedUntil": None}
    assert api.get(path).json() == unknown
    until = (timezone.now() + SOON).replace(microsecond=0)
    sent = {"follows": True, "mutedUntil": until.isoformat()}
    told = {"follows": True, "reason": "follower", "mutedUntil": f"{until:%Y-%m-%dT%H:%M:%S}Z"}
    assert api.patch(path, sent, format="json").json() == told
    sent = {"follows": None, "mutedUntil": None}
    assert api.patch(path, sent, format="json").json() == unknown
    assert api_of(owner).get(path).json()["reason"] == "owner"


@pytest.mark.parametrize(
    "sent",
    [
        {},
        [],
        {"follows": "yes"},
        {"mutedUntil": "tomorrow"},
        {"mutedUntil": "2020-01-01T00:00:00Z"},
        {"mutedUntil": "9999-12-31T23:59:59Z"},
    ],
)
def test_rest_refuses_what_is_no_choice_of_a_lead(api_of, lead, owner, sent):
    answer = api_of(owner).patch(f"/api/leads/{lead.pk}/following/", sent, format="json")

    assert answer.status_code == 400
    assert not Following.objects.exists()


def test_nobody_follows_a_lead_that_is_deleted_while_they_ask(api_of, owner, lead, monkeypatch):
    held = LeadQuerySet.held

    def deleted_before(leads, pk):
        Lead.objects.get(pk=pk).delete()
        return held(leads, pk)

    monkeypatch.setattr(LeadQuerySet, "held", deleted_before)
    address = f"/api/leads/{lead.pk}/following/"
    assert api_of(owner).get(address).status_code == 200
    assert api_of(owner).patch(address, {"follows": True}, format="json").status_code == 404
    assert not Following.objects.exists()


def test_nobody_follows_a_lead_that_is_not_there(api_of, owner):
    answer = api_of(owner).patch("/api/leads/999/following/", {"follows": True}, format="json")
    assert answer.status_code == 404


def test_each_notification_says_why_it_came_and_where_to_change_that(page, ring, lead, owner):
    ring("contact", lead)
    Notification.objects.filter(recipient=owner, type="lead_created").update(reason="")
    for path in ("/notifications/", "/notifications/panel/"):
        shown = page.get(path).content.decode()
        assert "You own this lead" in shown
        assert "You hear everything of this kind" in shown
        assert 'href="/settings/#hear-contact"' in shown
    settings = page.get("/settings/").content.decode()
    assert all(f'id="hear-{kind}"' in settings for kind in Kind.values)


# Merging


def test_what_people_chose_of_two_leads_is_kept_by_a_merge_and_given_back(owner, teammate):
    kept, other = LeadFactory(), LeadFactory()
    third = UserFactory()
    Following.objects.choose(other, teammate, follows=True)
    Following.objects.choose(other, owner, follows=False)
    Following.objects.choose(kept, owner, follows=True)
    until = timezone.now() + SOON
    Following.objects.choose(other, third, muted_until=until)
    with transaction.atomic():
        merge = Merge.objects.merge(*both(kept.pk, other.pk), (), by=owner)
    chosen = Following.objects.values_list("lead", "user", "follows", "muted_until")
    together = {(teammate.pk, True, None), (owner.pk, True, None), (third.pk, None, until)}
    assert set(chosen.all()) == {(kept.pk, *row) for row in together}

    other = merge.undo(by=owner)
    assert set(chosen.all()) == {
        (kept.pk, owner.pk, True, None),
        (other.pk, owner.pk, False, None),
        (other.pk, teammate.pk, True, None),
        (other.pk, third.pk, None, until),
    }
