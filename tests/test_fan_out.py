"""A happening becomes exactly one notification for each active user, after its commit."""

import threading

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from crm.models import User
from leads.models import Lead
from notifications import realtime
from notifications.models import Event, Inbox, Notification, arrival
from tests.factories import LeadFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def pushed(monkeypatch):
    """What was handed to the push, in order."""
    pushes = []
    monkeypatch.setattr(realtime, "publish", lambda batch, then=None: pushes.extend(batch))
    return pushes


def of(user):
    return Notification.objects.filter(recipient=user)


def test_a_lead_rings_once_for_every_active_user_and_for_nobody_else(
    committing, owner, teammate, outsider
):
    with committing():
        lead = LeadFactory(company="ABC Company", created_by=owner)

    for user in (owner, teammate):
        told = of(user).get()
        assert told.type == "lead_created"
        assert told.title == "New Lead Created"
        assert told.message == "John Doe (ABC Company) added to pipeline"
        assert (told.related_lead, told.actor, told.url) == (lead, owner, f"/leads/{lead.pk}/")
    assert not of(outsider).exists()


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ({"first_name": "John", "last_name": "Doe"}, "John Doe added to pipeline"),
        ({"first_name": "", "last_name": "Doe"}, "Doe added to pipeline"),
        ({"first_name": "", "last_name": "", "company": "ABC"}, "ABC added to pipeline"),
        ({"company": "ABC"}, "John Doe (ABC) added to pipeline"),
    ],
)
def test_the_message_names_the_lead(committing, owner, names, text):
    with committing():
        LeadFactory(**names)

    assert of(owner).get().message == text


def test_bulk_created_leads_take_the_same_path(committing, owner, teammate):
    with committing():
        Lead.objects.bulk_create(LeadFactory.build_batch(3))

    assert Event.objects.filter(fanned_out_at=None).count() == 0
    assert [n.seq for n in of(owner).order_by("seq")] == [1, 2, 3]
    assert Inbox.objects.of(teammate).unread_count == 3


def test_a_changed_contact_rings_with_the_names_of_its_fields(committing, lead, owner):
    with committing():
        lead.email, lead.city, lead.stage = "new@example.org", "Oslo", "won"
        lead.save(by=owner)

    told = of(owner).get(type="contact")
    assert (told.title, told.message) == ("Contact Updated", "John Doe: email, city")
    assert told.actor == owner


def test_a_change_of_anything_else_rings_nowhere(committing, lead, owner):
    with committing():
        lead.stage = "won"
        lead.save(by=owner)

    assert not of(owner).filter(type="contact").exists()
    assert Lead.objects.get().stage == "won"


@pytest.mark.django_db(transaction=True)
def test_a_rollback_rings_nowhere_and_a_commit_does(owner, pushed):
    with transaction.atomic():
        LeadFactory()
        transaction.set_rollback(True)
    assert (Event.objects.count(), of(owner).count(), pushed) == (0, 0, [])

    with transaction.atomic():
        LeadFactory()
        assert pushed == []
    assert (Event.objects.count(), of(owner).count()) == (1, 1)
    assert len(pushed) == 2


@pytest.mark.django_db(transaction=True)
def test_what_is_pushed_is_stored_and_the_lead_comes_first(owner, monkeypatch):
    seen = []

    def publish(batch, then=None):
        assert not connection.in_atomic_block
        for push in batch:
            stored = Notification.objects.filter(pk=push.notification_id).first()
            seen.append((push.text.split('"')[3], stored and stored.as_json()))
            assert stored is None or str(stored.pk) in push.text

    monkeypatch.setattr(realtime, "publish", publish)
    LeadFactory()

    assert [kind for kind, _ in seen] == ["lead:created", "notification:created"]
    assert seen[1][1] == of(owner).get().as_json()


@pytest.mark.django_db(transaction=True)
@pytest.mark.failing_hooks
def test_when_the_fan_out_fails_the_lead_is_there_and_its_event_waits(owner, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(arrival, "lock", lambda *_: 1 / 0)
        lead = LeadFactory()
    assert Lead.objects.get() == lead
    event = Event.objects.get(fanned_out_at=None)
    assert (event.attempts, event.error) == (1, "ZeroDivisionError: division by zero")
    assert not of(owner).exists()
    assert Event.objects.fan_out() == 0  # it waits for its next attempt

    Event.objects.all().try_again()
    assert Event.objects.fan_out() == 1
    assert of(owner).count() == 1
    assert Event.objects.fan_out() == 0


def test_a_lead_deleted_before_the_fan_out_still_rings_but_without_a_link(owner):
    lead = LeadFactory()  # the test's transaction holds the hook back
    lead.delete()

    assert Event.objects.fan_out() == 1
    told = of(owner).get()
    assert told.message == "John Doe added to pipeline"
    assert (told.related_lead_id, told.url) == (None, "")


def test_a_deleted_lead_leaves_its_notifications_as_numbered_changes(
    committing, owner, teammate, pushed
):
    with committing():
        lead = LeadFactory()
    with committing():
        lead.delete()

    for user in (owner, teammate):
        told = of(user).get()
        assert (told.related_lead_id, told.url, told.seq, told.arrival) == (None, "", 2, 1)
        assert Inbox.objects.of(user).seq == 2
    kinds = [push.text.split('"')[3] for push in pushed]
    assert kinds.count("notification:updated") == 2
    assert kinds[-1] != "notification:updated"
    assert not Lead.objects.exists()


def test_a_lead_that_was_deleted_meanwhile_does_not_come_back(committing, lead, owner):
    stale = Lead.objects.get(pk=lead.pk)
    lead.delete()
    stale.company = "Changed"
    with pytest.raises(Lead.DoesNotExist):
        stale.save(by=owner)

    assert not Lead.objects.exists()


def test_deleting_a_queryset_of_leads_takes_the_same_path(committing, owner):
    with committing():
        LeadFactory.create_batch(2)
    with committing():
        Lead.objects.all().delete()

    assert set(of(owner).values_list("related_lead_id", "url")) == {(None, "")}
    assert Inbox.objects.of(owner).seq == 4


def test_a_user_who_has_no_inbox_yet_gets_one(committing, owner):
    User.objects.bulk_create([User(email="loaded@example.com")])
    with committing():
        LeadFactory()

    assert Inbox.objects.get(user__email="loaded@example.com").unread_count == 1


def test_a_notification_made_in_a_shell_is_numbered_and_pushed(committing, owner, pushed):
    with committing():
        made = Notification.objects.create(recipient=owner, type="system", title="Hello")

    assert (made.seq, Inbox.objects.of(owner).unread_count) == (1, 1)
    assert [push.notification_id for push in pushed] == [made.pk]


def test_notifications_made_in_bulk_go_through_the_same_door(committing, owner, teammate, pushed):
    rows = [
        Notification(recipient=user, type="system", title=str(number))
        for number in range(3)
        for user in (owner, teammate)
    ]
    with committing():
        Notification.objects.bulk_create(rows)

    assert [n.seq for n in of(owner).order_by("seq")] == [1, 2, 3]
    assert Inbox.objects.of(teammate).seq == 3
    assert len(pushed) == 6


def queries_of_one_lead(committing, users):
    UserFactory.create_batch(users - User.objects.count())
    Inbox.objects.lock(User.objects.all())  # the inboxes of newcomers are made once
    with CaptureQueriesContext(connection) as queries, committing():
        LeadFactory()
    assert Notification.objects.filter(event=Event.objects.last()).count() == users
    return len(queries)


@pytest.mark.postgres
def test_a_lead_takes_the_same_number_of_queries_for_1_10_and_100_users(committing, pushed):
    counts = [queries_of_one_lead(committing, users) for users in (1, 10, 100)]

    # lead, event; savepoint, claim, lock inboxes, store, release; what came meanwhile. (Noting the
    # push is one more for all batches of a quarter of a second.)
    assert counts == [8, 8, 8]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_racing_fan_outs_deliver_each_event_exactly_once(owner, teammate, monkeypatch):
    monkeypatch.setattr("notifications.models.event.fan_out.wake", lambda: None)
    monkeypatch.setattr("notifications.models.event.BATCH_EVENTS", 3)
    LeadFactory.create_batch(40)
    assert Event.objects.pending().count() == 40

    def drain():
        try:
            while Event.objects.pending().exists():
                Event.objects.fan_out()
        finally:
            connection.close()

    threads = [threading.Thread(target=drain) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for user in (owner, teammate):
        assert of(user).values("event").distinct().count() == 40
        assert sorted(of(user).values_list("seq", flat=True)) == list(range(1, 41))
        assert Inbox.objects.of(user).seq == Inbox.objects.of(user).unread_count == 40


@pytest.mark.django_db(transaction=True)
def test_many_users_split_a_batch_but_lose_nothing(owner, teammate, monkeypatch):
    monkeypatch.setattr("notifications.models.event.BATCH_ROWS", 4)
    Lead.objects.bulk_create(LeadFactory.build_batch(7))

    assert of(owner).count() == of(teammate).count() == 7
    assert not Event.objects.pending().exists()
