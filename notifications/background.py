"""Work that is done beside the answering of requests.

In a server process each kind of work is a task on the server's event loop that hands the work to
a thread of its own when it is woken. In a shell, a command or a test no loop runs, and waking does
the work on the spot. The same code does it either way.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from channels.db import DatabaseSyncToAsync
from django.db import connections

logger = logging.getLogger(__name__)

RETRY_SECONDS = 2


class Background:
    """One kind of work: a function that does a batch of what is due and returns whether more may
    be. ``pause`` is for how many seconds the loop lets what is due come together."""

    def __init__(self, name: str, work: Callable[[], bool], pause: float = 0):
        self.name = name
        self.work = work
        self.pause = pause
        self._spot = threading.RLock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken: asyncio.Event | None = None

    def wake(self) -> None:
        """Somebody has work for it: never waits for that in a server process."""
        if self._loop is not None and self._loop.is_running():
            if not self._woken.is_set():
                self._loop.call_soon_threadsafe(self._woken.set)
        else:
            with self._spot:  # who had to wait often finds their own done with the other's
                while self.work():
                    pass

    async def run(self) -> None:
        """Does what is due now, then what is due whenever it is woken; a failure is retried."""
        self._loop, self._woken = asyncio.get_running_loop(), asyncio.Event()
        self._woken.set()
        thread = ThreadPoolExecutor(1, self.name)
        try:
            await self._work_in(thread)
        finally:
            # What is begun is finished; the loop goes on meanwhile, since the work may need it.
            if self.pause:
                thread.submit(self.work)
            thread.submit(connections.close_all)
            await asyncio.to_thread(thread.shutdown)
            self._loop = None

    async def _work_in(self, thread) -> None:
        work = DatabaseSyncToAsync(self.work, thread_sensitive=False, executor=thread)
        while True:
            await self._woken.wait()
            await asyncio.sleep(self.pause)
            self._woken.clear()
            try:
                while await work():
                    pass
            except Exception:
                logger.exception("The %s failed: it is tried again", self.name)
                self._loop.call_later(RETRY_SECONDS, self._woken.set)
