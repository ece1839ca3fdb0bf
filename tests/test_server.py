"""The real server, over real connections: handshakes, limits, the end, and two processes."""

import asyncio
import json
import signal
import socket
import subprocess
import threading
import time
from contextlib import AsyncExitStack

import httpx
import pytest
import websockets
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.contrib.auth import get_user_model
from django.core.management import CommandError
from django.db import transaction

from crm.management.commands.serve import Command
from leads.models import Lead
from notifications import realtime, sockets
from notifications.models import Event, Inbox, Notification
from tests.factories import LeadFactory
from tests.servers import RunningServer, serving
from tests.sockets import Socket, tokens

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def server(tmp_path, owner):
    with serving(tmp_path) as running:
        yield running


@pytest.fixture
def token(owner):
    return tokens(owner)["access"]


def connect(server, token, **options):
    protocols = ["leadbell.v1", f"bearer.{token}"]
    return websockets.connect(server.socket, subprotocols=protocols, max_size=None, **options)


async def frame(socket, kind=None):
    while True:
        received = json.loads(await asyncio.wait_for(socket.recv(), 10))
        if kind in (None, received["type"]):
            return received


async def post_lead(server, token, **fields):
    async with httpx.AsyncClient() as client:
        return await client.post(
            f"{server.base}/api/leads/",
            json={"firstName": "Jo", "email": "jo@example.org", **fields},
            headers={"Authorization": f"Bearer {token}"},
        )


async def test_a_lead_posted_to_the_server_rings_on_its_sockets(server, token):
    async with connect(server, token) as socket:
        assert socket.subprotocol == "leadbell.v1"
        assert (await frame(socket))["type"] == "hello"
        answer = await post_lead(server, token)
        assert answer.status_code == 201
        assert (await frame(socket))["lead"] == answer.json()
        told = await frame(socket)
        assert (told["type"], told["seq"]) == ("notification:created", 1)
        stored = await Notification.objects.aget(pk=told["notification"]["id"])
        assert stored.related_lead_id == answer.json()["id"]
    assert f"Sent notification {stored.pk} to user {stored.recipient_id}" in server.log


@pytest.mark.redis
@pytest.mark.postgres
async def test_a_client_that_does_not_read_is_cut_off_and_others_are_not(server, token, owner):
    def tell_much():
        long = {"recipient": owner, "type": "system", "title": "x", "message": "y" * 20_000}
        Notification.objects.bulk_create([Notification(**long) for _ in range(10)])

    async def read():
        while True:
            await frame(quick)

    async with connect(server, token, max_queue=1) as slow, connect(server, token) as quick:
        await slow.send(json.dumps({"type": "ack", "seq": 0}))
        slow.transport.pause_reading()
        reading = asyncio.create_task(read())
        async with asyncio.timeout(60):
            while "does not read" not in server.log:
                await sync_to_async(tell_much)()
        slow.transport.resume_reading()
        assert not reading.done(), "who reads stays"
        reading.cancel()
        assert server.log.count("does not read") == 1


async def test_a_refused_handshake_is_a_403(server, token):
    for options in (
        {"subprotocols": ["leadbell.v1", "bearer.nonsense"]},
        {},
        {"origin": "http://evil.example", "additional_headers": {"Authorization": token}},
    ):
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with websockets.connect(server.socket, **options):
                pass
        assert refused.value.response.status_code == 403
    async with connect(server, token) as socket:
        assert await frame(socket)


@pytest.mark.parametrize("size", [65_537, 1_000_000])
async def test_too_large_a_frame_is_closed_with_1009(server, token, size):
    async with connect(server, token) as socket:
        await frame(socket)
        await socket.send(json.dumps({"type": "ack", "seq": 0}).ljust(65_536))
        await socket.send("x" * size)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await frame(socket)
        assert closed.value.rcvd.code == 1009


async def test_a_page_of_changes_may_be_larger_than_what_a_client_may_send(server, token, owner):
    rows = [
        Notification(recipient=owner, type="system", title="x" * 200, message="y" * 300)
        for _ in range(400)
    ]
    await sync_to_async(Notification.objects.bulk_create)(rows)
    async with connect(server, token) as socket:
        assert (await frame(socket))["seq"] == 400
        await socket.send(json.dumps({"type": "sync", "since": 0}))
        page = await frame(socket, "sync")
        assert len(page["changed"]) == 400
        assert len(json.dumps(page)) > 250_000
        await socket.send("x" * 65_537)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await frame(socket)
        assert closed.value.rcvd.code == 1009


async def test_text_that_is_not_utf_8_is_closed_with_1007(server, token):
    async with connect(server, token) as socket:
        await frame(socket)
        await socket.send(b"\xff\xfe", text=True)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await frame(socket)
        assert closed.value.rcvd.code == 1007


async def test_a_server_that_ends_closes_sockets_with_1012_and_finishes_requests(server, token):
    """The lead's row is locked, so the request is in flight when the signal comes."""
    async with connect(server, token) as socket:
        await frame(socket)
        posts = [asyncio.create_task(post_lead(server, token)) for _ in range(5)]
        await asyncio.sleep(0)
        while not (await sync_to_async(Lead.objects.exists)()):
            await asyncio.sleep(0.01)
        server.terminate()
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await frame(socket, "no such frame")
        assert closed.value.rcvd.code == 1012
        assert [(await post).status_code for post in posts] == [201] * 5
    assert await sync_to_async(server.process.wait)(15) == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.base}/healthz")


@pytest.mark.postgres
def test_a_server_that_ends_while_its_fan_out_is_at_work_ends(server, token):
    """Its fan-out waits for an inbox that this test holds until the server was told to end."""
    headers = {"Authorization": f"Bearer {token}"}
    lead = {"firstName": "Jo", "email": "jo@example.org"}
    with transaction.atomic():
        Inbox.objects.lock(get_user_model().objects.all())
        for _ in range(3):
            httpx.post(f"{server.base}/api/leads/", json=lead, headers=headers)
        server.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            server.process.wait(2)
    assert server.process.wait(15) == 0
    assert Notification.objects.exists()


def test_what_a_crash_left_pending_is_fanned_out_when_a_server_starts(owner, tmp_path, monkeypatch):
    monkeypatch.setattr("notifications.models.event.fan_out.wake", lambda: None)
    LeadFactory()
    assert Event.objects.pending().count() == 1

    server = RunningServer(tmp_path)  # which nobody asks for anything
    try:
        until = time.monotonic() + 20
        while Event.objects.pending().exists() and time.monotonic() < until:
            threading.Event().wait(0.05)
    finally:
        server.stop()
    assert Notification.objects.filter(recipient=owner).count() == 1


async def test_a_body_over_the_limit_gets_a_413_in_json(server, token):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    async def chunks():
        for _ in range(40):
            yield b" " * 65_536

    async with httpx.AsyncClient() as client:
        for body in (b" " * (1024 * 1024 + 1), chunks()):
            answer = await client.post(f"{server.base}/api/leads/", content=body, headers=headers)
            assert answer.status_code == 413
            assert "larger than 1024 KiB" in answer.json()["detail"]
        answer = await client.post(f"{server.base}/api/leads/", content=b" " * 1024 * 1024)
        assert answer.status_code == 401


async def test_a_body_that_is_announced_as_too_large_is_refused_before_it_is_sent(server):
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(
        b"POST /api/leads/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9999999999\r\n\r\n"
    )
    async with asyncio.timeout(10):
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b'send less."}')
    writer.close()


async def test_a_half_sent_request_does_not_keep_the_server_from_ending(server):
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"POST /api/leads/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nhalf")
    await writer.drain()
    async with httpx.AsyncClient() as client:  # the server has read the half before it answers this
        assert (await client.get(f"{server.base}/healthz")).status_code == 200
    began = time.monotonic()
    server.terminate()
    assert await sync_to_async(server.process.wait)(15) == 0
    assert time.monotonic() - began < 5
    writer.close()


@pytest.mark.redis
@pytest.mark.postgres
async def test_a_lead_on_one_process_rings_on_another_within_a_second(
    server, token, tmp_path, owner
):
    def start():
        other = serving(tmp_path)
        return other, other.__enter__()

    manager, other = await sync_to_async(start)()
    try:
        async with connect(other, token) as socket:
            await frame(socket)
            began = time.monotonic()
            await post_lead(server, token)
            assert (await frame(socket, "notification:created"))["seq"] == 1
            assert time.monotonic() - began < 1
    finally:
        await sync_to_async(manager.__exit__)(None, None, None)


def test_an_interrupt_ends_the_server_without_a_traceback(server):
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(15) == 0
    assert "Traceback" not in server.log


@pytest.mark.redis
async def test_a_user_holds_twenty_sockets_over_all_processes(server, token, owner, tmp_path):
    async def refused(by):
        async with connect(by, token) as socket:
            try:
                return (await frame(socket))["type"] != "hello"
            except websockets.ConnectionClosed as closed:
                return closed.rcvd.code

    with serving(tmp_path) as second:
        async with AsyncExitStack() as held:
            for number in range(20):
                one = await held.enter_async_context(connect((server, second)[number % 2], token))
                assert (await frame(one))["type"] == "hello"
            for each in (server, second):
                assert await refused(each) == 4429
            await one.close()
            async with asyncio.timeout(5):
                while await refused(server):
                    pass  # it takes a moment until the server has seen it go


@pytest.mark.redis
async def test_the_sockets_of_a_killed_process_lapse():
    layer = get_channel_layer()
    assert await layer.take_seats([("group", "killed")], 2, seconds=1)
    assert await layer.take_seats([("group", "one")], 2, seconds=60)
    assert not await layer.take_seats([("group", "two")], 2, seconds=60)
    assert await layer.take_seats([("group", "one")], 2, seconds=60), "it keeps the one it has"
    async with asyncio.timeout(5):
        while not await layer.take_seats([("group", "two")], 2, seconds=60):
            await asyncio.sleep(0.1)
    for channel in ("one", "two"):
        await layer.leave_seat("group", channel)
    await layer.flush()


@pytest.mark.redis
@pytest.mark.usefixtures("in_process")
async def test_a_round_counts_the_sockets_again_that_redis_forgot(token, owner, settings):
    settings.SOCKETS_PER_USER = 2
    async with Socket(token), Socket(token):
        for consumer in sockets.open_sockets[owner.pk]:
            await realtime.leave_seat(owner.pk, consumer.name)
        assert await realtime.take_seat(owner.pk, "elsewhere")
        await realtime.leave_seat(owner.pk, "elsewhere")
        await sockets.keep_seats()
        assert not await realtime.take_seat(owner.pk, "elsewhere")
    assert await realtime.take_seat(owner.pk, "elsewhere"), "whoever leaves gives up the seat"
    await realtime.leave_seat(owner.pk, "elsewhere")


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not has_ipv6(), reason="This machine has no IPv6.")
@pytest.mark.parametrize("host", ["::1", "::"])
def test_it_serves_on_an_address_of_ipv6(host, tmp_path):
    with serving(tmp_path, "--host", host) as running:
        assert httpx.get(f"http://[::1]:{running.port}/login/").status_code == 200
    assert f"Leadbell serves on http://[{host}]:{running.port}/" in running.log


def test_static_files_that_cannot_be_written_are_one_line(settings, tmp_path):
    """No folder can be made below a file, not even by root."""
    (tmp_path / "file").touch()
    settings.DEBUG, settings.STATIC_ROOT = False, tmp_path / "file" / "static"
    with pytest.raises(CommandError, match=r"Not a directory.+manage.py collectstatic") as refused:
        Command()._collect_static()
    (line,) = str(refused.value).splitlines()
    assert str(settings.STATIC_ROOT) in line
