"""Old notifications leave, a batch at a time, and every client can tell."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from crm.jobs import JOBS
from notifications import retention
from notifications.models import ArchivedNotification, Inbox, Notification, PositionLost, Receipt
from tests.test_sequence import caught_up, fresh

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


def tell(user, count=1):
    rows = [Notification(recipient=user, type="system", title=str(n)) for n in range(count)]
    return Notification.objects.bulk_create(rows)


def work():
    """What the worker does, until nothing is left."""
    for job in JOBS:
        while job.work():
            pass


def test_read_notifications_leave_ninety_days_after_they_were_read(owner, clock):
    read, unread = tell(owner, 2)
    clock.shift(timedelta(days=50))
    read.mark_read()
    clock.shift(timedelta(days=90))
    assert retention.retire_read() == 0

    clock.shift(timedelta(seconds=1))
    assert retention.retire_read() == 1
    assert retention.retire_read() == 0
    assert set(fresh(owner)) == {str(unread.pk)}
    assert Inbox.objects.of(owner).unread_count == 1


def test_who_wants_an_archive_finds_them_there_and_who_does_not_does_not(
    client, owner, teammate, clock
):
    Inbox.objects.choose_archive(teammate, False)
    for user in (owner, teammate):
        tell(user, 2)
        Inbox.objects.of(user).mark_all_read()
    clock.shift(timedelta(days=91))
    work()

    assert not Notification.objects.filter(deleted_at=None).exists()
    assert list(ArchivedNotification.objects.values_list("recipient", "title")) == [
        (owner.pk, "0"),
        (owner.pk, "1"),
    ]
    client.force_login(owner, "django.contrib.auth.backends.ModelBackend")
    archive = client.get("/notifications/archive/")
    assert [row.title for row in archive.context["rows"]] == ["1", "0"]


def test_the_choice_is_on_the_settings_page(page, owner):
    assert "checked" in page.get("/settings/").content.decode()
    page.post("/notifications/keep/", {})
    assert Inbox.objects.of(owner).archives is False
    page.post("/notifications/keep/", {"archives": "on"})
    assert Inbox.objects.of(owner).archives is True


def test_a_client_that_was_connected_or_away_learns_what_left(owner, clock):
    tell(owner, 250)
    Inbox.objects.of(owner).mark_all_read()
    tell(owner, 3)
    state, position = fresh(owner), Inbox.objects.of(owner).seq
    clock.shift(timedelta(days=91))
    work()

    inbox = Inbox.objects.of(owner)
    assert inbox.seq == position + -(-250 // retention.BATCH)  # one number a batch
    assert caught_up(state, inbox, position, limit=500) == fresh(owner)
    assert len(fresh(owner)) == 3


def test_tombstones_leave_thirty_days_later_and_who_was_away_longer_starts_anew(api, owner, clock):
    first, second, kept = tell(owner, 3)
    first.delete()
    clock.shift(timedelta(days=20))
    second.delete()
    clock.shift(timedelta(days=11))
    work()

    inbox = Inbox.objects.of(owner)
    assert set(Notification.objects.values_list("pk", flat=True)) == {second.pk, kept.pk}
    assert inbox.kept_since == first.seq == 4
    with pytest.raises(PositionLost):
        inbox.changes(3)
    assert api.get("/api/notifications/changes/?since=3").status_code == 410
    assert inbox.changes(4)["removed"] == [str(second.pk)]
    assert caught_up({str(kept.pk): kept.as_json()}, inbox, 4, 10) == fresh(owner)


def test_old_receipts_leave_and_young_ones_stay(owner, clock):
    tell(owner, 2)
    Inbox.objects.of(owner).acknowledge(1)
    clock.shift(timedelta(days=121))
    Inbox.objects.of(owner).acknowledge(2)
    work()

    assert list(Receipt.objects.values_list("upto", flat=True)) == [2]


def test_a_batch_belongs_to_one_inbox_and_is_small(owner, teammate, clock):
    for user in (owner, teammate):
        tell(user, retention.BATCH + 5)
        Inbox.objects.of(user).mark_all_read()
    clock.shift(timedelta(days=91))

    batches = []
    while count := retention.retire_read():
        batches.append(count)
    assert sorted(batches) == [5, 5, retention.BATCH, retention.BATCH]
