"""Two leads that are one: merged with everything of both, and given back as they were."""

import json
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.core.serializers import serialize
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads import policy, versions
from leads.models import (
    Activity,
    Appointment,
    Comment,
    Delivery,
    Following,
    Interaction,
    Lead,
    Merge,
    Origin,
    Tag,
    Task,
)
from leads.models.merge import FIELDS, NotUndone, belongings, both
from notifications import realtime
from notifications.models import Event, Inbox, Notification, parting
from tests.factories import (
    AppointmentFactory,
    CommentFactory,
    InteractionFactory,
    LeadFactory,
    TaskFactory,
)

pytestmark = pytest.mark.django_db

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
KINDS = (Comment, Interaction, Task, Appointment)


@pytest.fixture
def pushed(monkeypatch):
    """The frames that were published instead of sent: (user id, frame)."""
    frames = []

    def publish(pushes, then=None):
        frames.extend((push.user_id, json.loads(push.text)) for push in pushes)

    monkeypatch.setattr(realtime, "publish", publish)
    return frames


@pytest.fixture
def pair(owner):
    """The one that is kept, and the other."""
    old = timezone.now() - timedelta(days=3)
    kept = LeadFactory(first_name="Ada", email="ada@example.org", owner=owner, created_at=old)
    return kept, LeadFactory(first_name="Adah", email="ADA@example.org", phone="555 1234")


def fill(lead, by):
    """Something of each kind."""
    for factory in (CommentFactory, InteractionFactory, TaskFactory, AppointmentFactory):
        factory(lead=lead, created_by=by)


def tag(lead, created_by):
    return Tag.objects.create(lead=lead, name="demo")


def origin(lead, created_by):
    return Origin.objects.create(lead=lead, fields=[["Budget", "1000"]])


def merged(kept, other, names=(), by=None):
    """As the page does it."""
    with transaction.atomic():
        kept, other = both(kept.pk, other.pk)
        return Merge.objects.merge(kept, other, names, by=by or kept.owner)


def path_of(one, two):
    return f"/leads/{one.pk}/merge/{two.pk}/"


def sent(kept, other, **choices):
    """What the page of the two sends where nothing else is chosen than what is kept."""
    chosen = {"keep": kept.pk} | dict.fromkeys(FIELDS, kept.pk) | choices
    return chosen | {f"version-{lead.pk}": versions.version_of(lead) for lead in (kept, other)}


def text_of(response):
    return unescape(response.content.decode())


def state(*leads):
    """The leads and all that is theirs, as it is stored; notifications but for their numbers."""
    told = {"merged", "merge_undone"}
    found = {"leads": [row for lead in leads for row in Lead.objects.filter(pk=lead.pk).values()]}
    for row in found["leads"]:
        for name in ("updated_at", "score_told", "score_told_at", "score_due_at"):
            del row[name]
    for relation in belongings():
        if relation.related_model in (Merge, Event):
            continue
        rows = relation.related_model.objects.filter(lead__in=leads).order_by("pk")
        if relation.related_model is Activity:
            rows = rows.exclude(kind__in=told)
        found[relation.related_model.__name__] = serialize("json", rows)
    ids = [lead.pk for lead in leads]
    numbers = ("id", "recipient_id", "related_lead_id", "url", "read_at", "deleted_at", "message")
    rows = Notification.objects.filter(related_lead__in=ids).order_by("pk")
    found["notifications"] = list(rows.values(*numbers))
    events = Event.objects.filter(related_lead__in=ids).order_by("pk")
    found["events"] = list(events.values("pk", "related_lead_id", "url"))
    return found


# Merging


def test_whatever_belongs_to_a_lead_has_a_way_to_move():
    """One that points at a lead by a unique column, or many to many, would need its own word."""
    moved = {*KINDS, Activity, Event, Merge, Tag, Origin, Delivery}
    assert {relation.related_model for relation in belongings()} >= moved
    assert Following in {relation.related_model for relation in belongings()}  # it has its word
    for relation in belongings():
        assert relation.one_to_many, relation
        if relation.related_model is Following:
            continue
        unique = relation.related_model._meta.total_unique_constraints
        assert not any(relation.field.name in each.fields for each in unique), relation


def test_everything_of_both_is_the_kept_leads(pair, owner, teammate, committing):
    kept, other = pair
    with committing():
        fill(kept, owner)
        fill(other, teammate)
    Notification.objects.filter(recipient=owner).last().mark_read()
    ids = {kind: set(kind.objects.values_list("pk", flat=True)) for kind in KINDS}
    tales = set(Activity.objects.values_list("pk", flat=True))
    told = Notification.objects.count()
    with committing():
        merged(*pair)
    assert list(Lead.objects.all()) == [kept]
    for kind in KINDS:
        assert set(kind.objects.filter(lead=kept).values_list("pk", flat=True)) == ids[kind]
    assert tales < set(kept.activities.values_list("pk", flat=True))
    assert Notification.objects.filter(related_lead=kept, url=f"/leads/{kept.pk}/").count() == told
    assert Event.objects.exclude(related_lead=kept).count() == 0
    for inbox in Inbox.objects.all():
        assert inbox.unread_count == inbox.user.notifications.unread().count()


def test_the_timeline_keeps_what_was_not_chosen_and_who_did_it(pair, owner, teammate):
    kept, other = pair
    Lead.objects.filter(pk=other.pk).update(owner=teammate, stage="won", message="Call\nme")
    merged(*pair, names=["phone", "first_name"])
    entry = Activity.objects.get(kind="merged")
    assert entry.text == "Adah Doe\nOwner: Tom Teammate"
    assert entry.actor == owner
    lost = {change["field"]: change["from"] for change in entry.changes}
    assert lost == {
        "firstName": "Ada",
        "email": "ADA@example.org",
        "message": "Call\nme",
        "stage": "won",
        "ownerId": teammate.pk,
        "createdAt": lost["createdAt"],
    }
    kept.refresh_from_db()
    assert (kept.first_name, kept.phone, kept.email) == ("Adah", "555 1234", "ada@example.org")
    assert Merge.objects.get().entry == entry


def test_a_chosen_stage_is_as_old_as_it_was(pair):
    kept, other = pair
    other.stage = "won"
    other.save()
    other.refresh_from_db()
    merged(*pair, names=["stage"])
    kept.refresh_from_db()
    assert (kept.stage, kept.in_stage_since) == ("won", other.in_stage_since)
    Merge.objects.get().undo(by=kept.owner)
    kept.refresh_from_db()
    assert (kept.stage, kept.stage_changed_at) == ("new", None)


def test_clients_learn_of_it_by_number_and_nobody_hears_of_a_new_lead(
    pair, owner, pushed, committing
):
    with committing():
        _, other = pair[0], LeadFactory(first_name="Adah", created_by=owner)
    before = Inbox.objects.get(user=owner).seq
    unread = Inbox.objects.get(user=owner).unread_count
    told = Notification.objects.count()
    pushed.clear()
    with committing():
        row = merged(pair[0], other)
    mine = [frame for user_id, frame in pushed if user_id == owner.pk]
    assert [frame["type"] for frame in mine] == [
        "lead:updated",
        "notification:updated",
        "lead:deleted",
    ]
    note = mine[1]["notification"]
    assert (note["relatedLeadId"], note["url"]) == (pair[0].pk, f"/leads/{pair[0].pk}/")
    assert (mine[1]["seq"], mine[1]["unreadCount"]) == (before + 1, unread)
    assert mine[2]["id"] == other.pk
    page = Inbox.objects.of(owner).changes(before)
    assert page["changed"] == [note]
    pushed.clear()
    with committing():
        row.undo(by=owner)
    mine = [frame for user_id, frame in pushed if user_id == owner.pk]
    assert [frame["type"] for frame in mine] == [
        "lead:updated",
        "lead:created",
        "notification:updated",
    ]
    assert mine[1]["lead"]["id"] == other.pk
    assert mine[2]["notification"]["relatedLeadId"] == other.pk
    assert mine[2]["seq"] == before + 2
    assert Event.objects.filter(kind="lead_created", related_lead=other).count() == 1
    assert Notification.objects.count() == told


def test_an_event_that_nobody_told_yet_is_told_of_the_kept_lead_and_goes_back(pair, owner):
    kept, other = pair
    row = merged(*pair)
    while Event.objects.fan_out():
        pass
    told = Notification.objects.filter(recipient=owner)
    assert {note.related_lead_id for note in told} == {kept.pk}
    assert {note.url for note in told} == {f"/leads/{kept.pk}/"}
    row.undo(by=owner)
    assert {(note.message, note.related_lead_id) for note in told.filter(type="lead_created")} == {
        ("Ada Doe added to pipeline", kept.pk),
        ("Adah Doe added to pipeline", other.pk),
    }


WAYS = [
    pytest.param(parting.in_sets, id="in sets", marks=pytest.mark.postgres),
    pytest.param(parting.by_rows, id="by rows"),
]


@pytest.mark.parametrize("way", WAYS)
def test_notifications_are_handed_over_the_same_in_both_ways(
    way, pair, owner, teammate, committing, monkeypatch, pushed
):
    monkeypatch.setattr(parting, "way", lambda: way)
    kept, other = pair
    fields = {"type": "system", "title": "%s", "related_lead": other}
    with committing():
        rows = [
            Notification.objects.create(recipient=person, url=url, **fields)
            for person in (owner, teammate)
            for url in (f"/leads/{other.pk}/?entry=5", "/elsewhere/", f"/leads/{other.pk}0/")
        ]
    rows[0].mark_read()
    rows[1].delete()
    pushed.clear()
    standing = {inbox.pk: (inbox.seq, inbox.unread_count) for inbox in Inbox.objects.all()}
    with committing(), transaction.atomic():
        paths = (f"/leads/{other.pk}/", f"/leads/{kept.pk}/")
        ids = Notification.objects.hand_over(other.pk, kept.pk, paths)
    assert set(ids) == {row.pk for row in rows} - {rows[1].pk}
    numbers = sorted((user, frame["seq"] - standing[user][0]) for user, frame in pushed)
    assert numbers == [(owner.pk, 1), (owner.pk, 2), *((teammate.pk, n) for n in (1, 2, 3))]
    for user, frame in pushed:
        row = Notification.objects.get(pk=frame["notification"]["id"])
        assert frame["notification"] == row.as_json()
        assert (row.recipient_id, row.related_lead_id, row.seq) == (user, kept.pk, frame["seq"])
        assert frame["unreadCount"] == standing[user][1]
    urls = {row.url for row in Notification.objects.filter(related_lead=kept, type="system")}
    assert urls == {f"/leads/{kept.pk}/?entry=5", "/elsewhere/", f"/leads/{other.pk}0/"}
    for inbox in Inbox.objects.all():
        last = inbox.user.notifications.order_by("seq").last()
        assert (inbox.seq, inbox.unread_count) == (last.seq, standing[inbox.pk][1])


# Undoing


choices = st.sets(st.sampled_from(FIELDS))
texts = st.text("ab", max_size=2)
leads = st.fixed_dictionaries(
    dict.fromkeys(["company", "city", "source", "message"], texts)
    | {"phone": st.sampled_from(["", "555 1234", "555 9999"])}
    | {"stage": st.sampled_from(Lead.Stage.values), "owned": st.booleans()}
)
things = st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=5)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(one=leads, two=leads, names=choices, things=things, swap=st.booleans(), read=st.booleans())
def test_a_merge_and_its_undo_leave_everything_as_it_was(
    one, two, names, things, swap, read, owner, committing
):
    factories = (CommentFactory, InteractionFactory, TaskFactory, AppointmentFactory, tag, origin)
    with committing():
        pair = []
        for number, fields in enumerate((one, two)):
            person = owner if fields.pop("owned") else None
            pair.append(LeadFactory(first_name=f"L{number}", owner=person, **fields))
            fields["owned"] = person is not None
        for kind, second in things:
            factories[kind](lead=pair[second], created_by=owner)
    if read:
        Notification.objects.filter(recipient=owner).last().mark_read()
    kept, other = reversed(pair) if swap else pair
    before = state(*pair)
    with committing():
        row = merged(kept, other, names, by=owner)
    assert not Lead.objects.filter(pk=other.pk).exists()
    with committing():
        row.undo(by=owner)
    after = state(*pair)
    for side in (before, after):  # that fields changed, there and back, is told too
        news = json.loads(side["Activity"])
        kinds = ("contact", "stage", "owner")
        side["Activity"] = [each for each in news if each["fields"]["kind"] not in kinds]
        rows = side["notifications"]
        side["notifications"] = [each for each in rows if ": " not in each["message"]]
        told = set(Event.objects.exclude(kind="contact").values_list("pk", flat=True))
        side["events"] = [each for each in side["events"] if each["pk"] in told]
    assert after == before


def test_a_score_that_a_merge_or_its_undo_changes_rings_for_nobody(pair, owner, committing):
    kept, other = pair
    Lead.objects.filter(pk=other.pk).update(source="Referral", company="ABC", job_title="Buyer")
    before = kept.score
    with committing():
        row = merged(kept, other, ["phone", "source", "company", "job_title"])
    kept.refresh_from_db()
    assert kept.score > before + 20
    with committing():
        row.undo(by=owner)
    kept.refresh_from_db()
    assert kept.score == before
    rung = Notification.objects.filter(type="score_updated")
    assert not rung.exists()
    with committing():
        kept.source = "Referral"
        kept.save(by=owner)
    assert rung.exists()


def test_the_row_comes_back_to_the_microsecond(pair, owner):
    other = Lead.objects.filter(pk=pair[1].pk).values().get()
    merged(*pair, names=["email"]).undo(by=owner)
    assert Lead.objects.filter(pk=pair[1].pk).values().get() == other


def test_what_came_meanwhile_stays_and_what_was_changed_meanwhile_is_left_alone(pair, owner):
    kept, other = pair
    fill(other, owner)
    row = merged(*pair, names=["phone", "first_name"])
    kept.refresh_from_db()
    kept.phone = "555 9999"
    kept.save(by=owner)
    later = CommentFactory(lead=kept, created_by=owner)
    moved = Comment.objects.exclude(pk=later.pk).get()
    moved.body = "Edited meanwhile"
    moved.save(by=owner)
    Task.objects.get().delete()
    row.undo(by=owner)
    kept.refresh_from_db()
    assert (kept.first_name, kept.phone) == ("Ada", "555 9999")
    assert list(kept.comments.all()) == [later]
    assert other.comments.get().body == "Edited meanwhile"
    assert [kind.objects.filter(lead=other).count() for kind in KINDS] == [1, 1, 0, 1]
    for lead in (kept, other):
        assert lead.activities.last().kind == "merge_undone"
    assert kept.activities.filter(kind="merged").exists()


def test_a_lead_is_never_left_without_a_way_to_answer(pair, owner):
    kept, other = pair
    row = merged(*pair, names=["phone", "first_name"])
    Lead.objects.filter(pk=kept.pk).update(email="")
    row.undo(by=owner)
    kept.refresh_from_db()
    assert (kept.phone, kept.email) == ("555 1234", "")
    assert Lead.objects.get(pk=other.pk).phone == "555 1234"


def test_who_does_not_work_here_any_more_owns_nothing_that_comes_back(pair, owner, teammate):
    _, other = pair
    Lead.objects.filter(pk=other.pk).update(owner=teammate)
    row = merged(*pair)
    teammate.delete()
    row.undo(by=owner)
    assert Lead.objects.get(pk=other.pk).owner is None


def test_it_is_undone_once_and_for_thirty_days(pair, owner):
    row = merged(*pair)
    with (
        time_machine.travel(row.at + Merge.UNDOABLE, tick=False),
        pytest.raises(NotUndone, match="30 days"),
    ):
        row.undo(by=owner)
    with time_machine.travel(row.at + Merge.UNDOABLE - timedelta(seconds=1), tick=False):
        row.undo(by=owner)
    with pytest.raises(NotUndone, match="already"):
        row.undo(by=owner)
    assert Lead.objects.count() == 2


def test_a_chain_is_undone_from_its_end(owner):
    a, b, c = (LeadFactory(first_name=name, owner=owner, phone="5") for name in "abc")
    for lead in (a, b, c):
        fill(lead, owner)
    before = state(a, b, c)
    first = merged(b, a, ["first_name"])
    second = merged(c, b, ["first_name"])
    assert Merge.objects.heir_of(a.pk) == Merge.objects.heir_of(b.pk) == c.pk
    assert Lead.objects.get().first_name == "a"
    with pytest.raises(NotUndone, match="itself merged"):
        first.undo(by=owner)
    assert Lead.objects.count() == 1
    second.undo(by=owner)
    assert (Merge.objects.heir_of(a.pk), Merge.objects.heir_of(b.pk)) == (b.pk, None)
    first.undo(by=owner)
    after = state(a, b, c)
    for side in (before, after):
        for key in ("Activity", "events"):  # the names changed to and fro
            del side[key]
    assert after == before


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_merges_into_one_lead_are_undone_in_any_order(owner, order):
    kept, a, b = (LeadFactory(first_name=name, stage=stage, owner=owner)
                  for name, stage in (("k", "new"), ("a", "won"), ("b", "lost")))  # fmt: skip
    rows = [merged(kept, other, ["first_name", "stage"]) for other in (a, b)]
    for place in order:
        rows[place].undo(by=owner)
    assert [Lead.objects.get(pk=each.pk).first_name for each in (kept, a, b)] == ["k", "a", "b"]
    kept.refresh_from_db()
    assert (kept.stage, kept.stage_changed_at) == ("new", None)


def test_a_lead_may_be_merged_again_after_an_undo(pair, owner):
    merged(*pair).undo(by=owner)
    row = merged(pair[1], pair[0], by=owner)
    assert list(Lead.objects.all()) == [pair[1]]
    assert Merge.objects.heir_of(pair[0].pk) == pair[1].pk
    row.undo(by=owner)
    assert Lead.objects.count() == 2


# The pages


def test_both_stand_side_by_side_with_a_sensible_choice(page, pair):
    kept, other = pair
    html = text_of(page.get(path_of(other, kept)))
    assert f'id="keep-{kept.pk}" name="keep" value="{kept.pk}" checked' in html
    assert f'id="phone-{other.pk}" name="phone" value="{other.pk}" checked' in html
    assert f'id="first_name-{other.pk}" name="first_name" value="{other.pk}" checked' in html
    assert f'id="email-{kept.pk}" name="email" value="{kept.pk}" checked' in html
    assert f'id="owner_id-{kept.pk}" name="owner_id" value="{kept.pk}" checked' in html
    assert 'name="last_name"' not in html
    assert "Olga Owner" in html
    assert html.index(f"keep-{kept.pk}") < html.index(f"keep-{other.pk}")
    assert Lead.objects.count() == 2


def test_merging_and_undoing_on_pages(page, pair):
    kept, other = pair
    response = page.post(path_of(other, kept), sent(*pair, phone=other.pk), follow=True)
    row = Merge.objects.get()
    assert response.redirect_chain == [(f"/leads/{kept.pk}/?merged={row.pk}", 302)]
    html = text_of(response)
    undo = f'action="/leads/{kept.pk}/merges/{row.pk}/undo/"'
    assert html.count(undo) == 2  # beside the message, and in the timeline
    assert text_of(page.get(f"/leads/{kept.pk}/")).count(undo) == 1
    assert "merged another lead into this one" in html
    assert '<del dir="auto">ADA@example.org</del>' in html
    response = page.post(f"/leads/{kept.pk}/merges/{row.pk}/undo/", follow=True)
    assert response.redirect_chain == [(f"/leads/{other.pk}/", 302)]
    assert "The merge was undone: Adah Doe is back." in text_of(response)
    assert "undid a merge" in text_of(response)
    assert undo not in text_of(page.get(f"/leads/{kept.pk}/?merged={row.pk}"))
    again = page.post(f"/leads/{kept.pk}/merges/{row.pk}/undo/", follow=True)
    assert "undone already" in text_of(again)
    assert Lead.objects.count() == 2


def test_the_other_one_may_be_kept(page, pair):
    kept, other = pair
    data = sent(*pair, keep=other.pk, phone=other.pk)
    assert page.post(path_of(*pair), data).status_code == 302
    assert Lead.objects.get() == other
    lead = Lead.objects.get()
    assert (lead.first_name, lead.phone, lead.owner) == ("Ada", "555 1234", kept.owner)


def test_who_saw_what_is_no_more_sees_both_as_they_are_and_keeps_the_choices(page, pair, manager):
    kept, other = pair
    data = sent(*pair, phone=kept.pk, first_name=other.pk)
    other.refresh_from_db()
    other.company = "New Company"
    other.save(by=manager)
    response = page.post(path_of(*pair), data)
    assert response.status_code == 409
    html = text_of(response)
    assert "Somebody changed one of them meanwhile" in html
    assert "New Company" in html
    assert f'id="first_name-{other.pk}" name="first_name" value="{other.pk}" checked' in html
    assert f'id="phone-{kept.pk}" name="phone" value="{kept.pk}" checked' in html
    assert versions.version_of(other) in html
    assert Lead.objects.count() == 2
    assert page.post(path_of(*pair), sent(*pair, company=other.pk)).status_code == 302
    assert Lead.objects.get().company == "New Company"


@pytest.mark.parametrize("bad", [{"phone": "7"}, {"keep": ""}, {"email": "x"}])
def test_what_is_no_choice_is_told_and_nothing_is_merged(page, pair, bad):
    response = page.post(path_of(*pair), sent(*pair) | bad)
    assert response.status_code == 200
    assert 'class="error"' in text_of(response)
    assert Lead.objects.count() == 2


def test_a_choice_that_leaves_no_way_to_answer_is_told(page, owner):
    one, two = LeadFactory(phone=""), LeadFactory(email="", phone="555 1234")
    response = page.post(path_of(one, two), sent(one, two, email=two.pk))
    assert "Give a way to answer" in text_of(response)
    assert Lead.objects.count() == 2


def test_a_lead_is_not_merged_with_itself_or_with_one_that_is_gone(page, pair):
    kept, other = pair
    gone = LeadFactory()
    pk = gone.pk
    gone.delete()
    assert page.get(path_of(kept, kept)).status_code == 404
    for method in (page.get, page.post):
        response = method(f"/leads/{kept.pk}/merge/{pk}/")
        assert response.status_code == 404
        assert "This lead is not here" in text_of(response)
    merged(*pair)
    for method in (page.get, page.post):
        for path in (path_of(*pair), path_of(other, kept)):
            response = method(path)
            assert "This lead was merged into another" in text_of(response)
            assert f"/leads/{kept.pk}/" in text_of(response)


def test_old_addresses_lead_to_the_kept_lead_and_forms_are_told(page, api, pair, manager):
    kept, other = pair
    comment = CommentFactory(lead=other)
    merged(*pair)
    old = f"/leads/{other.pk}/"
    entry = comment.activity.pk
    response = page.get(f"{old}?entry={entry}")
    assert (response.status_code, response["Location"]) == (302, f"/leads/{kept.pk}/?entry={entry}")
    assert page.get(f"{old}edit/")["Location"] == f"/leads/{kept.pk}/"
    for rest in ("delete/", "say/", "field/", "stage/"):
        response = page.post(f"{old}{rest}", {"kind": "comment", "body": "x", "stage": "won"})
        assert response.status_code == 404
        assert "merged into another" in text_of(response)
    assert Lead.objects.get().stage == "new"
    detail = {"detail": f"This lead was merged into lead {kept.pk}."}
    address = f"/api/leads/{other.pk}/"
    for answer in (
        api.get(address),
        api.patch(address, {"stage": "won"}),
        api.delete(address),
        api.get(f"{address}timeline/"),
        api.post(f"{address}comments/", {"body": "x"}),
    ):
        assert (answer.status_code, answer.json()) == (404, detail)
    assert "merged" not in api.get("/api/leads/987654/").json()["detail"]
    assert api.get(f"/api/comments/{comment.pk}/").json()["leadId"] == kept.pk


def test_who_may(pair, owner, teammate, manager, administrator, outsider):
    kept, other = pair
    theirs = LeadFactory(owner=teammate)
    for user, allowed in [(owner, False), (manager, True), (administrator, True)]:
        assert policy.may_merge(user, kept, theirs) == allowed
        assert policy.may_merge(user, theirs, kept) == allowed
        assert policy.may_merge(user, kept, other)
        browser = Client()
        browser.force_login(user, backend=MODEL_BACKEND)
        assert browser.get(path_of(kept, theirs)).status_code == (200 if allowed else 403)
    assert not policy.may_merge(outsider, kept, other)
    assert Client().post(path_of(*pair), sent(*pair))["Location"].startswith("/login/")
    row = merged(*pair)
    for user, allowed in [(teammate, False), (owner, True)]:
        browser = Client()
        browser.force_login(user, backend=MODEL_BACKEND)
        shown = "Undo merge" in text_of(browser.get(f"/leads/{kept.pk}/"))
        assert shown == allowed
        response = browser.post(f"/leads/{kept.pk}/merges/{row.pk}/undo/")
        assert response.status_code == (302 if allowed else 403)
        assert (Lead.objects.count() == 3) == allowed


def test_who_may_not_merges_nothing(page, pair, teammate):
    theirs = LeadFactory(owner=teammate)
    assert page.post(path_of(pair[0], theirs), sent(pair[0], theirs)).status_code == 403
    assert Lead.objects.count() == 3


def test_after_the_kept_lead_was_deleted_an_undo_says_so(page, pair):
    row = merged(*pair)
    pk, kept = row.pk, pair[0].pk
    Lead.objects.get().delete()
    response = page.post(f"/leads/{kept}/merges/{pk}/undo/")
    assert response.status_code == 404
    assert "It was deleted" in text_of(response)
    assert page.get(f"/leads/{pair[1].pk}/").status_code == 404


def test_the_page_of_two_takes_the_same_few_queries_whatever_they_have(page, pair, owner):
    def queries():
        with CaptureQueriesContext(connection) as found:
            assert page.get(path_of(*pair)).status_code == 200
        return len(found)

    before = queries()
    for lead in pair:
        for _ in range(5):
            fill(lead, owner)
    assert queries() == before <= 6


def test_receipts_name_everybody_once(pair, manager, committing):
    with committing():
        one, two = LeadFactory(owner=manager), LeadFactory(first_name="Jon", owner=manager)
    merged(one, two)
    browser = Client()
    browser.force_login(manager, backend=MODEL_BACKEND)
    html = text_of(browser.get(f"/leads/{one.pk}/"))
    everybody = Inbox.objects.count()
    assert f"of {everybody} reached" in html


# Races


@pytest.fixture
def tries(at_once):
    """``tries(*acts)``: what each did, or the name of what it raised."""

    def guarded(act):
        def run():
            try:
                return act()
            except (Lead.DoesNotExist, Comment.DoesNotExist, NotUndone) as problem:
                return type(problem).__name__

        return run

    return lambda *acts: at_once(*map(guarded, acts))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_who_merge_the_same_or_crosswise_one_wins(owner, tries):
    for round_ in range(6):
        one, two = LeadFactory(owner=owner), LeadFactory(owner=owner)
        fill(one, owner)
        fill(two, owner)
        first = (one, two)
        second = (two, one) if round_ % 2 else first
        found = tries(lambda f=first: merged(*f).pk, lambda s=second: merged(*s, by=owner).pk)
        assert sorted(isinstance(each, int) for each in found) == [False, True]
        assert "DoesNotExist" in found
        assert Lead.objects.count() == 1
        assert [kind.objects.filter(lead=Lead.objects.get()).count() for kind in KINDS] == [2] * 4
        Lead.objects.get().delete()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_merge_beside_a_deletion_a_comment_and_the_fan_out_loses_nothing(owner, tries):
    for round_ in range(6):
        one, two = LeadFactory(owner=owner), LeadFactory(owner=owner)
        comment = CommentFactory(lead=two, body="first")

        def edit(comment=comment):
            comment.body = "second"
            comment.save(by=owner)
            return "edited"

        acts = [
            lambda: merged(one, two).pk,  # noqa: B023
            lambda: CommentFactory(lead=Lead.objects.get(pk=two.pk)).pk,  # noqa: B023
            lambda: two.delete() and "deleted" if round_ % 2 else edit(),  # noqa: B023
            Event.objects.fan_out,
        ]
        found = tries(*acts)
        while Event.objects.fan_out():
            pass
        assert Event.objects.pending().count() == 0
        if isinstance(found[0], int):
            said = 1 + isinstance(found[1], int)
            assert Comment.objects.filter(lead=one).count() == said
            if not round_ % 2:
                assert found[2] == "edited"
                comment.refresh_from_db()
                assert comment.body == "second"
        for row in Notification.objects.filter(recipient=owner):
            assert row.url == (f"/leads/{row.related_lead_id}/" if row.related_lead_id else "")
            assert row.related_lead_id is None or Lead.objects.filter(pk=row.related_lead_id)
        for inbox in Inbox.objects.all():
            assert inbox.unread_count == inbox.user.notifications.unread().count()
        for lead in Lead.objects.all():
            lead.delete()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_who_undo_it_one_does_and_who_edits_meanwhile_is_not_lost(owner, tries):
    for _ in range(5):
        one, two = LeadFactory(owner=owner), LeadFactory(owner=owner)
        comment = CommentFactory(lead=two, body="first")
        row = merged(one, two)

        def edit(comment=comment):
            comment.body = "second"
            comment.save(by=owner)
            return "edited"

        found = tries(
            lambda row=row: row.undo(by=owner).pk, lambda row=row: row.undo(by=owner).pk, edit
        )
        assert sorted(map(str, found)) == sorted([str(two.pk), "NotUndone", "edited"])
        comment.refresh_from_db()
        assert (comment.body, comment.lead_id) == ("second", two.pk)


# The admin


def test_the_admin_undoes_and_rewrites_nothing(client, administrator, owner):
    a, b, c = (LeadFactory(first_name=name, owner=owner) for name in "abc")
    rows = [merged(b, a), merged(c, b)]
    client.force_login(administrator, backend=MODEL_BACKEND)
    data = {"action": "undo", "_selected_action": [row.pk for row in rows]}
    html = text_of(client.post("/admin/leads/merge/", data, follow=True))
    assert Lead.objects.count() == 3
    assert "A Doe: undone." in html
    assert Merge.objects.filter(undone_by=administrator).count() == 2
    html = text_of(client.post("/admin/leads/merge/", data, follow=True))
    assert "undone already" in html
    assert client.get("/admin/leads/merge/add/").status_code == 403
    assert client.post(f"/admin/leads/merge/{rows[0].pk}/delete/").status_code == 403
    merged(b, a)
    client.post(f"/admin/leads/lead/{b.pk}/delete/", {"post": "yes"})
    assert not Lead.objects.filter(pk=b.pk).exists()
