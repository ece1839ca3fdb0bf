"""Whatever happens to a lead is told to open pages: once for each transaction, after it."""

import json
from contextlib import suppress

import pytest
from django.db import transaction

from leads import frames
from leads.models import Lead
from tests.factories import (
    AppointmentFactory,
    CommentFactory,
    InteractionFactory,
    LeadFactory,
    TaskFactory,
)

pytestmark = pytest.mark.django_db
FACTORIES = {
    "comment": CommentFactory,
    "interaction": InteractionFactory,
    "task": TaskFactory,
    "appointment": AppointmentFactory,
}
CHANGES = {
    "comment": {"body": "Changed"},
    "interaction": {"body": "Changed"},
    "task": {"title": "Changed"},
    "appointment": {"title": "Changed"},
}


@pytest.fixture
def told(monkeypatch):
    """The frames that were sent to everybody."""
    sent = []
    monkeypatch.setattr(frames, "send", lambda text: sent.append(json.loads(text)))
    return sent


def ids(told):
    found = [frame["lead"]["id"] for frame in told if frame["type"] == "lead:updated"]
    told.clear()
    return found


@pytest.mark.parametrize("thing", FACTORIES)
def test_what_is_added_changed_or_removed_tells_of_its_lead(thing, lead, told, committing):
    with committing():
        row = FACTORIES[thing](lead=lead)
        assert told == []
    assert ids(told) == [lead.pk]
    for name, value in CHANGES[thing].items():
        setattr(row, name, value)
    with committing():
        row.save()
    assert ids(told) == [lead.pk]
    with committing():
        row.save()  # nothing changed
    assert ids(told) == []
    with committing():
        row.delete()
    assert ids(told) == [lead.pk]


def test_much_that_happens_at_once_is_told_once_as_it_is_in_the_end(lead, told, committing, owner):
    other = LeadFactory()
    with committing(), transaction.atomic():
        CommentFactory(lead=lead)
        TaskFactory(lead=lead)
        row = Lead.objects.get(pk=lead.pk)
        row.stage = "won"
        row.save(by=owner)
        CommentFactory(lead=other)
    assert [frame["lead"]["stage"] for frame in told] == ["won", "new"]
    assert ids(told) == [lead.pk, other.pk]
    with committing():
        CommentFactory(lead=lead)
    assert [frame["lead"]["stage"] for frame in told] == ["won"]


def test_what_is_rolled_back_is_not_told_and_hides_nothing(lead, told, committing):
    with committing():
        try:
            with transaction.atomic():
                CommentFactory(lead=lead)
                raise ValueError
        except ValueError:
            pass
    assert ids(told) == []
    with committing(), transaction.atomic():
        try:
            with transaction.atomic():
                CommentFactory(lead=lead)
                raise ValueError
        except ValueError:
            pass
        TaskFactory(lead=lead)
    assert ids(told) == [lead.pk]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("again", [False, True])
def test_what_a_part_of_it_rolled_back_is_not_told(lead, told, owner, again):
    """Whether it was the same row in memory or not: that one still says it."""
    row = Lead.objects.get(pk=lead.pk)
    with transaction.atomic():
        row.stage = "contacted"
        row.save(by=owner)
        with suppress(ValueError), transaction.atomic():
            other = Lead.objects.get(pk=lead.pk) if again else row
            other.stage = "won"
            other.save(by=owner)
            raise ValueError
    assert [frame["lead"]["stage"] for frame in told] == ["contacted"]


@pytest.mark.django_db(transaction=True)
def test_where_nothing_was_rolled_back_the_lead_is_not_read_again(lead, owner, monkeypatch):
    sent = []
    monkeypatch.setattr(frames, "send_change", lambda pk, lead: sent.append(lead))
    row = Lead.objects.get(pk=lead.pk)
    with transaction.atomic():
        for stage in ("contacted", "won"):
            row.stage = stage
            row.save(by=owner)
    assert sent == [row]


def test_a_lead_that_is_deleted_in_the_same_transaction_is_only_that(lead, told, committing):
    with committing(), transaction.atomic():
        CommentFactory(lead=lead)
        Lead.objects.get(pk=lead.pk).delete()
    assert [frame["type"] for frame in told] == ["lead:deleted"]


def test_what_comes_by_rest_is_told_too(api, lead, told, committing):
    with committing():
        assert api.post(f"/api/leads/{lead.pk}/tasks/", {"title": "Call"}).status_code == 201
    assert ids(told) == [lead.pk]
    with committing():
        api.patch(f"/api/tasks/{lead.tasks.get().pk}/", {"completed": True})
    assert ids(told) == [lead.pk]
