"""The per-user sequence: in order, without gaps, and old state + changes = a fresh fetch."""

import contextlib
import random
import threading

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications.models import Inbox, Notification, PositionLost
from tests.factories import LeadFactory, UserFactory

pytestmark = pytest.mark.django_db


def tell(user, title="x", **fields):
    return Notification.objects.create(recipient=user, type="system", title=title, **fields)


def fresh(user):
    return {str(n.pk): n.as_json() for n in Notification.objects.visible_to(user)}


def caught_up(state, inbox, since, limit):
    """``state`` after all changes since its position, page by page as a client asks for them."""
    state, more = dict(state), True
    while more:
        page = inbox.changes(since, limit)
        assert page["seq"] > since or not page["hasMore"]
        state |= {each["id"]: each for each in page["changed"]}
        for gone in page["removed"]:
            state.pop(gone, None)
        since, more = page["seq"], page["hasMore"]
    assert since == inbox.seq
    return state


def assert_consistent(user):
    inbox = Inbox.objects.of(user)
    assert inbox.unread_count == Notification.objects.visible_to(user).unread().count()


actions = st.lists(
    st.tuples(
        st.sampled_from(
            ["tell", "tell many", "read", "unread", "delete", "all read", "lead", "snap"]
        ),
        st.integers(0, 30),
    ),
    max_size=25,
)


def act(user, action, number, leads):
    rows = list(Notification.objects.filter(recipient=user).order_by("arrival"))
    row = rows[number % len(rows)] if rows else None
    if action == "tell":
        lead = leads[number % len(leads)] if leads else None
        tell(user, related_lead=lead, url=lead.get_absolute_url() if lead else "")
    elif action == "tell many":
        made = [Notification(recipient=user, type="system", title="m") for _ in range(number % 5)]
        Notification.objects.bulk_create(made)
    elif action == "all read":
        Inbox.objects.of(user).mark_all_read()
    elif action == "lead" and leads:
        leads.pop().delete()
    elif action == "delete" and row:
        row.delete()
    elif action in ("read", "unread") and row and row.deleted_at is None:
        row.mark_read() if action == "read" else row.mark_unread()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=actions, limit=st.integers(1, 7))
def test_any_old_state_plus_changes_is_a_fresh_fetch(db, history, limit):
    user, leads = UserFactory(), LeadFactory.create_batch(2)
    snapshots = [(Inbox.objects.of(user).seq, fresh(user))]
    for action, number in history:
        act(user, action, number, leads)
        assert_consistent(user)
        if action == "snap":
            snapshots.append((Inbox.objects.of(user).seq, fresh(user)))

    inbox, now = Inbox.objects.of(user), fresh(user)
    for since, state in snapshots:
        assert caught_up(state, inbox, since, limit) == now


def test_every_change_takes_the_next_number(owner):
    first, second = tell(owner), tell(owner)
    first.mark_read()
    first.mark_read()
    first.mark_unread()
    second.delete()
    second.delete()

    assert (first.arrival, first.seq, second.seq) == (1, 4, 5)
    inbox = Inbox.objects.of(owner)
    assert (inbox.seq, inbox.unread_count) == (5, 1)


def test_marking_all_takes_one_number_and_marking_none_takes_none(owner):
    for _ in range(3):
        tell(owner)

    assert Inbox.objects.of(owner).mark_all_read() == 3
    assert Inbox.objects.of(owner).seq == 4
    assert Inbox.objects.of(owner).mark_all_read() == 0
    assert Inbox.objects.of(owner).seq == 4


def test_marking_very_many_stays_within_pages(owner, monkeypatch):
    monkeypatch.setattr("notifications.models.inbox.PAGE", 4)
    Notification.objects.bulk_create(
        [Notification(recipient=owner, type="system", title="x") for _ in range(10)]
    )

    assert Inbox.objects.of(owner).mark_all_read() == 10
    inbox = Inbox.objects.of(owner)
    assert (inbox.seq, inbox.unread_count) == (13, 0)
    assert len(inbox.changes(10, limit=1)["changed"]) == 4
    assert caught_up({}, inbox, 0, limit=1) == fresh(owner)


def test_a_position_that_is_not_kept_or_was_never_reached_is_lost(owner):
    tell(owner)
    Inbox.objects.filter(user=owner).update(kept_since=1)
    inbox = Inbox.objects.of(owner)

    assert inbox.changes(1)["changed"] == []
    for since in (0, 2):
        with pytest.raises(PositionLost):
            inbox.changes(since)


@pytest.mark.parametrize(("limit", "numbers"), [(500, [3, 3]), (1, [3, 3])])
def test_a_page_is_of_one_moment_though_all_is_marked_while_it_is_read(owner, limit, numbers):
    """Marking all tells nothing of what the rows are: who has its number must have them."""
    tell(owner), tell(owner)
    inbox = Inbox.objects.of(owner)
    inbox.mark_all_read()

    page = inbox.changes(0, limit)
    assert ([each["seq"] for each in page["changed"]], page["seq"]) == (numbers, 3)
    assert (page["unreadCount"], page["hasMore"]) == (0, False)


def test_a_number_that_changes_while_its_many_rows_are_read_is_read_anew(owner, monkeypatch):
    tell(owner), tell(owner)
    inbox = Inbox.objects.of(owner)
    inbox.mark_all_read()  # 3, of two rows
    read, rows = Inbox._read, list(Notification.objects.filter(recipient=owner))

    def read_after_a_change(inbox, after, **bounds):
        if "upto" in bounds and rows:
            rows.pop().mark_unread(), rows.pop().mark_unread()  # 4 and 5
        return read(inbox, after, **bounds)

    monkeypatch.setattr(Inbox, "_read", read_after_a_change)
    page = inbox.changes(0, limit=1)
    assert ([each["seq"] for each in page["changed"]], page["seq"]) == ([4], 4)
    assert page["hasMore"]


def test_what_leaves_while_an_empty_page_is_read_is_not_passed_over(owner):
    told = tell(owner)
    inbox = Inbox.objects.of(owner)
    Inbox.objects.filter(user=owner).update(kept_since=1)
    Notification.objects.forget([told.pk])

    with pytest.raises(PositionLost):
        inbox.changes(0)
    assert (inbox.seq, inbox.unread_count) == (1, 1)


def test_changes_need_no_inbox_that_was_read_nor_stored(owner, teammate):
    tell(owner)
    known, unknown = Inbox(pk=owner.pk), Inbox(pk=teammate.pk)

    assert [each["seq"] for each in known.changes(0)["changed"]] == [1]
    assert unknown.changes(0)["changed"] == []
    assert (known.seq, unknown.seq) == (1, 0)
    with pytest.raises(PositionLost):
        unknown.changes(1)


def test_an_edit_of_a_stored_notification_is_a_change_too(owner):
    told = tell(owner)
    told.title = "Corrected"
    told.save()

    assert told.seq == 2
    assert Inbox.objects.of(owner).changes(1)["changed"][0]["title"] == "Corrected"


def test_deleting_a_queryset_leaves_tombstones(owner):
    tell(owner), tell(owner)
    Notification.objects.filter(recipient=owner).delete()

    inbox = Inbox.objects.of(owner)
    assert (inbox.unread_count, len(inbox.changes(0)["removed"])) == (0, 2)


def test_a_receipt_never_goes_back_and_never_passes_the_sequence(owner):
    for _ in range(3):
        tell(owner)
    for seq in (2, 1, 99):
        Inbox.objects.of(owner).acknowledge(seq)

    assert Inbox.objects.of(owner).delivered_seq == 2


WRITES = ["tell", "read", "unread", "delete", "all read"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_under_concurrent_writers_numbers_become_visible_in_order_without_gaps():
    user = UserFactory()
    Inbox.objects.of(user)
    failures, running = [], threading.Event()
    running.set()

    def write(seed):
        chance = random.Random(seed)
        try:
            for _ in range(25):
                with contextlib.suppress(Notification.DoesNotExist):  # deleted by another writer
                    act(user, chance.choice(WRITES), seed, [])
        except Exception as problem:
            failures.append(problem)
        finally:
            connection.close()

    def read():
        """A client that only ever asks for what is after its position."""
        state, position = {}, 0
        try:
            while running.is_set():
                inbox = Inbox.objects.of(user)
                page = inbox.changes(position)
                state |= {each["id"]: each for each in page["changed"]}
                for gone in page["removed"]:
                    state.pop(gone, None)
                position = page["seq"]
            inbox = Inbox.objects.of(user)
            if caught_up(state, inbox, position, 500) != fresh(user):
                failures.append("a reader missed something")
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(6)]
    reader = threading.Thread(target=read)
    for thread in [*writers, reader]:
        thread.start()
    for thread in writers:
        thread.join()
    running.clear()
    reader.join()

    assert failures == []
    assert_consistent(user)
    arrivals = Notification.objects.filter(recipient=user).values_list("arrival", flat=True)
    assert len(set(arrivals)) == len(arrivals) > 20
