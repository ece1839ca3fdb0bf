"""Receipts: when a notification was stored, pushed, delivered, seen and read, and who may know."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from notifications import realtime
from notifications.models import Event, Inbox, Notification, Receipt
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db


def receipts_of(user):
    return Notification.objects.filter(recipient=user).with_receipts().order_by("arrival")


def test_a_notification_knows_when_it_was_delivered_by_cumulative_receipts(committing, owner):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        began = timezone.now()
        with committing():
            LeadFactory.create_batch(3)
        clock.shift(10)
        Inbox.objects.of(owner).acknowledge(2)
        clock.shift(10)
        Inbox.objects.of(owner).acknowledge(3)

    waits = [row.delivered_at - began for row in receipts_of(owner)]
    assert waits == [timedelta(seconds=s) for s in (10, 10, 20)]
    assert {row.created_at for row in receipts_of(owner)} == {began}


def test_what_nobody_confirmed_is_not_delivered(committing, owner, teammate):
    with committing():
        LeadFactory()
    Inbox.objects.of(teammate).acknowledge(1)

    assert receipts_of(owner).get().delivered_at is None
    assert receipts_of(teammate).get().delivered_at is not None


def test_a_receipt_that_says_nothing_new_is_not_kept(committing, owner):
    with committing():
        LeadFactory()
    for seq in (1, 1, 0, 99):
        Inbox.objects.of(owner).acknowledge(seq)

    assert Receipt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_event_knows_when_its_notifications_went_out(owner, monkeypatch):
    lost = LeadFactory()  # by this process's first push, or by none
    Event.objects.update(pushed_at=None)
    monkeypatch.setattr(realtime.sender, "failures", 0)
    LeadFactory()
    assert Event.objects.exclude(related_lead=lost).get().pushed_at is not None
    assert receipts_of(owner).last().pushed_at is not None

    monkeypatch.setattr(realtime, "SEND_TIMEOUT", 0)
    monkeypatch.setattr(realtime.Sender.send, "__defaults__", (0,))
    LeadFactory()
    assert Event.objects.last().pushed_at is None


def test_what_was_on_show_was_seen_once_and_by_its_owner_only(committing, api_of, owner, teammate):
    with committing():
        LeadFactory()
    mine, his = receipts_of(owner).get(), receipts_of(teammate).get()
    body = {"ids": [str(mine.pk), str(his.pk)]}

    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert api_of(owner).post("/api/notifications/mark-seen/", body).json() == {"count": 1}
        seen = receipts_of(owner).get().seen_at
        clock.shift(60)
        assert api_of(owner).post("/api/notifications/mark-seen/", body).json() == {"count": 0}
    assert receipts_of(owner).get().seen_at == seen is not None
    assert receipts_of(teammate).get().seen_at is None
    assert Inbox.objects.of(owner).seq == 1


@pytest.mark.parametrize(
    "body", [{}, {"ids": "x"}, {"ids": ["x"]}, {"ids": [1]}, {"ids": [None]}, {"ids": ["\0"]}, []]
)
def test_a_bad_list_of_what_was_seen_gets_a_400(api, body):
    assert api.post("/api/notifications/mark-seen/", body).status_code == 400


def test_managers_see_on_the_lead_who_was_reached_and_reps_do_not(
    client, committing, owner, manager, teammate
):
    with committing():
        lead = LeadFactory()
    Inbox.objects.of(teammate).acknowledge(1)
    backend = "django.contrib.auth.backends.ModelBackend"

    client.force_login(manager, backend)
    page = client.get(lead.get_absolute_url()).content.decode()
    assert 'class="receipts"' in page
    assert "1 of 3 reached, 0 have seen it" in page
    assert "Tom Teammate" in page

    client.force_login(owner, backend)
    page = client.get(lead.get_absolute_url()).content.decode()
    assert 'class="receipts"' not in page
    assert "have seen it" not in page
