"""What a server process does beside answering: fan-out, pushing, heartbeats, and in embedded mode
the worker's jobs."""

import asyncio
import logging

from notifications import realtime, sockets
from notifications.models import fan_out, pushed_marks
from notifications.worker import Worker

logger = logging.getLogger(__name__)


SECONDS_TO_SEND = 1


async def _ended(tasks):
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Process:
    """Tasks on the loop that serves; started with the first thing that is asked of it."""

    def __init__(self, jobs=()):
        self.jobs = jobs
        self.tasks = []
        self.loop = None

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        if loop is not self.loop:
            self.loop = loop
            work = [
                realtime.sender.run(),
                pushed_marks.run(),
                fan_out.run(),
                *sockets.rounds.tasks(),
            ]
            if self.jobs:
                work.append(Worker(self.jobs).run_on_loop())
            self.tasks = [loop.create_task(each) for each in work]

    async def stop(self) -> None:
        """Ends the tasks, the sender late: what the others still publish goes out."""
        if not self.tasks:
            return
        sender, marks, *others = self.tasks
        await _ended(others)
        await realtime.sender.drained(SECONDS_TO_SEND)
        await _ended([sender])
        await _ended([marks])
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
