"""What a server process does beside answering: fan-out, pushing, heartbeats, and in embedded mode
the worker's jobs."""

import asyncio
import logging

from notifications import measuring, realtime, sockets
from notifications.models import fan_out, pushed_marks
from notifications.worker import Worker

logger = logging.getLogger(__name__)


SECONDS_TO_SEND = 1
SECONDS_TO_END = 5  # for what is begun; a process that ends must not wait for ever


async def _ended(tasks):
    """Asks again who goes on: what a task waits for may take a cancellation for its own."""
    going_on = set(tasks)
    while going_on:
        for task in going_on:
            task.cancel()
        _, going_on = await asyncio.wait(going_on, timeout=SECONDS_TO_END)
        if going_on:
            logger.warning("Still going on at the end: %s", going_on)


class Process:
    """Tasks on the loop that serves; started with the first thing that is asked of it. ``rounds``
    are functions of apps above, each of which runs for as long as the process does."""

    def __init__(self, jobs=(), rounds=()):
        self.jobs, self.rounds = jobs, rounds
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
                measuring.run(),
                *(run() for run in self.rounds),
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
        await measuring.end()
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
