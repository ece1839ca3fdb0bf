"""Work that is done beside the answering of requests.

In a server process each kind of work has a thread of its own, which whoever commits something wakes
without a detour over the event loop. In a shell, a command or a test no loop runs, and waking does
the work on the spot. The same code does it either way.
"""

import asyncio
import logging
import threading
from collections.abc import Callable

from django.db import close_old_connections, connections

logger = logging.getLogger(__name__)

RETRY_SECONDS = 2


class Background:
    """One kind of work: a function that does a batch of what is due and returns whether more may
    be. ``pause`` is for how many seconds it lets what is due come together."""

    def __init__(self, name: str, work: Callable[[], bool], pause: float = 0):
        self.name = name
        self.work = work
        self.pause = pause
        self._spot = threading.RLock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken, self._ending = threading.Event(), threading.Event()

    def wake(self) -> None:
        """Somebody has work for it: never waits for that in a server process."""
        if self._loop is not None and self._loop.is_running():
            self._woken.set()
        else:
            with self._spot:  # who had to wait often finds their own done with the other's
                while self.work():
                    pass

    async def run(self) -> None:
        """Does what is due now, then what is due whenever it is woken; a failure is retried."""
        self._woken, self._ending = threading.Event(), threading.Event()
        self._woken.set()
        self._loop = asyncio.get_running_loop()
        thread = threading.Thread(target=self._work, name=self.name, daemon=True)
        thread.start()
        try:
            await asyncio.Event().wait()  # until it is cancelled
        finally:
            # What is begun is finished; the loop goes on meanwhile, since the work may need it.
            self._ending.set()
            self._woken.set()
            await asyncio.to_thread(thread.join)
            self._loop = None

    def _work(self) -> None:
        woken, ending = self._woken, self._ending
        while not ending.is_set():
            woken.wait()
            ending.wait(self.pause)
            woken.clear()
            if not ending.is_set():
                self._work_off(woken, ending)
        if self.pause:  # what came together until now, too
            self._work_off(woken, threading.Event())
        connections.close_all()

    def _work_off(self, woken, ending) -> None:
        try:
            close_old_connections()
            while self.work() and not ending.is_set():
                pass
        except Exception:
            logger.exception("The %s failed: it is tried again", self.name)
            woken.wait(RETRY_SECONDS)
            woken.set()
