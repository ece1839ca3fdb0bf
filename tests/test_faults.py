"""Each fault alone: a client that lives through it holds everything once, in order, to the number.

Faults that have a test elsewhere: Redis restarted (test_redis_down), a worker killed, racing
workers (test_worker), a client that is cut off for not reading (test_server), every push lost
(test_anti_entropy). The storm has all of them at once.
"""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.utils import timezone
from websockets import ConnectionClosed

from leads.models import Lead
from notifications.jobs import fan_out_overdue
from notifications.models import Event, Notification, WorkerProcess
from tests.factories import LeadFactory
from tests.listeners import Listener, Writer, assert_nothing_is_missing
from tests.servers import ROOT, RunningServer, environment, serving
from tests.sockets import tokens
from tests.waiting import somebody_waits
from tools import services

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.redis, pytest.mark.postgres]

SHARED = "the shared server"  # what PostgreSQL calls its connections


@pytest.fixture
def token(owner):
    return tokens(owner)["access"]


@pytest.fixture
def teammates_token(teammate):
    return tokens(teammate)["access"]


@pytest.fixture(scope="module")
def server(django_db_setup, tmp_path_factory):
    """One for all that do not end it: its users differ from test to test."""
    with serving(tmp_path_factory.mktemp("server"), PGAPPNAME=SHARED) as running:
        yield running


# Our own processes


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGKILL, 1006), (signal.SIGTERM, 1012)], ids=["kill", "term"]
)
async def test_a_server_that_ends_under_its_clients(number, code, server, token, tmp_path):
    ending = await sync_to_async(RunningServer(tmp_path).wait)()
    try:
        writer = Writer(ending, token)
        async with Listener(ending, token) as listener, Listener(server, token) as elsewhere:

            async def strike():
                await eventually(Lead.objects.filter(first_name="Lead-6").exists)
                ending.process.send_signal(number)
                listener.server = writer.server = server

            await writer.create(10, at=5, strike=strike)
            await assert_nothing_is_missing(listener, writer.names)
            await assert_nothing_is_missing(elsewhere, writer.names)
        assert listener.closes == [code]
        assert elsewhere.closes == []
    finally:
        await sync_to_async(ending.stop)()


@contextmanager
def working(folder):
    """A worker process that shows life."""
    with (folder / "worker.log").open("w") as log:
        command = [sys.executable, "manage.py", "worker"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def in_a_shell(program, **changes):
    """What came of the lines in a Django process of their own."""
    return subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", program],
        cwd=ROOT,
        env=environment(**changes),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )


async def eventually(true, *arguments):
    """Waits until the database says so."""
    async with asyncio.timeout(30):
        while not await sync_to_async(true)(*arguments):
            await asyncio.sleep(0.05)


@sync_to_async
def lead_of_a_process_that_dies(name, at):
    """A lead whose process is killed when it comes to ``at``; its events are overdue at once."""
    program = f"""
import os
from notifications import realtime
from notifications.models import event
from tests.factories import LeadFactory
dead = lambda *_: os._exit(9)
if {at!r} == "fan-out":
    event.fan_out.wake = dead
else:
    realtime.publish = dead
LeadFactory(first_name={name!r}, last_name="")
"""
    assert in_a_shell(program).returncode == 9
    Event.objects.update(created_at=timezone.now() - timedelta(minutes=1))


async def test_a_process_that_dies_between_the_commit_of_a_lead_and_its_fan_out(server, token):
    writer = Writer(server, token)
    async with Listener(server, token) as listener:
        await writer.create(2)
        await lead_of_a_process_that_dies("Lead-3", at="fan-out")
        assert await Notification.objects.acount() == 2
        assert await sync_to_async(fan_out_overdue)() == 1
        await assert_nothing_is_missing(listener, [*writer.names, "Lead-3"])
    assert listener.closes == []


async def test_a_process_that_dies_between_the_commit_of_a_fan_out_and_its_push(server, token):
    """Nobody pushes that number again: the next one tells the client that it is missing."""
    writer = Writer(server, token)
    async with Listener(server, token) as listener, Listener(server, token, asks=False) as deaf:
        await writer.create(2)
        await deaf.holds(2)
        await lead_of_a_process_that_dies("Lead-3", at="push")
        assert await Notification.objects.acount() == 3
        assert await sync_to_async(fan_out_overdue)() == 0
        await writer.create(1)
        await assert_nothing_is_missing(listener, [*writer.names, "Lead-3"])
        await deaf.until(lambda: deaf.copy.heard == 4)
        assert (deaf.copy.seq, len(deaf.told)) == (2, 2)  # the control: the push was lost
    assert listener.closes == []


async def test_a_worker_that_is_told_to_end_in_the_middle_ends_what_it_began(
    server, token, owner, tmp_path, monkeypatch
):
    """It holds its claim and waits for the owner's inbox, which this test has locked."""
    writer = Writer(server, token)
    async with Listener(server, token) as listener:
        await writer.create(2)
        with working(tmp_path) as worker:
            await eventually(WorkerProcess.objects.alive().exists)
            access = connection.get_connection_params()
            keys = ("host", "port", "user", "password", "dbname")
            access = {key: access[key] for key in keys if key in access}
            async with await psycopg.AsyncConnection.connect(**access) as holder:
                query = "SELECT 1 FROM notifications_inbox WHERE user_id = %s FOR UPDATE"
                await holder.execute(query, [owner.pk])
                with monkeypatch.context() as dead:
                    dead.setattr("notifications.models.event.fan_out.wake", lambda: None)
                    await sync_to_async(LeadFactory)(first_name="Lead-3", last_name="")
                await eventually(somebody_waits)
                worker.send_signal(signal.SIGTERM)
                with pytest.raises(subprocess.TimeoutExpired):
                    await sync_to_async(worker.wait)(0.5)
            assert await sync_to_async(worker.wait)(10) == 0
        await assert_nothing_is_missing(listener, [*writer.names, "Lead-3"])
    assert listener.closes == []


# Redis


async def test_a_redis_that_is_frozen_and_thaws(token, owner, tmp_path):
    def start():
        redis = services.Redis().__enter__()
        return redis, RunningServer(tmp_path, REDIS_URL=redis.url).wait()

    redis, server = await sync_to_async(start)()
    try:
        writer = Writer(server, token)
        async with Listener(server, token) as listener:
            await writer.create(2)
            await listener.holds(2)
            os.kill(redis.pid, signal.SIGSTOP)
            await writer.create(5)
            async with asyncio.timeout(30):
                while "nothing is pushed until it is back" not in server.log:
                    await asyncio.sleep(0.05)
            os.kill(redis.pid, signal.SIGCONT)
            await listener.holds(7)
            await writer.create(3)
            await assert_nothing_is_missing(listener, writer.names)
        assert writer.failures == 0
    finally:
        os.kill(redis.pid, signal.SIGCONT)
        await sync_to_async(server.stop)()
        await sync_to_async(redis.discard)()


# PostgreSQL


async def test_connections_that_postgresql_ends(server, token):
    def strike():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name = %s",
                [SHARED],
            )
            ended.append(cursor.fetchone()[0])

    ended, writer = [], Writer(server, token)
    async with Listener(server, token) as listener:
        for _ in range(3):
            await writer.create(5, at=2, strike=sync_to_async(strike))
        await assert_nothing_is_missing(listener, writer.names)
    assert all(ended)


@pytest.fixture
def postgres():
    """One of the test's own, to restart, with a user."""
    with services.Postgres() as postgres:
        program = "; ".join(
            [
                "from django.core.management import call_command as call",
                "call('migrate', verbosity=0)",
                "from tests.factories import UserFactory",
                "from tests.sockets import tokens",
                "import sys",
                "sys.stdout.write(tokens(UserFactory(password='!'))['access'])",
            ]
        )
        postgres.token = in_a_shell(program, DATABASE_URL=postgres.url).stdout.strip()
        yield postgres


async def test_a_postgresql_that_restarts(postgres, tmp_path):
    def restart():
        postgres.stop()
        postgres.start()

    server = await sync_to_async(RunningServer(tmp_path, DATABASE_URL=postgres.url).wait)()
    try:
        writer = Writer(server, postgres.token)
        async with Listener(server, postgres.token) as listener:
            await writer.create(8, at=4, strike=sync_to_async(restart))
            await assert_nothing_is_missing(listener, writer.names)
    finally:
        await sync_to_async(server.stop)()
    assert writer.failures > 0


def test_a_postgresql_that_hangs_is_told_of_and_holds_up_no_end(postgres, tmp_path):
    server = RunningServer(tmp_path, DATABASE_URL=postgres.url).wait()
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "worker"],
        cwd=ROOT,
        env=environment(DATABASE_URL=postgres.url),
    )
    try:
        ready = f"{server.base}/readyz"
        while httpx.get(ready).status_code != 200:
            assert worker.poll() is None
        with _frozen(postgres):
            answer = httpx.get(ready, timeout=15)
            assert answer.status_code == 503
            assert "does not answer" in answer.json()["problems"]["database"]
            server.terminate()
            worker.terminate()
            assert server.process.wait(timeout=20) == 1
            assert "Ended in the middle" in server.log
            assert worker.wait(timeout=30) == 1
    finally:
        worker.kill()
        server.process.kill()


@contextmanager
def _frozen(postgres):
    """Every process of it is stopped: it takes connections, and answers nothing."""
    main = int((postgres.data / "postmaster.pid").read_text().split()[0])
    parents = {
        int(path.parent.name): path.read_text() for path in Path("/proc").glob("[0-9]*/stat")
    }
    pids = [pid for pid, stat in parents.items() if int(stat.rpartition(")")[2].split()[1]) == main]
    for pid in (main, *pids):
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in (main, *pids):
            os.kill(pid, signal.SIGCONT)


# Clients


async def test_a_client_that_is_cut_off(server, token):
    writer = Writer(server, token)
    async with Listener(server, token) as listener:

        async def cut():
            listener.socket.transport.abort()

        for number in (1, 2, 3):
            await writer.create(5, at=2, strike=cut)
            await listener.until(lambda n=number: len(listener.closes) == n and listener.socket)
        await assert_nothing_is_missing(listener, writer.names)
    assert listener.closes == [1006] * 3


async def test_a_client_that_floods_is_cut_off_and_others_are_not(server, token, teammates_token):
    writer = Writer(server, teammates_token)
    async with Listener(server, token) as listener, Listener(server, teammates_token) as other:

        async def flood():
            with suppress(ConnectionClosed):
                for _ in range(60):
                    await listener.socket.send('{"type": "ack", "seq": 0}')

        await writer.create(10, at=5, strike=flood)
        await listener.until(lambda: listener.closes)
        await assert_nothing_is_missing(listener, writer.names)
        await assert_nothing_is_missing(other, writer.names)
    assert (listener.closes, other.closes) == ([4429], [])


async def test_a_client_that_stalls_and_reads_on(server, token):
    writer = Writer(server, token)
    async with Listener(server, token) as listener, Listener(server, token) as other:
        await writer.create(2)
        await listener.holds(2)
        listener.socket.transport.pause_reading()
        await writer.create(10)
        await other.holds(12)
        assert listener.copy.heard == 2
        listener.socket.transport.resume_reading()
        await assert_nothing_is_missing(listener, writer.names)
    assert listener.closes == []


# The control: what these tests look for can be there


def _created(seq, pk, name):
    row = {"id": pk, "seq": seq, "isRead": False, "message": f"{name} added to pipeline"}
    return {"type": "notification:created", "seq": seq, "unreadCount": seq, "notification": row}


@pytest.mark.parametrize(
    ("frames", "found"),
    [
        ([_created(1, "a", "A"), _created(2, "b", "B")], ""),
        ([_created(1, "a", "A"), _created(1, "a", "A")], "twice"),
        ([_created(2, "b", "B"), _created(1, "a", "A")], "twice"),
        ([_created(1, "a", "A"), _created(2, "a", "A")], "out of order"),
        ([_created(1, "a", "A"), _created(3, "c", "C")], "behind"),
    ],
    ids=["good", "twice", "backwards", "again", "lost"],
)
async def test_a_client_tells_good_frames_from_bad(frames, found):
    listener = Listener(None, None)
    for frame in frames:
        listener.take(frame)
    lines = " ".join(listener.misses.lines()) + " behind" * listener.copy.behind
    assert found in lines if found else not lines.strip()
