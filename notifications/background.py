"""Work that is done beside the answering of requests.

In a server process each kind of work is a task on the server's event loop that hands the work to
a thread of its own when it is woken. In a shell, a command or a test no loop runs, and waking does
the work on the spot. The same code does it either way.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from channels.db import DatabaseSyncToAsync
from django.db import connections

logger = logging.getLogger(__name__)

RETRY_SECONDS = 2


class Background:
    """One kind of work, which is to do whatever is due when it is called."""

    def __init__(self, name: str, work: Callable[[], None]):
        self.name = name
        self.work = work
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken: asyncio.Event | None = None

    def wake(self) -> None:
        """Somebody has work for it: never waits for that in a server process."""
        if self._loop is not None and self._loop.is_running():
            self._loop.call_soon_threadsafe(self._woken.set)
        else:
            self.work()

    async def run(self) -> None:
        """Does what is due now, then what is due whenever it is woken; a failure is retried."""
        self._loop, self._woken = asyncio.get_running_loop(), asyncio.Event()
        self._woken.set()
        with ThreadPoolExecutor(1, self.name) as thread:
            try:
                await self._work_in(thread)
            finally:
                self._loop = None
                thread.submit(connections.close_all)

    async def _work_in(self, thread) -> None:
        work = DatabaseSyncToAsync(self.work, thread_sensitive=False, executor=thread)
        while True:
            await self._woken.wait()
            self._woken.clear()
            try:
                await work()
            except Exception:
                logger.exception("The %s failed: it is tried again", self.name)
                self._loop.call_later(RETRY_SECONDS, self._woken.set)
