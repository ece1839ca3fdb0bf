"""Every push lost: whoever is connected is caught up all the same, by rounds over the process."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.models import TokenSignIn
from notifications import consumers, frames, realtime, sockets
from notifications.models import Inbox, Notification
from tests.sockets import Socket, cookie_of, home, tokens

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("in_process")]


@pytest.fixture
def token(owner):
    return tokens(owner)["access"]


@pytest.fixture
def teammates_token(teammate):
    return tokens(teammate)["access"]


@pytest.fixture
def pushes_lost(monkeypatch):
    """``pushes_lost(True)``: what is published reaches nobody."""
    publish = realtime.publish
    lost = [False]
    monkeypatch.setattr(realtime, "publish", lambda *batch: None if lost[0] else publish(*batch))
    return lambda value: lost.__setitem__(0, value)


@sync_to_async
def tell(user, title="x"):
    return Notification.objects.create(recipient=user, type="system", title=title)


async def test_a_round_gives_a_push_that_is_on_its_way_the_time_to_come(
    owner, token, pushes_lost, monkeypatch
):
    monkeypatch.setattr(consumers, "ON_THE_WAY", 5)
    async with Socket(token) as socket:
        pushes_lost(True)
        told = await tell(owner)
        pushes_lost(False)
        round_ = asyncio.create_task(sockets.beat())
        await asyncio.sleep(0.1)
        text = frames.created(1, 1, told.as_json())
        await sync_to_async(realtime.publish)([realtime.Push(owner.pk, text, 1)])
        assert (await socket.next())["type"] == "notification:created"
        assert (await socket.next("heartbeat"))["seq"] == 1
        await round_


async def test_a_round_sends_who_missed_something_what_they_missed(
    owner, token, teammates_token, pushes_lost
):
    async with Socket(token) as socket, Socket(teammates_token) as other:
        pushes_lost(True)
        await tell(owner, "one")
        await tell(owner, "two")
        await sockets.beat()

        page = await socket.next()
        assert (page["type"], page["since"], page["seq"]) == ("sync", 0, 2)
        assert [each["title"] for each in page["changed"]] == ["one", "two"]
        assert await socket.next() == {"type": "heartbeat", "seq": 2}
        assert await other.next() == {"type": "heartbeat", "seq": 0}

        await sockets.beat()
        assert (await socket.next())["type"] == "heartbeat"


async def test_a_push_after_a_lost_one_does_not_hide_the_gap(owner, token, pushes_lost):
    async with Socket(token) as socket:
        pushes_lost(True)
        await tell(owner, "lost")
        pushes_lost(False)
        await tell(owner, "came")
        assert (await socket.next())["seq"] == 2
        await sockets.beat()

        page = await socket.next()
        assert [each["title"] for each in page["changed"]] == ["lost", "came"]


async def test_who_asked_for_what_was_missed_is_not_sent_it_again(owner, token, pushes_lost):
    async with Socket(token) as socket:
        pushes_lost(True)
        await tell(owner)
        await socket.send({"type": "sync", "since": 0})
        assert (await socket.next())["seq"] == 1
        await sockets.beat()
        assert (await socket.next())["type"] == "heartbeat"


async def test_no_frame_comes_between_the_pages_of_what_was_missed(owner, token, pushes_lost):
    """One that marks all read would be applied without the rows that the next page brings."""
    async with Socket(token) as socket:
        pushes_lost(True)
        await tell(owner, "on the next page")
        row = await tell(owner, "on this page")
        await sync_to_async(row.mark_read)()
        await sync_to_async(lambda: Inbox.objects.of(owner).mark_all_read())()
        await socket.send({"type": "sync", "since": 0, "limit": 1})
        page = await socket.next()
        assert ([each["title"] for each in page["changed"]], page["seq"]) == (["on this page"], 3)

        late = realtime.Push(owner.pk, frames.all_read(4, 0, 1), 4)
        after = realtime.Push(owner.pk, '{"type":"lead:deleted","id":7}')
        await realtime.sender.send(*_message([late, after]))
        assert await socket.next() == {"type": "lead:deleted", "id": 7}
        await socket.send({"type": "sync", "since": 3})
        page = await socket.next()
        assert [each["title"] for each in page["changed"]] == ["on the next page"]


async def test_a_frame_that_arrives_twice_is_sent_once(owner, token):
    async with Socket(token) as socket:
        push = realtime.Push(owner.pk, '{"type":"lead:deleted","id":7}', 1)
        await realtime.sender.send(*_message([push, push]))
        await realtime.sender.send(*_message([push]))
        assert await socket.next() == {"type": "lead:deleted", "id": 7}
        assert await socket.quiet()


def _message(pushes):
    frames = [[push.seq, push.text] for push in pushes]
    return [(realtime.user_group(pushes[0].user_id), {"type": "push", "frames": frames})], []


async def test_a_round_is_one_query_however_many_sockets(token, teammates_token):
    sent = []
    async with Socket(token) as one, Socket(token), Socket(teammates_token):

        def sequences(user_ids):
            with CaptureQueriesContext(connection) as queries:
                found = read(user_ids)
            sent.append(len(queries))
            return found

        read = sockets._sequences.func
        await sync_to_async(sequences)(list(sockets.open_sockets))
        assert sent == [1]
        assert one.hello


async def test_a_round_happens_at_once_when_the_layer_is_back(owner, token, monkeypatch, settings):
    settings.HEARTBEAT_SECONDS = 3600
    async with Socket(token) as socket:
        sockets.rounds.early.set()
        assert await socket.next() == {"type": "heartbeat", "seq": 0}


async def test_a_sign_in_that_ended_while_pushes_were_lost_is_found(
    owner, token, teammates_token, settings
):
    headers, _ = await sync_to_async(cookie_of)(owner)
    async with (
        Socket(token) as by_token,
        Socket(headers=[headers, *home()]) as by_session,
        Socket(teammates_token) as stays,
    ):
        await TokenSignIn.objects.filter(user=owner).aupdate(ended_at="2026-01-01T00:00Z")
        await sync_to_async(Session.objects.all().delete)()
        await sockets.end_what_ended()
        assert await by_token.closed() == await by_session.closed() == 4401
        assert await stays.quiet()
