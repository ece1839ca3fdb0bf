"""The push: frames out to the sockets of users. The only module that knows the channel layer.

A push is a hint, the row is the truth: nothing here raises, and nothing here is needed for
correctness. When the channel layer does not answer, the first send waits at most ``SEND_TIMEOUT``,
one line is logged, and pushes are dropped without trying until a retry finds the layer back;
clients learn what they missed from the sequence in the next heartbeat, hello or frame.

In a server process the sends happen on its event loop, in commit order, and the committing thread
does not wait for them. Elsewhere (a shell, a command, a test) they happen on the spot.
"""

import asyncio
import contextlib
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import transaction

from notifications import metrics, trace

logger = logging.getLogger(__name__)

# Seconds for one batch of at most BATCH messages: where a caller waits, and where nobody does.
SEND_TIMEOUT = 0.25
BACKGROUND_TIMEOUT = 5
BATCH = 500
BATCH_CHARACTERS = 4_000_000  # Redis drops a subscriber for whom 32 MB wait
SEAT_SECONDS = 45  # three rounds; for so long the sockets of a killed process count
ECHO_SECONDS = 2
RETRY_SECONDS = (1, 2, 4, 8, 15)

# Close codes, see docs/delivery.md
REVOKED = 4401
DEACTIVATED = 4403


def user_group(user_id: int) -> str:
    return f"notifications_{user_id}"


def chat_group(user_id: int) -> str:
    return f"chat_message_{user_id}"


class Push(NamedTuple):
    """One ready frame for one user. ``seq`` is 0 for a frame outside the user's sequence;
    ``request_id`` is what it came of, for the log."""

    user_id: int
    text: str
    seq: int = 0
    notification_id: UUID | str | None = None
    group: Callable[[int], str] = user_group
    request_id: str = ""


class Sender:
    """Sends to the channel layer, and remembers whether it answers."""

    def __init__(self):
        self.failures = 0
        self.retry_at = 0.0
        self.queue: asyncio.Queue | None = None
        self.loop: asyncio.AbstractEventLoop | None = None

    def publish(self, messages: list[tuple[str, dict]], sent: list[Push] = (), then=None):
        """``messages`` are pairs of group and message; ``sent`` is what to log once they went, and
        ``then`` what to call."""
        if self.loop is not None and self.loop.is_running():
            self.loop.call_soon_threadsafe(self.queue.put_nowait, (messages, sent, then))
        elif async_to_sync(self.send)(messages, sent) and then:
            then()

    async def run(self):
        """Sends what is published in this process, in order, for as long as the loop runs."""
        self.loop, self.queue = asyncio.get_running_loop(), asyncio.Queue()
        try:
            while True:
                messages, sent, then = await self.queue.get()
                if await self.send(messages, sent, timeout=BACKGROUND_TIMEOUT) and then:
                    then()
                self.queue.task_done()
        finally:
            self.loop = None

    async def drained(self, seconds: float) -> None:
        """Waits until all that was published here went out, at most for ``seconds``."""
        if self.queue is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.queue.join(), seconds)

    async def send(self, messages, sent, timeout=SEND_TIMEOUT) -> bool:
        if self.failures and time.monotonic() < self.retry_at:
            return False
        began = time.perf_counter()
        try:
            layer = get_channel_layer()
            for batch in _batches(messages):
                await asyncio.wait_for(layer.group_send_many(batch), timeout)
        except Exception as problem:
            # Any exception: on some Pythons a reset connection surfaces as a TypeError.
            self._failed(problem)
            return False
        self._succeeded()
        metrics.push_seconds.observe(time.perf_counter() - began)
        _log(sent)
        return True

    def _failed(self, problem):
        metrics.pushes_failed.add()
        if not self.failures:
            logger.error(
                "The channel layer does not answer (%s): nothing is pushed until it is back. "
                "Nothing is lost: clients fetch what they miss.",
                type(problem).__name__,
            )
        self.retry_at = time.monotonic() + RETRY_SECONDS[min(self.failures, 4)]
        self.failures += 1

    def _succeeded(self):
        if self.failures:
            logger.warning("The channel layer is back.")
            self.failures = 0


def _batches(messages):
    """In parts of at most BATCH messages, and of BATCH_CHARACTERS unless one alone has more."""
    batch, size = [], 0
    for group, message in messages:
        length = sum(len(text) for _, text in message.get("frames", ()))
        if batch and (len(batch) == BATCH or size + length > BATCH_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append((group, message))
        size += length
    if batch:
        yield batch


sender = Sender()


def _log(sent):
    sent = [push for push in sent if push.notification_id]
    lines = [f"Sent notification {push.notification_id} to user {push.user_id}" for push in sent]
    trace.log_lines(logger, lines, [push.request_id for push in sent])


def publish(pushes: Iterable[Push], then: Callable[[], None] | None = None) -> None:
    """Sends each user their frames, in order, as one message a user; calls ``then`` if all went."""
    pushes = list(pushes)
    frames = defaultdict(list)
    for push in pushes:
        frames[push.group(push.user_id)].append([push.seq, push.text])
    messages = [
        (group, {"type": "push", "frames": frames_of_user})
        for group, frames_of_user in frames.items()
    ]
    if messages:
        _publish_safely(messages, pushes, then)


def publish_after_commit(pushes: Iterable[Push], then=None) -> None:
    """Publishes once the surrounding transaction is committed; a rollback publishes nothing."""
    transaction.on_commit(lambda: publish(pushes, then), robust=True)


async def listen(user_id: int, listener: Callable[[dict], None]) -> None:
    """Calls ``listener`` for each message to the user, on the loop that runs now."""
    await get_channel_layer().listen((user_group(user_id), chat_group(user_id)), listener)


async def forget(user_id: int, listener: Callable[[dict], None]) -> None:
    await get_channel_layer().forget((user_group(user_id), chat_group(user_id)), listener)


async def take_seat(user_id: int, name: str) -> bool:
    """Whether the user may hold one more socket, over all processes. A layer that is one process's
    counts none: ``sockets.admit`` does. Raises what the layer raises."""
    layer = get_channel_layer()
    if not hasattr(layer, "take_seats"):
        return True
    taker = (user_group(user_id), name)
    return await layer.take_seats([taker], settings.SOCKETS_PER_USER, SEAT_SECONDS)


async def keep_seats(holders: Iterable[tuple[int, str]]) -> None:
    """Whoever holds a seat keeps it for another SEAT_SECONDS."""
    layer = get_channel_layer()
    takers = [(user_group(user_id), name) for user_id, name in holders]
    if takers and hasattr(layer, "take_seats"):
        with contextlib.suppress(Exception):  # the next round does it
            async with asyncio.timeout(BACKGROUND_TIMEOUT):
                await layer.take_seats(takers, settings.SOCKETS_PER_USER, SEAT_SECONDS)


async def leave_seat(user_id: int, name: str) -> None:
    layer = get_channel_layer()
    if hasattr(layer, "leave_seat"):
        await layer.leave_seat(user_group(user_id), name)


def end_sockets(user_id: int, *, code: int, sign_in: str = "") -> None:
    """Closes the user's sockets on every process: all, or those that ``sign_in`` opened."""
    message = {"type": "end", "code": code, "signIn": sign_in}
    _publish_safely([(user_group(user_id), message)], [])


async def watch(back: Callable[[], None]) -> None:
    """Calls ``back`` whenever the channel layer delivers again after it did not.

    It sends itself a message through the layer every ECHO_SECONDS: one that comes back came by the
    connection that the groups of this process are subscribed on.
    """
    away = False
    while True:
        try:
            await echo(ECHO_SECONDS)
        except Exception:
            away = True
        else:
            if away:
                sender.retry_at = 0
                back()
            away = False
        await asyncio.sleep(ECHO_SECONDS)


async def echo(timeout: float) -> float:
    """Sends a message through each host of the channel layer to itself; returns the seconds that it
    took. Raises TimeoutError, or what the layer raises, when one does not come back."""
    began, layer = time.monotonic(), get_channel_layer()
    async with asyncio.timeout(timeout):
        for channel in layer.names("echo."):
            try:
                await layer.open(channel)
                await layer.send(channel, {"type": "echo"})
                await layer.receive(channel)
            finally:
                await _forget(layer, channel)
    return time.monotonic() - began


async def _forget(layer, channel):
    """A layer drops a channel when a receive on it is cancelled, and has no other word for it."""
    listening = asyncio.ensure_future(layer.receive(channel))
    await asyncio.sleep(0)
    listening.cancel()
    await asyncio.wait([listening], timeout=1)


def _publish_safely(messages, sent, then=None):
    try:
        sender.publish(messages, sent, then)
    except Exception:
        logger.exception("A push failed")
