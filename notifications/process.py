"""What a server process does beside answering: fan-out, pushing, heartbeats, and in embedded mode
the worker's jobs."""

import asyncio
import logging

from notifications import realtime, sockets
from notifications.models import fan_out, pushed_marks
from notifications.worker import Worker

logger = logging.getLogger(__name__)


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
                fan_out.run(),
                pushed_marks.run(),
                *sockets.rounds.tasks(),
            ]
            if self.jobs:
                work.append(Worker(self.jobs).run_on_loop())
            self.tasks = [loop.create_task(each) for each in work]

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
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
