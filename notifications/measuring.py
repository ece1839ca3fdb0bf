"""When a process writes down what it counted: every BEAT_SECONDS, and when it ends.

What a command or a shell counted is written when it ends (manage.py).
"""

import asyncio
import logging
import os
import platform

from channels.db import database_sync_to_async

from notifications import metrics, sockets
from notifications.models import MeasuredProcess

logger = logging.getLogger(__name__)

BEAT_SECONDS = 5
UNWRITTEN = "What was counted could not be written: %s"


class Measuring:
    """Of this process. ``kept`` is what was written down of what ``metrics`` counted."""

    def __init__(self):
        self.kept, self.row = metrics.Figures(), None

    def begin(self, role: str) -> None:
        name = f"{platform.node()}:{os.getpid()}"
        self.kept, self.row = metrics.figures(), MeasuredProcess(role=role, name=name)

    def beat(self, sockets_held: int = 0) -> None:
        """Where it cannot be written it is written with the next."""
        now = metrics.figures()
        try:
            self.row.beat(metrics.difference(now, self.kept), sockets_held)
            self.kept = now
        except Exception as problem:
            logger.warning(UNWRITTEN, type(problem).__name__)

    def end(self) -> None:
        """Leaves what it counted to those that are gone."""
        now = metrics.figures()
        left = metrics.difference(now, self.kept)
        if self.row is None and not left:
            return
        mine = MeasuredProcess.objects.filter(pk=self.row.pk if self.row else None)
        try:
            mine.take_leave(left)
            self.kept, self.row = now, None
        except Exception as problem:
            logger.warning(UNWRITTEN, type(problem).__name__)


measuring = Measuring()


async def run() -> None:
    """In a server process, for as long as the loop runs."""
    measuring.begin(MeasuredProcess.Role.SERVE)
    write = database_sync_to_async(measuring.beat)
    while True:
        await write(sum(map(len, sockets.open_sockets.values())))
        await asyncio.sleep(BEAT_SECONDS)


async def end() -> None:
    await database_sync_to_async(measuring.end)()
