"""Due work, done by whoever claims it: any number of workers may run.

A job is a function that claims and does a bounded amount of its work and returns how much it did;
it is called again until nothing is left. Claims are row locks or leases in the job's own table, so
a worker that is killed leaves its work to the others.
"""

import asyncio
import contextlib
import logging
import os
import platform
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import NamedTuple

from channels.db import DatabaseSyncToAsync
from django.db import DatabaseError, close_old_connections, connections

from notifications.models import WorkerProcess

logger = logging.getLogger(__name__)

IDLE_SECONDS = 1
BEAT_SECONDS = 5


class Job(NamedTuple):
    """One that goes on for minutes is done ``aside``, in a thread of its own, so that no other has
    to wait for it."""

    name: str
    every: float  # seconds
    work: Callable[[], int]
    aside: bool = False


class Worker:
    def __init__(self, jobs: list[Job]):
        self.jobs = [job for job in jobs if not job.aside]
        self.long = [job for job in jobs if job.aside]
        self.due_at = dict.fromkeys((job.name for job in self.jobs), 0.0)
        self.beat_at = 0.0
        self.stopping = threading.Event()
        self.process = WorkerProcess(name=f"{platform.node()}:{os.getpid()}")

    def run(self) -> None:
        """Works until ``stop``; what is begun is finished."""
        with self._long_ones():
            while not self.stopping.wait(IDLE_SECONDS):
                close_old_connections()  # one that broke is replaced, as at a request's start
                self.tick()
        with contextlib.suppress(DatabaseError):  # else it is forgotten after a day
            self.process.delete()

    def stop(self, *_) -> None:
        self.stopping.set()

    async def run_on_loop(self) -> None:
        """``run`` as a task of the server's loop, for the embedded mode."""
        thread = ThreadPoolExecutor(1, "worker")
        tick = DatabaseSyncToAsync(self.tick, thread_sensitive=False, executor=thread)
        aside = self._begin_long_ones()
        try:
            while True:
                await tick()
                await asyncio.sleep(IDLE_SECONDS)
        finally:
            self.stop()
            thread.submit(connections.close_all)
            await asyncio.to_thread(thread.shutdown)  # what is begun is finished
            await asyncio.to_thread(_join, aside)

    @contextlib.contextmanager
    def _long_ones(self):
        threads = self._begin_long_ones()
        try:
            yield
        finally:
            self.stop()
            _join(threads)

    def _begin_long_ones(self):
        threads = [
            threading.Thread(target=self._aside, args=(job,), name=job.name, daemon=True)
            for job in self.long
        ]
        for thread in threads:
            thread.start()
        return threads

    def _aside(self, job) -> None:
        while not self.stopping.wait(job.every):
            close_old_connections()
            self._do(job, beating=False)
        connections.close_all()

    def tick(self) -> None:
        """Does what is due now. A failing job is logged and costs no other its turn."""
        self._beat()
        for job in self.jobs:
            if self.due_at[job.name] <= monotonic():
                self.due_at[job.name] = monotonic() + job.every
                self._do(job)

    def _do(self, job, beating=True) -> None:
        try:
            while not self.stopping.is_set() and job.work():
                if beating:
                    self._beat()
        except Exception:
            logger.exception("The job %r failed: it is tried again", job.name)

    def _beat(self) -> None:
        if self.beat_at > monotonic():
            return
        self.beat_at = monotonic() + BEAT_SECONDS
        try:
            self.process.beat()
            WorkerProcess.objects.forget_dead()
        except Exception:
            logger.exception("The worker's sign of life could not be written")


def _join(threads) -> None:
    for thread in threads:
        thread.join()
