"""The sockets that this process holds, and the rounds that find who missed something.

A round asks for the sequences of all connected users in one query, sends everybody a heartbeat, and
whoever a push did not reach what they missed. Rounds happen every HEARTBEAT_SECONDS, and at once
when the channel layer is back: so a notification reaches every connected client even if every push
is lost.
"""

import asyncio
import contextlib
import itertools
import logging
from collections import defaultdict

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model

from notifications import frames, metrics, realtime

logger = logging.getLogger(__name__)

SIGN_INS_EVERY = 4  # rounds
RETRY_SECONDS = 2

open_sockets = defaultdict(set)  # user id -> consumers


async def admit(consumer, user_id: int) -> bool:
    """Counts the socket in, unless the user holds as many as they may, over all processes."""
    held = open_sockets[user_id]
    if len(held) >= settings.SOCKETS_PER_USER:
        return False
    held.add(consumer)
    if await realtime.take_seat(user_id, consumer.name):
        return True
    leave(consumer, user_id)
    return False


def leave(consumer, user_id: int) -> None:
    held = open_sockets.get(user_id, set())
    held.discard(consumer)
    if not held:
        open_sockets.pop(user_id, None)


class Rounds:
    """When rounds happen."""

    def tasks(self):
        self.early = asyncio.Event()
        return self.run(), realtime.watch(self.early.set)

    async def run(self) -> None:
        for number in itertools.count(1):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.early.wait(), settings.HEARTBEAT_SECONDS)
            thorough = self.early.is_set() or number % SIGN_INS_EVERY == 0
            self.early.clear()
            while not await self._done(thorough):
                await asyncio.sleep(RETRY_SECONDS)

    async def _done(self, thorough: bool) -> bool:
        try:
            await keep_seats()
            if thorough:
                await end_what_ended()
            await beat()
        except Exception:
            logger.exception("A round of heartbeats failed: it is tried again")
            return False
        return True


rounds = Rounds()


async def beat() -> None:
    """One round over every socket that was greeted; those of users who are not active any more are
    closed."""
    greeted = [each for held in open_sockets.values() for each in held if each.position is not None]
    if not greeted:
        return
    sequences = await _sequences({consumer.user_id for consumer in greeted})
    beats = [beat for each in greeted if (beat := _beat(each, sequences.get(each.user_id)))]
    ended = await asyncio.gather(*beats, return_exceptions=True)  # one that fails stops no other
    _count(sum(each is True for each in ended))
    for problem in ended:
        if isinstance(problem, BaseException):
            raise problem  # the round is tried again


def _count(healed):
    metrics.rounds.add()
    metrics.healing_rounds.add(healed > 0)
    metrics.sockets_healed.add(healed)


def _beat(consumer, seq):
    """A heartbeat for who missed nothing, at once; what is left to do for who did."""
    if seq is None:
        return consumer.close(realtime.DEACTIVATED)
    if seq > consumer.position:
        return consumer.beat(seq)
    consumer.send_text(frames.heartbeat(seq))
    return None


async def keep_seats() -> None:
    """They lapse by themselves, since a killed process gives up none."""
    await realtime.keep_seats(
        (user_id, consumer.name) for user_id, held in open_sockets.items() for consumer in held
    )


async def end_what_ended() -> None:
    """Closes sockets whose sign-in ended without the push that says so having come."""
    consumers = [consumer for held in open_sockets.values() for consumer in held]
    if not consumers:
        return
    find_ended = consumers[0].sign_in.find_ended
    ended = await find_ended([consumer.sign_in for consumer in consumers])
    for consumer in consumers:
        if consumer.sign_in in ended:
            await consumer.close(realtime.REVOKED)


@database_sync_to_async
def _sequences(user_ids):
    """The sequence of each of these that is active."""
    active = get_user_model().objects.filter(pk__in=user_ids, is_active=True)
    found = active.values_list("pk", "inbox__seq")
    return {user_id: seq or 0 for user_id, seq in found}
