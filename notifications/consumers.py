"""The socket: a user's notifications as they happen, and catching up by sequence.

The scope brings ``sign_in``, who may connect and by what (see crm/sockets.py). Apps above add what
clients may send with a method ``on_<type>`` for each type of frame (see leads/consumers.py).
"""

import asyncio
import contextlib
import logging
from collections import deque
from time import monotonic
from uuid import uuid4

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth import get_user_model

from notifications import frames, realtime, sockets, wire
from notifications.fields import MAX_ID
from notifications.models import Inbox, PositionLost
from notifications.models.inbox import PAGE
from notifications.outlet import outlet

logger = logging.getLogger(__name__)

MAX_FRAME = 64 * 1024  # bytes
MAX_FRAMES, PER_SECONDS = 50, 10
ON_THE_WAY = 1  # seconds that a push may take from the commit before it counts as lost

TOO_BIG = 1009
TRY_LATER = 1013
TOO_MANY = 4429


class BadFrame(Exception):
    """What a client sent cannot be done; ``code`` and ``detail`` go back in an error frame."""

    def __init__(self, code: str, detail: str):
        super().__init__(detail)
        self.code, self.detail = code, detail


class Refused(Exception):
    """Who may not connect; why is said in the log only."""


class InboxConsumer(AsyncWebsocketConsumer):
    """What is pushed reaches it by ``hear``, straight from the channel layer. ``position`` stands
    where everything up to it was sent, or is being asked for page by page, so it stays before a gap
    until that is healed."""

    async def __call__(self, scope, receive, send):
        self.scope, self.base_send = scope, send
        self.sign_in = scope["sign_in"]
        self.user_id = self.sign_in.user_id
        self.name = uuid4().hex
        self.outlet = outlet(scope, send)
        self.received = deque(maxlen=MAX_FRAMES)
        self.accepted, self.position, self.closing, self.expiry = False, None, None, None
        self.held, self.holders = [], 0
        try:
            await self._converse(receive)
        except Refused:
            raise
        except Exception as problem:  # the channel layer or the database is away
            logger.warning("Socket of user %s failed: %s", self.user_id, type(problem).__name__)
            await self._accept()
            await self.close(TRY_LATER)
        finally:
            await self._leave()

    async def _converse(self, receive):
        while (message := await receive())["type"] != "websocket.disconnect":
            if message["type"] == "websocket.connect":
                await self.connect()
            else:
                await self.receive(message.get("text"), message.get("bytes"))
        code = self.closing or message.get("code")
        logger.info("Socket of user %s closed: %s", self.user_id, code)

    async def connect(self):
        """Listens first and reads the position then, so that nothing falls between the two."""
        with self._holding():
            await self._listen()
            seq, unread = await self.sign_in.inbox()
            await self._accept()
            if not await sockets.admit(self, self.user_id):
                return await self.close(TOO_MANY)
            self.send_text(frames.hello(self.user_id, seq, unread))
            self.position = seq
        if self.sign_in.expires_in is not None:
            later = asyncio.get_running_loop().call_later
            self.expiry = later(self.sign_in.expires_in, self._close_soon, realtime.REVOKED)
        logger.info("Socket of user %s connected by %s", self.user_id, self.sign_in.means)

    async def _listen(self):
        await realtime.listen(self.user_id, self.hear)

    async def _accept(self):
        if not self.accepted and self.closing is None:
            self.accepted = True
            await self.accept(self.sign_in.subprotocol)

    def send_text(self, *texts: str) -> None:
        if texts and self.closing is None:
            self.outlet.write(*texts)

    async def _leave(self):
        sockets.leave(self, self.user_id)
        if self.expiry:
            self.expiry.cancel()
        await self._give_up(realtime.leave_seat, self.name)
        await self._give_up(realtime.forget, self.hear)

    async def _give_up(self, give_up, what):
        try:
            await give_up(self.user_id, what)
        except Exception as problem:
            logger.debug("Socket of user %s left badly: %r", self.user_id, problem)

    async def close(self, code=None, reason=None):
        if self.closing is not None:
            return
        self.closing = code
        sockets.leave(self, self.user_id)
        await self.outlet.flushed()
        try:
            await super().close(code, reason)
        except Exception:
            if code >= 3000:
                raise
            # Plain daphne sends none of the protocol's own codes: 4009 stands for 1009.
            await super().close(code + 3000, reason)

    def _close_soon(self, code):
        asyncio.ensure_future(self.close(code))  # noqa: RUF006 (it ends at once)

    # From the channel layer

    def hear(self, message):
        if message["type"] == "end":
            if message["signIn"] in ("", self.sign_in.name):
                self._close_soon(message["code"])
        elif self.holders:
            self.held.append(message)
        elif self.position is not None:  # else it was never greeted, and is on its way out
            self._push(message["frames"])

    def _push(self, pushed):
        """Ready frames; those of a change that was sent already are left out."""
        texts = []
        for seq, text in pushed:
            if not 0 < seq <= self.position:
                texts.append(text)
                if seq == self.position + 1:
                    self.position = seq
        self.send_text(*texts)

    @contextlib.contextmanager
    def _holding(self):
        """What is pushed while the database is read goes out after what was read."""
        self.holders += 1
        try:
            yield
        finally:
            self.holders -= 1
            if not self.holders and self.position is not None:
                held, self.held = self.held, []
                for message in held:
                    self._push(message["frames"])

    async def beat(self, seq: int) -> bool:
        """A round found the user's sequence at ``seq``, past the position: sends what no push
        brings meanwhile. Returns whether there was something."""
        await asyncio.sleep(ON_THE_WAY)
        if missed := seq > self.position:
            logger.info("Socket of user %s missed %s to %s", self.user_id, self.position + 1, seq)
            await self._catch_up(self.position, PAGE)
        self.send_text(frames.heartbeat(seq))
        return missed

    async def _catch_up(self, since, limit):
        with self._holding():
            text, reached, seq = await self._changes(since, limit)
            if reached >= self.position:
                # The client goes on from there by itself: a frame between the two would come
                # before what it asks for, and to mark all read tells nothing of what the rows are.
                self.position = seq
            self.send_text(text)

    # From the client

    async def receive(self, text_data=None, bytes_data=None):
        if self.closing is not None:
            return
        now = monotonic()
        if len(self.received) == MAX_FRAMES and now - self.received[0] < PER_SECONDS:
            return await self.close(TOO_MANY)
        self.received.append(now)
        if len(bytes_data if text_data is None else text_data.encode()) > MAX_FRAME:
            return await self.close(TOO_BIG)
        frame = {}
        try:
            frame = _parsed(text_data)
            await self._handler(frame)(frame)
        except BadFrame as problem:
            text = frames.error(problem.code, problem.detail, request_id(frame))
            self.send_text(text)

    def _handler(self, frame):
        kind = frame.get("type")
        handler = self.handlers.get(kind) if isinstance(kind, str) else None
        if handler is None:
            known = ", ".join(sorted(self.handlers))
            raise BadFrame("unknown_type", f"type must be one of {known}.")
        return getattr(self, handler)

    handlers = {"sync": "on_sync", "ack": "on_ack"}

    async def on_sync(self, frame):
        since = number_of(frame, "since", 0)
        limit = min(number_of(frame, "limit", 1, default=PAGE), PAGE)
        await self._catch_up(since, limit)

    async def on_ack(self, frame):
        await self._acknowledge(number_of(frame, "seq", 0))

    # The database

    @property
    def user(self):
        """The user, of whom no more than the id is known here."""
        return get_user_model()(pk=self.user_id)

    @database_sync_to_async
    def _changes(self, since, limit) -> tuple[str, int, int]:
        """The answer to ``sync``, the position that a client has with it, and the last there is."""
        inbox = Inbox(pk=self.user_id)
        try:
            page = inbox.changes(since, limit)
        except PositionLost:
            return frames.sync_reset(inbox.seq, inbox.unread_count), inbox.seq, inbox.seq
        return frames.sync(page), page["seq"], inbox.seq

    @database_sync_to_async
    def _acknowledge(self, seq):
        Inbox.objects.of(self.user).acknowledge(seq)


def _parsed(text):
    try:
        if text is None:
            raise ValueError("it is binary")
        frame = wire.decode(text)
    except ValueError as problem:
        raise BadFrame("bad_frame", f"The frame is not valid JSON: {problem}.") from problem
    if not isinstance(frame, dict):
        raise BadFrame("bad_frame", "The frame must be a JSON object.")
    return frame


def request_id(frame) -> str | int | None:
    """The client's name for its request, if it has one that can be given back."""
    value = frame.get("requestId")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_ID:
        return value
    text = isinstance(value, str) and len(value) <= 255 and wire.is_text(value)
    return value if text else None


def number_of(frame, name, low, default=None) -> int:
    """A whole number that the frame must have."""
    value = frame.get(name, default)
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= MAX_ID:
        return value
    raise BadFrame("invalid", f"{name} must be a whole number from {low}.")
