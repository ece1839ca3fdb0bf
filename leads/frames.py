"""The frames for live lists of leads. Not sequenced: who misses one reloads the list."""

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import transaction

from leads.serializers import LeadSerializer
from notifications import realtime, wire

_serializer = LeadSerializer()


def lead(row, action: str) -> str:
    kind = {"add": "lead:created", "change": "lead:updated"}[action]
    fields = _serializer.to_representation(row)
    return wire.encode({"type": kind, "action": action, "lead": fields})


def lead_deleted(lead_id: int) -> str:
    return wire.encode({"type": "lead:deleted", "id": lead_id})


def many() -> str:
    """More came, changed or went at once than anybody wants to hear of each by itself."""
    return wire.encode({"type": "lead:many"})


def send(text: str) -> None:
    """To everybody who may see the lead: every active user."""
    send_all([text])


def send_all(texts: list[str]) -> None:
    users = get_user_model().objects.filter(is_active=True).values_list("pk", flat=True)
    realtime.publish(realtime.Push(user_id, text) for user_id in users for text in texts)


def send_change(lead_id: int, row=None) -> None:
    """Of a lead that is there: ``row``, or else as it is stored by now."""
    row = row or apps.get_model("leads.Lead").objects.filter(pk=lead_id).first()
    if row is not None:
        send(lead(row, "change"))


def presence(lead_id: int, user_ids: list[int]) -> str:
    return wire.encode({"type": "lead:presence", "id": lead_id, "userIds": user_ids})


def mentioned(lead_id: int, entry_id: int) -> str:
    return wire.encode({"type": "lead:mentioned", "id": lead_id, "entryId": entry_id})


def appointments(lead_id: int) -> str:
    """Of a lead: one was made, changed or cancelled. Who is told of which is another matter."""
    return wire.encode({"type": "lead:appointments", "id": lead_id})


def send_after_commit(text: str) -> None:
    transaction.on_commit(lambda: send(text), robust=True)
