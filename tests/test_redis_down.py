"""Redis down, frozen and back: leads are created all the same, and nothing is lost."""

import asyncio
import json
import logging
import os
import signal
import time

import httpx
import pytest
import websockets
from channels.layers import channel_layers
from django.conf import settings as django_settings

from notifications import realtime
from notifications.models import Inbox, Notification
from tests.factories import LeadFactory, UserFactory
from tests.servers import serving
from tests.sockets import tokens
from tools import services

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.redis, pytest.mark.postgres]


@pytest.fixture
def redis():
    """A Redis of the test's own, to stop and to freeze."""
    with services.Redis() as server:
        yield server


@pytest.fixture
def layer(redis, monkeypatch):
    """This process uses that Redis."""
    config = django_settings.CHANNEL_LAYERS["default"]["CONFIG"]
    monkeypatch.setitem(config, "hosts", [redis.url])
    monkeypatch.setattr(realtime, "sender", realtime.Sender())
    channel_layers.backends.clear()
    yield
    channel_layers.backends.clear()


def errors(caplog):
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]


def test_with_redis_down_a_lead_is_stored_for_everybody_and_the_log_says_so_once(
    redis, layer, caplog
):
    UserFactory.create_batch(10)
    LeadFactory()
    assert errors(caplog) == []

    redis.stop()
    LeadFactory.create_batch(3)

    assert Notification.objects.count() == 40
    assert len(errors(caplog)) == 1
    assert "does not answer" in errors(caplog)[0]


def test_a_frozen_redis_costs_the_send_timeout_once(redis, layer, caplog):
    UserFactory.create_batch(10)
    LeadFactory()
    began = time.monotonic()
    LeadFactory.create_batch(5)
    healthy = time.monotonic() - began

    os.kill(redis.pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        LeadFactory.create_batch(5)
        frozen = time.monotonic() - began
    finally:
        os.kill(redis.pid, signal.SIGCONT)

    assert Notification.objects.count() == 110
    assert realtime.SEND_TIMEOUT <= frozen < healthy + 2 * realtime.SEND_TIMEOUT
    assert len(errors(caplog)) == 1


def test_when_redis_is_back_pushing_resumes_by_itself(redis, layer, caplog, monkeypatch):
    UserFactory()
    now = [0.0]
    monkeypatch.setattr(realtime.time, "monotonic", lambda: now[0])
    redis.stop()
    LeadFactory()
    redis.start()
    LeadFactory()
    assert "Sent notification" not in caplog.text

    now[0] += 1.0
    caplog.set_level(logging.INFO, "notifications")
    LeadFactory()
    assert "The channel layer is back." in caplog.text
    assert caplog.text.count("Sent notification") == 1


@pytest.fixture
def token(owner):
    return tokens(owner)["access"]


async def test_a_server_whose_redis_went_away_catches_its_sockets_up_when_it_is_back(
    redis, owner, token, tmp_path
):
    headers = {"Authorization": f"Bearer {token}"}
    lead = {"firstName": "Jo", "phone": "12345"}
    with serving(tmp_path, REDIS_URL=redis.url) as server:
        async with (
            websockets.connect(
                server.socket, subprotocols=["leadbell.v1", f"bearer.{token}"]
            ) as socket,
            httpx.AsyncClient(base_url=server.base, headers=headers) as client,
        ):
            assert json.loads(await socket.recv())["type"] == "hello"
            redis.stop()
            for _ in range(3):
                answer = await client.post("/api/leads/", json=lead)
                assert answer.status_code == 201
                assert answer.elapsed.total_seconds() < 1
            async with asyncio.timeout(40):
                while "nothing is pushed until it is back" not in server.log:
                    await socket.recv()
                redis.start()
                while (frame := json.loads(await socket.recv()))["type"] != "heartbeat":
                    pass
            assert frame["seq"] == 3
            await socket.send(json.dumps({"type": "sync", "since": 0}))
            while (frame := json.loads(await socket.recv()))["type"] != "sync":
                pass
            assert len(frame["changed"]) == 3
            await client.post("/api/leads/", json=lead)
            async with asyncio.timeout(10):
                while (frame := json.loads(await socket.recv()))["type"] != "notification:created":
                    pass
            assert frame["seq"] == 4
        assert server.log.count("nothing is pushed until it is back") == 1
    assert (await Inbox.objects.aget(user=owner)).unread_count == frame["unreadCount"]
