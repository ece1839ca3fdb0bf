"""What a server process does for webhooks: knowing which there are, so that no lead has to ask."""

import asyncio
import logging

from channels.db import database_sync_to_async

from crm.webhooks.endpoint import read

logger = logging.getLogger(__name__)
EVERY = 2  # seconds; less than endpoint.KNOWN_SECONDS


async def run() -> None:
    while True:
        try:
            await database_sync_to_async(read)()
        except Exception:
            logger.exception("Which webhooks there are could not be read: it is tried again")
        await asyncio.sleep(EVERY)
