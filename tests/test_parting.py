"""A lead that goes leaves its notifications numbered and pushed the same, in sets and by rows."""

import pytest
import time_machine
from django.utils import timezone

from notifications import frames, realtime
from notifications.models import Inbox, Notification, parting
from tests.factories import LeadFactory

WAYS = [
    pytest.param(parting.in_sets, id="in sets", marks=pytest.mark.postgres),
    pytest.param(parting.by_rows, id="by rows"),
]


@pytest.fixture(params=WAYS)
def _way(request, db, monkeypatch):
    monkeypatch.setattr(parting, "way", lambda: request.param)


@pytest.fixture
def pushed(monkeypatch):
    pushes = []
    monkeypatch.setattr(realtime, "publish", lambda batch, then=None: pushes.extend(batch))
    return pushes


@pytest.mark.usefixtures("_way")
def test_each_takes_the_next_numbers_in_the_order_of_arrival(
    committing, owner, teammate, outsider, pushed
):
    with committing():
        lead, other = LeadFactory(created_by=teammate), LeadFactory(first_name="Other")
    with committing():
        lead.postal_code, lead.city = "555-0100", '"@" %s Zoë'
        lead.save(by=owner)
    mine = Notification.objects.filter(recipient=owner).order_by("arrival")
    with committing():
        mine[0].mark_read()
        Notification.objects.filter(recipient=teammate, related_lead=lead).last().delete()
        Notification.objects.create(recipient=owner, type="email", title="@", related_lead=lead)
    before = {row.pk: row for row in Notification.objects.all()}
    del pushed[:]
    with time_machine.travel(timezone.now(), tick=False), committing():
        lead.delete()
        now = timezone.now()

    changed = Notification.objects.filter(updated_at=now).order_by("arrival", "recipient_id")
    assert [(row.recipient_id, row.arrival, row.seq) for row in changed] == [
        (owner.pk, 1, 6),
        (teammate.pk, 1, 5),
        (owner.pk, 3, 7),
        (owner.pk, 5, 8),
    ]
    for row in changed:
        was = before.pop(row.pk)
        was.related_lead_id, was.url, was.seq, was.updated_at = None, "", row.seq, now
        assert row.__dict__ | {"_state": 0} == was.__dict__ | {"_state": 0}
    assert {row.title for row in before.values()} == {"New Lead Created", "Contact Updated"}
    assert Notification.objects.filter(related_lead=other).count() == 2
    unread = {user.pk: Inbox.objects.get(user=user).unread_count for user in (owner, teammate)}
    assert unread == {owner.pk: 3, teammate.pk: 2}
    assert [Inbox.objects.get(user=user).seq for user in (owner, teammate)] == [8, 5]
    texts = [push for push in pushed if push.seq]
    assert [(push.user_id, push.seq, push.notification_id, push.text) for push in texts] == [
        (
            row.recipient_id,
            row.seq,
            None,
            frames.updated(row.seq, unread[row.recipient_id], row.as_json()),
        )
        for row in changed
    ]


@pytest.mark.usefixtures("_way")
def test_a_lead_of_which_nobody_was_told_goes_silently(committing, owner, pushed):
    lead = LeadFactory()
    pk = lead.pk
    with committing():
        lead.delete()

    assert [push.text for push in pushed] == [f'{{"type":"lead:deleted","id":{pk}}}']
    assert Inbox.objects.of(owner).seq == 0
