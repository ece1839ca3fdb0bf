"""Rounds over the sockets of this process: who chatted since the last one is told where their
sequence stands, so that a push that was lost is missed for no longer than one round."""

import asyncio
import logging

from channels.db import database_sync_to_async
from django.conf import settings

from chat import frames
from chat.models import ChatInbox
from notifications.sockets import open_sockets

logger = logging.getLogger(__name__)


async def run() -> None:
    told = {}
    while True:
        await asyncio.sleep(settings.HEARTBEAT_SECONDS)
        try:
            told = await tell(told)
        except Exception:
            logger.exception("A round of the chat failed: the next one makes up for it")


async def tell(told: dict) -> dict:
    """One round. ``told`` is what the last one returned."""
    if not open_sockets:
        return {}
    standings = await _standings(list(open_sockets))
    for user_id, standing in standings.items():
        if told.get(user_id) != standing:
            for consumer in list(open_sockets.get(user_id, ())):
                if consumer.position is not None:
                    consumer.send_text(frames.state(*standing))
    return standings


@database_sync_to_async
def _standings(user_ids):
    rows = ChatInbox.objects.filter(pk__in=user_ids).values_list("pk", "seq", "unread_count")
    return {user_id: (seq, unread) for user_id, seq, unread in rows}
