"""A client of a running server, and one who creates leads there: both go on whatever breaks."""

import asyncio
import contextlib
import json

import httpx
import websockets

from storm.copy import Copy
from storm.world import DISORDER, TWICE, Misses

SEQUENCED = ("notification:", "notifications:")
AGAIN_SECONDS = 0.05
LIMIT = 60  # seconds, for a machine that is busy with other things


class Listener:
    """``async with Listener(server, token) as listener`` keeps a copy of the user's notifications
    by the rules of docs/delivery.md, and comes back, from where it stands, when it is cut off.

    One that does not ask for what it missed, and is deaf to it, shows what pushes alone bring.
    """

    def __init__(self, server, token, asks=True):
        self.server, self.token, self.asks = server, token, asks
        self.misses = Misses()
        self.copy = Copy("the client", self.misses)
        self.copy.load({}, 0, 0)
        self.told = []  # ids, in the order in which it heard of them
        self.closes = []
        self.socket = None
        self.sent = 0  # the highest number that this socket was pushed
        self.moved = asyncio.Condition()

    async def __aenter__(self):
        self.task = asyncio.create_task(self._live())
        await self.until(lambda: self.socket)
        return self

    async def __aexit__(self, *_):
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task

    async def until(self, true, seconds=LIMIT):
        """Waits until it is true of what it holds, and fails when it lives no more."""
        async with asyncio.timeout(seconds):
            while not true():
                if self.task.done():
                    self.task.result()
                async with self.moved:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self.moved.wait(), 1)

    async def holds(self, seq):
        await self.until(lambda: self.copy.seq >= seq and not self.copy.behind)

    async def _live(self):
        while True:
            try:
                async with self._connection() as socket:
                    await self._converse(socket)
            except websockets.ConnectionClosed as end:
                self.closes.append(end.rcvd.code if end.rcvd else 1006)
            except (OSError, TimeoutError, websockets.InvalidHandshake):
                pass
            self.socket = None
            await asyncio.sleep(AGAIN_SECONDS)

    def _connection(self):
        return websockets.connect(
            self.server.socket,
            subprotocols=["leadbell.v1", f"bearer.{self.token}"],
            max_size=None,
            ping_interval=None,
            open_timeout=10,
            close_timeout=1,
        )

    async def _converse(self, socket):
        hello = json.loads(await asyncio.wait_for(socket.recv(), 10))
        assert hello["type"] == "hello", hello
        self.copy.greet(hello)
        self.socket, self.sent = socket, 0
        asked = None
        while True:
            if self.asks and self.copy.behind and asked != self.copy.seq:
                asked = self.copy.seq
                await socket.send(json.dumps({"type": "sync", "since": asked}))
            async with self.moved:
                self.moved.notify_all()
            frame = json.loads(await socket.recv())
            if frame["type"] == "sync":
                asked = None
            self.take(frame)

    def take(self, frame):
        if frame["type"].startswith(SEQUENCED):
            if frame["seq"] <= self.sent:
                self.misses.add(TWICE, f"{frame['seq']} after {self.sent} on one socket")
            self.sent = max(self.sent, frame["seq"])
            self.copy.change(frame)
        elif frame["type"] == "sync" and self.asks:
            self.copy.page(frame)
        elif frame["type"] == "heartbeat":
            self.copy.hear(frame["seq"])
        new = [row for pk, row in self.copy.rows.items() if pk not in self.told]
        self.told += [row["id"] for row in sorted(new, key=lambda row: row["seq"])]
        if [self.copy.rows[pk]["seq"] for pk in self.told] != sorted(
            row["seq"] for row in self.copy.rows.values()
        ):
            self.misses.add(DISORDER, f"told out of order at {self.copy.seq}")


class Writer:
    """Creates leads one after the other, each until the answer is 201; the idempotency key makes
    one of all tries."""

    def __init__(self, server, token):
        self.server, self.token = server, token
        self.names = []
        self.failures = 0

    async def create(self, count, at=None, strike=None):
        """After ``at`` of them, ``strike`` is called, while the next is under way."""
        for number in range(count):
            name = f"Lead-{len(self.names) + 1}"
            if number == at:
                await asyncio.gather(self._post(name), strike())
            else:
                await self._post(name)
            self.names.append(name)

    async def _post(self, name):
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": name}
        lead = {"firstName": name, "email": "jo@example.org"}
        async with asyncio.timeout(LIMIT):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    async with httpx.AsyncClient(base_url=self.server.base, timeout=10) as client:
                        answer = await client.post("/api/leads/", json=lead, headers=headers)
                    if answer.status_code == 201:
                        return
                    assert answer.status_code in (409, 500, 503), answer.text
                self.failures += 1
                await asyncio.sleep(AGAIN_SECONDS)


async def assert_nothing_is_missing(listener, names):
    """Each lead rang once, in order, without a gap; and the copy is what a fresh fetch gives."""
    await listener.holds(len(names))
    assert list(listener.misses.lines()) == []
    told = [listener.copy.rows[pk] for pk in listener.told]
    assert [row["seq"] for row in told] == list(range(1, len(names) + 1))
    assert sorted(row["message"] for row in told) == sorted(
        f"{name} added to pipeline" for name in names
    )
    headers = {"Authorization": f"Bearer {listener.token}"}
    async with httpx.AsyncClient(base_url=listener.server.base, headers=headers) as client:
        fetched = (await client.get("/api/notifications/?pageSize=200")).json()
    assert fetched["results"] == list(reversed(told))
    assert fetched["unreadCount"] == listener.copy.unread == len(names)
