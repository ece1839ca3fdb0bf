"""The sockets that this process holds, and the heartbeat that keeps their clients honest.

A heartbeat carries the user's sequence, so a client that lost a push learns of it. One query a
round serves every socket of the process; users who were deactivated are found by it as well.
"""

import asyncio
import logging
from collections import defaultdict

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model

from notifications import frames, realtime

logger = logging.getLogger(__name__)

open_sockets = defaultdict(set)  # user id -> consumers


def admit(consumer, user_id: int) -> bool:
    """Counts the socket in, unless the user holds as many as they may."""
    held = open_sockets[user_id]
    if len(held) >= settings.SOCKETS_PER_USER:
        return False
    held.add(consumer)
    return True


def leave(consumer, user_id: int) -> None:
    held = open_sockets.get(user_id, set())
    held.discard(consumer)
    if not held:
        open_sockets.pop(user_id, None)


async def beat_forever() -> None:
    while True:
        await asyncio.sleep(settings.HEARTBEAT_SECONDS)
        try:
            await beat()
        except Exception:
            logger.exception("A round of heartbeats failed: the next one is on its way")


async def beat() -> None:
    """One round: every socket that was greeted gets a heartbeat with its user's sequence, and
    those of users who are not active any more are closed."""
    greeted = [each for held in open_sockets.values() for each in held if each.greeted is not None]
    sequences = await _sequences({consumer.user.pk for consumer in greeted})
    beats = (_beat(consumer, sequences.get(consumer.user.pk)) for consumer in greeted)
    await asyncio.gather(*beats, return_exceptions=True)  # one that fails stops no other


async def _beat(consumer, seq) -> None:
    if seq is None:
        await consumer.close(realtime.DEACTIVATED)
    else:
        await consumer.send(text_data=frames.heartbeat(seq))


@database_sync_to_async
def _sequences(user_ids):
    """The sequence of each of these that is active."""
    active = get_user_model().objects.filter(pk__in=user_ids, is_active=True)
    found = active.values_list("pk", "inbox__seq") if user_ids else ()
    return {user_id: seq or 0 for user_id, seq in found}
