"""A client of the socket, written against the contract: it reconnects for ever, asks for what it
missed, and says what reached it."""

import asyncio
import json
import time
from collections import Counter

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from storm.copy import Copy
from storm.world import OTHER

SEQUENCED = {
    "notification:created",
    "notification:updated",
    "notification:deleted",
    "notifications:bulk-updated",
}
UNSEQUENCED = {
    "lead:created",
    "lead:updated",
    "lead:deleted",
    "lead:presence",
    "lead:mentioned",
    "lead:appointments",
    "new_message",
}
EXPECTED_CLOSES = {1006, 1012, 1013, 4401, 4429}  # 1006: no close frame came
ANSWER_SECONDS = 10
SYNC_SECONDS = 0.5  # at least between two questions, to stay far below 50 frames in 10 s
ACK_TICKS = 3
SILENCE = 45  # seconds; a heartbeat comes every 25
FLOOD = 60  # frames


def opening(base, token):
    """The handshake of ``token``'s user with the server at ``base``."""
    return connect(
        base.replace("http", "ws", 1) + "/ws/notifications/",
        subprotocols=["leadbell.v1", f"bearer.{token}"],
        compression=None,
        proxy=None,
        open_timeout=20,
        close_timeout=1,
    )


class Client:
    closes = Counter()

    def __init__(self, world, person, home):
        self.world, self.person, self.home = world, person, home
        self.copy = Copy(f"user {person.id} on {home.rpartition(':')[2]}", world.misses)
        self.socket = None
        self.asked_at = self.last_asked = self.acked = 0
        self.stalled_until = 0
        self.flooding = False
        self.beat_at = self.longest_silence = 0

    async def live(self):
        base, tries = self.home, 0
        while True:
            token, code = self.person.access, None
            try:
                async with opening(base, token) as socket:
                    await self._greeted(socket)
                    tries = 0
                    await self._converse(socket)
            except InvalidStatus as refusal:
                code = refusal.response.status_code
            except (OSError, TimeoutError, InvalidHandshake):
                pass
            except ConnectionClosed as end:
                code = end.rcvd.code if end.rcvd else 1006
                self._count(code)
            if code in (401, 403, 4401):
                await self.person.renew(token)
            await self.world.back_off(tries)
            base, tries = self.world.base(), tries + 1

    def _count(self, code):
        self.closes[code] += 1
        if code not in EXPECTED_CLOSES or (code == 4429 and not self.flooding):
            self.world.misses.add(OTHER, f"{self.copy.name} was closed with {code}")

    async def _greeted(self, socket):
        hello = json.loads(await asyncio.wait_for(socket.recv(), 30))
        if hello["type"] != "hello" or hello["userId"] != self.person.id:
            self.world.misses.add(OTHER, f"{self.copy.name} was greeted by {hello}")
        self.copy.greet(hello)
        self.asked_at, self.flooding, self.socket = 0, False, socket
        self.beat_at = time.monotonic()

    async def _converse(self, socket):
        ticking = asyncio.create_task(self._tick(socket))
        try:
            if self.copy.seq is None:
                await self._load()
            while True:
                await self._catch_up(socket)
                await asyncio.sleep(self.stalled_until - time.monotonic())
                await self._take(json.loads(await asyncio.wait_for(socket.recv(), SILENCE)))
        finally:
            self.socket = None
            ticking.cancel()

    async def _take(self, frame):
        kind = frame["type"]
        if kind in SEQUENCED:
            self.copy.change(frame)
        elif kind == "sync":
            self.asked_at = 0
            self.copy.page(frame)
        elif kind == "sync:reset":
            self.asked_at = 0
            await self._load()
        elif kind == "heartbeat":
            self._beaten()
            self.copy.hear(frame["seq"])
        elif kind not in UNSEQUENCED and not (kind == "error" and self.flooding):
            self.world.misses.add(OTHER, f"{self.copy.name} was sent {frame}")

    def _beaten(self):
        now = time.monotonic()
        self.longest_silence = max(self.longest_silence, now - self.beat_at)
        self.beat_at = now

    async def _load(self):
        self.copy.load(*await self.person.notifications())

    async def _catch_up(self, socket):
        """One question at a time, and asked again when no answer came."""
        now = time.monotonic()
        waiting = self.asked_at and now - self.asked_at < ANSWER_SECONDS
        if self.copy.behind and not waiting and now - self.last_asked >= SYNC_SECONDS:
            self.asked_at = self.last_asked = now
            await socket.send(json.dumps({"type": "sync", "since": self.copy.seq}))

    async def _tick(self, socket):
        """Asks again, and acknowledges now and then what came."""
        tick = 0
        try:
            while True:
                await asyncio.sleep(self.world.random.uniform(0.8, 1.2))
                tick += 1
                if self.copy.seq is None:
                    continue
                await self._catch_up(socket)
                if tick % ACK_TICKS == 0 and self.copy.seq > self.acked:
                    self.acked = self.copy.seq
                    await socket.send(json.dumps({"type": "ack", "seq": self.acked}))
        except ConnectionClosed:
            pass

    # What the hand does to it

    @property
    def is_awake(self):
        stalled = self.stalled_until > time.monotonic()
        return self.socket is not None and not stalled and not self.flooding

    def cut(self):
        """The network is gone, without a word to the other side."""
        if self.socket:
            self.socket.transport.abort()

    def stall(self, seconds):
        self.stalled_until = time.monotonic() + seconds

    async def flood(self):
        """More frames than anybody may send: the server must close with 4429."""
        socket = self.socket
        if socket is None:
            return
        self.flooding = True
        try:
            for _ in range(FLOOD):
                await socket.send('{"type": "flood"}')
            await asyncio.wait_for(socket.wait_closed(), 20)
        except ConnectionClosed:
            pass
        except TimeoutError:
            self.world.misses.add(OTHER, f"{self.copy.name} flooded and was not closed")
