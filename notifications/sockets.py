"""The sockets that this process holds, and the heartbeat that keeps their clients honest.

A heartbeat carries the user's sequence, so a client that lost a push learns of it. One query a
round serves every socket of the process; users who were deactivated are found by it as well.
"""

import asyncio
import logging
from collections import defaultdict

from channels.db import database_sync_to_async
from django.conf import settings

from notifications import frames, realtime
from notifications.models import Inbox

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
    for consumer in greeted:
        seq = sequences.get(consumer.user.pk)
        if seq is None:
            await consumer.close(realtime.DEACTIVATED)
        else:
            await consumer.send(text_data=frames.heartbeat(seq))


@database_sync_to_async
def _sequences(user_ids):
    """The sequence of each of these that is active."""
    active = Inbox.objects.filter(user_id__in=user_ids, user__is_active=True)
    return dict(active.values_list("user_id", "seq")) if user_ids else {}
