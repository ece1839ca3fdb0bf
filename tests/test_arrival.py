"""Arrival in sets and arrival row by row store, number and push the same."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from crm.models import User
from notifications import frames, realtime
from notifications.models import Event, Inbox, Notification, arrival
from notifications.models.event import recipients
from tests.factories import LeadFactory, UserFactory
from tests.waiting import somebody_waits, until

AWKWARD = [
    "",
    "plain",
    'quotes " and \\ and \\" and "@" and "@@"',
    '"@',
    "@",
    "@@@",
    '@"@"@',
    "Zoë 北京 🎉 \u2028 \u2029 </script> &amp;",
    "%s %(seq)s {seq} {0} $1 \n\t\x01",
    '{"id":"@","seq":"@"}',
]

WAYS = [
    pytest.param(arrival.InSets, id="in sets", marks=pytest.mark.postgres),
    pytest.param(arrival.ByRows, id="by rows"),
]


@pytest.fixture(params=WAYS)
def way(request, db, monkeypatch):
    """Each test runs both ways; on SQLite there is one."""
    monkeypatch.setattr(arrival, "way", lambda: request.param)
    return request.param


@pytest.fixture
def pushed(monkeypatch):
    pushes = []
    monkeypatch.setattr(realtime, "publish", lambda batch, then=None: pushes.extend(batch))
    return pushes


def of(user):
    return Notification.objects.filter(recipient=user).order_by("arrival")


def events(*texts, **fields):
    rows = [Event(kind="system", title=text, message=text, **fields) for text in texts]
    return Event.objects.bulk_create(rows)


@pytest.mark.parametrize("frame", [frames.created, frames.updated])
@pytest.mark.parametrize("text", AWKWARD)
def test_a_frame_filled_in_is_the_frame(frame, text):
    row = Notification(type="system", title=text, message=text, url=text, seq=3)
    row.created_at = row.updated_at = timezone.now()
    for read_at, lead_id, actor_id in ((None, None, None), (timezone.now(), 5, 9)):
        row.read_at, row.related_lead_id, row.actor_id = read_at, lead_id, actor_id
        fill = frames.for_each(frame, row.as_json())
        for text_of_pk in arrival.new_ids(3):
            row.pk, row.seq = UUID(text_of_pk), row.seq + 10**12
            assert fill(row.seq, 2**31, text_of_pk) == frame(row.seq, 2**31, row.as_json())


def test_ids_are_of_version_7_in_the_order_of_time_and_never_the_same():
    with time_machine.travel(0.75, tick=False) as clock:
        early = arrival.new_ids(1000)
        clock.shift(timedelta(milliseconds=1))
        late = arrival.new_ids(1000)

    assert len({*early, *late}) == 2000
    assert max(early) < min(late)
    assert all((UUID(pk).version, str(UUID(pk))) == (7, pk) for pk in early + late)
    assert UUID(early[0]).int >> 80 == 750
    assert arrival.new_ids(0) == []


def test_what_is_stored_is_what_is_pushed(way, committing, owner, teammate, outsider, pushed):
    lead = LeadFactory(created_by=owner)
    with committing():
        Event.objects.update(fanned_out_at=None)
        events(*AWKWARD, actor=teammate, related_lead=lead, url="/leads/1/")
        events("without a lead", url="/somewhere/")
    assert Event.objects.filter(fanned_out_at=None).count() == 0

    for user in (owner, teammate):
        texts = [push.text for push in pushed if push.user_id == user.pk]
        assert texts.pop(0) == lead.live_frame("add")
        rows = list(of(user))
        assert [row.title for row in rows[1:-1]] == AWKWARD
        assert {(row.related_lead_id, row.url) for row in rows[1:-1]} == {(lead.pk, "/leads/1/")}
        assert (rows[-1].related_lead_id, rows[-1].url, rows[-1].actor_id) == (
            None,
            "/somewhere/",
            None,
        )
        assert [row.seq for row in rows] == [row.arrival for row in rows] == list(range(1, 13))
        assert texts == [frames.created(row.seq, row.seq, row.as_json()) for row in rows]
        inbox = Inbox.objects.get(user=user)
        assert (inbox.seq, inbox.unread_count) == (12, 12)
    assert not of(outsider).exists()


def test_all_columns_are_as_save_would_store_them(way, committing, owner):
    lead = LeadFactory(created_by=owner)
    with time_machine.travel(timezone.now(), tick=False), committing():
        Event.objects.fan_out()
        saved = Event.objects.get().notification_for(UserFactory().pk)
        saved.save()
    told, own = of(owner).get(), {"id", "recipient_id"}

    assert told.related_lead == lead
    for field in Notification._meta.concrete_fields:
        if field.attname not in own:
            assert getattr(told, field.attname) == getattr(saved, field.attname), field.attname
    assert Event.objects.get().fanned_out_at == told.created_at


def test_pushes_go_event_by_event_with_what_is_live_ahead(way, committing, owner, teammate, pushed):
    with committing():
        LeadFactory.create_batch(2)

    order = [(push.user_id, push.seq, push.text.split('"')[3]) for push in pushed]
    users = [owner.pk, teammate.pk]
    assert order == [
        *[(user, 0, "lead:created") for _ in range(2) for user in users],
        *[(user, seq, "notification:created") for seq in (1, 2) for user in users],
    ]
    ids = [UUID(push.notification_id) for push in pushed if push.seq]
    assert ids == [of(user).get(seq=seq).pk for seq in (1, 2) for user in (owner, teammate)]


def test_numbers_go_on_from_where_each_inbox_stands(way, committing, owner, teammate, pushed):
    Inbox.objects.filter(user=owner).delete()
    with committing():
        Notification.objects.create(recipient=owner, type="system", title="x").mark_read()
        Notification.objects.create(recipient=owner, type="system", title="x")
    del pushed[:]
    with committing():
        events("a", "b")

    assert [push.seq for push in pushed] == [4, 1, 5, 2]
    assert ['"unreadCount":2,' in push.text for push in pushed] == [True, False, False, True]
    for user, expected in ((owner, (5, 3)), (teammate, (2, 2))):
        inbox = Inbox.objects.get(user=user)
        assert (inbox.seq, inbox.unread_count) == expected


def test_who_joined_since_the_event_is_told_and_who_left_is_not(way, owner, teammate):
    events("x")
    User.objects.filter(pk=teammate.pk).update(is_active=False)
    User.objects.bulk_create([User(email=f"new{n}@example.com") for n in range(3)])

    assert Event.objects.fan_out() == 1
    assert not of(teammate).exists()
    assert Notification.objects.count() == 4
    assert Inbox.objects.filter(user__email__startswith="new", unread_count=1, seq=1).count() == 3


def test_an_event_that_concerns_nobody_is_done(way, outsider, pushed):
    events("x", "y")

    assert Event.objects.fan_out() == 2
    assert Event.objects.fan_out() == 0
    assert Notification.objects.count() == 0


def test_a_batch_in_which_some_lost_their_lead_is_right(way, committing, owner, pushed):
    kept, lost = LeadFactory.create_batch(2)
    lost.delete()
    with committing():
        assert Event.objects.fan_out() == 2

    first, second = of(owner)
    assert (first.related_lead_id, first.url) == (kept.pk, f"/leads/{kept.pk}/")
    assert (second.related_lead_id, second.url) == (None, "")
    assert [push.seq for push in pushed] == [0, 1, 2]


def test_an_event_that_was_delivered_before_is_not_delivered_again(way, owner, teammate):
    events("x")
    Event.objects.fan_out()
    Event.objects.update(fanned_out_at=None)  # as no transaction of ours leaves it

    assert Event.objects.fan_out() == 1
    assert Event.objects.get().error.startswith("IntegrityError")
    assert Inbox.objects.get(user=owner).seq == Inbox.objects.get(user=owner).unread_count == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_inboxes_that_two_make_at_once_are_made_once_and_nobody_waits_in_a_circle(way):
    User.objects.bulk_create([User(email=f"new{n}@example.com") for n in range(30)])
    held, failures = [], []

    def hold():
        try:
            for _ in range(5):
                with transaction.atomic():
                    held.append(len(arrival.lock(recipients)))
        except Exception as problem:
            failures.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=hold) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert held == [30] * 20


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_claim_that_waits_for_a_lead_sees_what_happened_meanwhile(way, owner, monkeypatch):
    monkeypatch.setattr("notifications.models.event.fan_out.wake", lambda: None)
    delivered, deleted, kept = (LeadFactory(first_name=name) for name in "abc")
    counts = []

    def fan_out():
        try:
            counts.append(Event.objects.fan_out())
        finally:
            connection.close()

    thread = threading.Thread(target=fan_out)
    with transaction.atomic():
        deleted.delete()
        thread.start()
        until(somebody_waits)
        Event.objects.filter(related_lead=delivered).update(fanned_out_at=timezone.now())
    thread.join()

    assert counts == [2]
    told = of(owner).values_list("message", "related_lead_id", "url")
    assert list(told) == [
        ("b Doe added to pipeline", None, ""),
        ("c Doe added to pipeline", kept.pk, f"/leads/{kept.pk}/"),
    ]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_what_is_committed_while_another_fan_out_is_at_it_is_left_to_that(owner, monkeypatch):
    monkeypatch.setattr("notifications.models.event.fan_out.wake", lambda: None)
    LeadFactory()
    counts, lock = [], arrival.InSets.lock

    def lock_while_others_come(recipients):
        def come():
            LeadFactory()
            counts.append(Event.objects.fan_out_batch())

        in_another_thread(come)
        return lock(recipients)

    monkeypatch.setattr(arrival.InSets, "lock", lock_while_others_come)
    assert Event.objects.fan_out_batch() == (1, True)
    assert counts == [(0, False)]
    monkeypatch.setattr(arrival.InSets, "lock", lock)
    assert Event.objects.fan_out_batch() == (1, False)
    assert of(owner).count() == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_claim_leaves_out_an_event_that_somebody_holds(way, owner, monkeypatch):
    monkeypatch.setattr("notifications.models.event.fan_out.wake", lambda: None)
    LeadFactory.create_batch(3)
    first, *others = Event.objects.order_by("pk")
    counts = []
    with transaction.atomic():
        list(Event.objects.filter(pk=first.pk).select_for_update())
        in_another_thread(lambda: counts.append(Event.objects.fan_out_batch()))
    assert counts == [(2, True)]
    assert [row.event for row in of(owner)] == others


def in_another_thread(act, *args):
    def run():
        try:
            act(*args)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def test_a_claim_takes_what_is_pending_and_nothing_else(way):
    now = timezone.now()
    rows = events(*"abcdefg")
    for row, fields in zip(
        rows,
        [
            {},
            {"fanned_out_at": now},
            {"parked_at": now},
            {"next_attempt_at": now + timedelta(minutes=1)},
            {"next_attempt_at": now - timedelta(minutes=1)},
            {"created_at": now - timedelta(minutes=1)},
        ],
        strict=False,
    ):
        Event.objects.filter(pk=row.pk).update(**fields)

    def claimed(events):
        with transaction.atomic():
            found, _ = arrival.claim(events, 50)
            assert [event.pk for event in found] == [event.pk for event in events.pending()]
            return [event.title for event in found]

    assert claimed(Event.objects.all()) == ["a", "e", "f", "g"]
    assert claimed(Event.objects.overdue()) == ["f"]
    assert claimed(Event.objects.filter(pk__in=[rows[1].pk, rows[4].pk])) == ["e"]


def test_a_batch_says_whether_there_may_be_more(way, owner, teammate, monkeypatch):
    monkeypatch.setattr("notifications.models.event.BATCH_EVENTS", 3)
    events(*"abcdefg")
    batches = [Event.objects.fan_out_batch() for _ in range(4)]
    assert batches == [(3, True), (3, True), (1, False), (0, False)]

    monkeypatch.setattr("notifications.models.event.BATCH_ROWS", 4)
    events(*"ab")
    assert Event.objects.fan_out_batch() == (2, False)
    events(*"abc")
    assert [Event.objects.fan_out_batch() for _ in range(2)] == [(2, True), (1, False)]


def test_a_claim_that_always_fails_is_not_tried_for_ever(way, owner, monkeypatch):
    events("x")
    monkeypatch.setattr(arrival, "claim", lambda *_: 1 / 0)

    assert [Event.objects.fan_out_batch() for _ in range(2)] == [(1, True), (0, False)]
    assert Event.objects.get().attempts == 1


def test_positions_are_in_the_order_of_user_ids(way):
    users = UserFactory.create_batch(5)
    for user in reversed(users[1:]):
        Inbox.objects.make([user.pk])
    with transaction.atomic():
        assert arrival.lock(lambda: User.objects.order_by("-pk")) == [
            (user.pk, 0, 0, {}) for user in users
        ]
