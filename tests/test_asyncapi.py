"""The AsyncAPI document: valid, and true of every frame. All tests of the socket hold what comes
against it too (tests/sockets.py)."""

import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from asgiref.sync import sync_to_async
from rest_framework.test import APIClient

from chat.models import ChatInbox, Message
from crm.consumers import Consumer
from crm.rest import asyncapi
from leads.models import Lead
from notifications import sockets
from notifications.models import Inbox, Notification
from tests.factories import AppointmentFactory, CommentFactory, LeadFactory
from tests.frames import check
from tests.sockets import Socket, tokens
from tools import node

NODE = Path(sys.executable).with_name("node")
CONTRACT = Path(__file__).with_name("contract")


@pytest.fixture
def document(db):
    return APIClient().get("/api/asyncapi.json").json()


def test_every_frame_that_clients_may_send_is_in_the_document():
    assert set(asyncapi.TAKEN) == set(Consumer.handlers)


def test_every_example_keeps_to_its_own_schema(document):
    for message in document["components"]["messages"].values():
        schema = message["payload"] | {"components": document["components"]}
        (example,) = message["examples"]
        jsonschema.Draft202012Validator(schema).validate(example["payload"])


def test_a_frame_that_is_not_as_documented_is_found():
    stands = {"seq": 1, "unreadCount": 0}
    assert check({"type": "sync:reset", **stands})
    for wrong in ({"seq": 1}, stands | {"more": 1}, stands | {"seq": "1"}, stands | {"seq": -1}):
        with pytest.raises(jsonschema.ValidationError):
            check({"type": "sync:reset", **wrong})


@pytest.mark.postgres
def test_the_parser_of_asyncapi_finds_nothing(document, tmp_path):
    folder = node.obtain(CONTRACT)
    path = tmp_path / "asyncapi.json"
    path.write_bytes(APIClient().get("/api/asyncapi.json").content)

    def judged(path):
        run = subprocess.run(
            [NODE, folder / "asyncapi.mjs", path], capture_output=True, text=True, timeout=60
        )
        return run.stdout + run.stderr

    assert judged(path) == ""
    path.write_text(path.read_text().replace('"action":"send"', '"action":"ring"'))
    assert "action" in judged(path)


# Everything that the server sends


class World:
    """What people do, whatever it sends."""

    def __init__(self, owner, teammate):
        self.owner, self.teammate = owner, teammate

    def act(self):
        lead = LeadFactory(created_by=self.teammate)
        Lead.objects.get(pk=lead.pk).move("won", by=self.teammate)
        CommentFactory(lead=lead, created_by=self.teammate, body=f"@{self.owner} look: it is done.")
        AppointmentFactory(lead=lead, created_by=self.teammate)
        self.browse(self.owner, f"/leads/{lead.pk}/looking/a/")
        note = Notification.objects.filter(recipient=self.owner).first()
        note.mark_read()
        note.delete()
        Inbox(user=self.owner).mark_all_read()
        mine = Message(sender=self.owner, recipient=self.teammate, body="Hello")
        mine.save()
        ChatInbox(pk=self.teammate.pk).acknowledge(1)
        ChatInbox(pk=self.teammate.pk).mark_read(self.owner.pk, mine.pk)
        lead.delete()

    def browse(self, user, path):
        self.browser_as(user).post(path)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("in_process")
async def test_every_kind_of_frame_comes_and_is_as_documented(owner, teammate, browser_as):
    world = World(owner, teammate)
    world.browser_as = browser_as
    mine, theirs = await sync_to_async(lambda: (tokens(owner), tokens(teammate)))()
    seen = {}
    async with Socket(mine["access"]) as socket, Socket(theirs["access"]) as other:
        seen["hello"] = socket.hello
        await sync_to_async(world.act)()
        await sockets.beat()
        await other.send({"type": "chat:typing", "to": owner.pk})
        asked = [
            {"type": "sync", "since": 0},
            {"type": "sync", "since": 10**6},
            {"type": "chat:sync", "since": 0},
            {"type": "chat:sync", "since": 10**6},
            {"type": "lead:create", "requestId": 7, "lead": {"company": "ABC", "phone": "5551234"}},
            {"type": "nonsense", "requestId": "x"},
        ]
        for frame in asked:
            await socket.send(frame)
        while set(seen) != set(asyncapi.SENT):
            try:
                frame = await socket.next()
            except TimeoutError:
                break
            seen[frame["type"]] = frame
    assert set(asyncapi.SENT) - set(seen) == set()
