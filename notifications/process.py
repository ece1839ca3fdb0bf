"""What a server process does beside answering: fan-out, pushing, heartbeats."""

import asyncio
import logging

from notifications import realtime, sockets
from notifications.models import fan_out

logger = logging.getLogger(__name__)


SECONDS_TO_SEND = 1


async def _ended(tasks):
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Process:
    """Tasks on the loop that serves; started with the first thing that is asked of it."""

    def __init__(self):
        self.tasks = []
        self.loop = None

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        if loop is not self.loop:
            self.loop = loop
            work = (realtime.sender.run(), fan_out.run(), sockets.beat_forever())
            self.tasks = [loop.create_task(each) for each in work]

    async def stop(self) -> None:
        """Ends the tasks, the sender last: what the others still publish goes out."""
        if not self.tasks:
            return
        sender, *others = self.tasks
        await _ended(others)
        await realtime.sender.drained(SECONDS_TO_SEND)
        await _ended([sender])
        self.loop, self.tasks = None, []

    async def lifespan(self, receive, send) -> None:
        """ASGI's lifespan protocol, for servers that speak it."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await self.stop()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
