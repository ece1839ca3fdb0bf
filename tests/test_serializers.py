"""The serializers write out what their declared fields, which document them, would say."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from rest_framework import serializers

from leads.models import Lead
from leads.serializers import LeadSerializer
from notifications import frames, wire
from notifications.models import Notification
from notifications.serializers import NotificationSerializer

MOMENTS = [
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 59, 59, 7, tzinfo=UTC),
    datetime(1, 2, 3, 4, 5, 6, 700_000, tzinfo=UTC),
]


def by_field(serializer, row):
    return serializers.Serializer.to_representation(serializer, row)


@pytest.mark.parametrize("at", MOMENTS)
def test_a_notification_is_written_as_its_fields_say(at):
    bare = Notification(type="system", title='"<é\n\U0001f514', seq=1, created_at=at, updated_at=at)
    full = Notification(
        type="contact", title="t", message="m", url="/leads/5/", seq=2**62, read_at=at,
        related_lead_id=5, actor_id=7, created_at=at, updated_at=at,
    )  # fmt: skip
    for row in (bare, full):
        written = NotificationSerializer().to_representation(row)
        assert wire.encode(written) == wire.encode(by_field(NotificationSerializer(), row))


@pytest.mark.parametrize("at", MOMENTS)
def test_a_lead_is_written_as_its_fields_say(at):
    values = {field.attname: field.attname for field in Lead._meta.concrete_fields}
    ids = {"id": 1, "score": -3, "owner_id": 4, "created_by_id": None}
    row = Lead(**values | ids | {"created_at": at, "updated_at": at})
    written = LeadSerializer().to_representation(row)
    assert wire.encode(written) == wire.encode(by_field(LeadSerializer(), row))


def test_a_moment_elsewhere_is_given_in_utc():
    there = timezone(timedelta(hours=-5))
    assert wire.moment(datetime(2026, 1, 1, 20, tzinfo=there)) == "2026-01-02T01:00:00Z"
    assert wire.moment(None) is None


@pytest.mark.parametrize("numbers", [(1, 0, 0), (2**63 - 1, 10**18, 500)])
def test_the_greeting_is_written_as_the_encoder_would(numbers):
    user_id, seq, unread = numbers
    fields = {"protocol": 1, "userId": user_id, "seq": seq, "unreadCount": unread}
    assert frames.hello(*numbers) == wire.encode({"type": "hello", **fields})
