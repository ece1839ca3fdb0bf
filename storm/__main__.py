"""`python -m storm`: one storm, one table; exit status 1 on a single miss."""

import argparse
import asyncio
import contextlib
import logging
import secrets
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import httpx

from storm import audit
from storm.cast import Cast
from storm.check import Check
from storm.client import Client
from storm.hand import Hand
from storm.people import Person
from storm.table import table
from storm.world import OTHER, World
from storm.writers import Ledger, Writer
from tools.command import say, unwind_when_terminated

WRITERS = 4
WARM = 60  # seconds, until everything was done once
PREPARATION = 90  # seconds, at most, until everybody is connected
BEFORE_AND_AFTER = 240  # seconds, at most, beside the storm itself


def options(arguments):
    parser = argparse.ArgumentParser(prog="python -m storm", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--keep-logs", action="store_true", help="Also when nothing was missed.")
    parser.add_argument(
        "--soak", action="store_true", help="Kill nothing: does memory grow over a long time?"
    )
    sabotage = parser.add_mutually_exclusive_group()
    for name in ("without-anti-entropy", "sequence-before"):
        sabotage.add_argument(f"--{name}", dest="sabotage", action="store_const", const=name)
    return parser.parse_args(arguments)


class Storm:
    def __init__(self, cast, settings):
        self.cast, self.settings = cast, settings
        self.ledger = Ledger()
        self.audit = audit.Audit(cast.postgres.url)
        self.tasks = []

    async def run(self):
        """Everything from the first start to the last check."""
        with (self.cast.folder / "storm.log").open("w") as log:
            async with httpx.AsyncClient(timeout=20, trust_env=False) as http:
                bases = [server.base for server in self.cast.servers]
                self.world = World(self.settings.seed, bases, http, log)
                try:
                    async with asyncio.timeout(self.settings.seconds + BEFORE_AND_AFTER):
                        await self._prepare()
                        await self._rage()
                        await self._calm()
                        await self.check.run()
                except TimeoutError:
                    self.world.misses.add(OTHER, "it did not come to its end in time")
                finally:
                    for task in self.tasks:
                        task.cancel()
                    await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _prepare(self):
        audit.install(self.cast.postgres.url)
        users = self.cast.users(self.settings.users, self.settings.seconds)
        for program in (*self.cast.servers, *self.cast.workers):
            program.start()
        for server in self.cast.servers:
            await server.answers(self.world.http)
        self.people = [Person(self.world, **user) for user in users]
        self.clients = [
            Client(self.world, person, server.base)
            for person in self.people
            for server in self.cast.servers
        ]
        self.hand = Hand(self.world, self.cast, self.clients, self.settings.soak)
        self.check = Check(self.world, self.audit, self.ledger, self.clients, self.cast.workers)
        self.tasks = [asyncio.create_task(client.live()) for client in self.clients]
        async with asyncio.timeout(PREPARATION):
            while any(client.copy.seq is None for client in self.clients):
                await asyncio.sleep(0.1)

    async def _rage(self):
        self.world.note("The storm begins")
        ended = asyncio.Event()
        writers = [Writer(self.world, self.ledger, n, self.people) for n in range(WRITERS)]
        self.cast.inside.start()
        writing = [asyncio.create_task(writer.work(ended)) for writer in writers]
        self.tasks += [*writing, asyncio.create_task(self._weigh())]
        await self.hand.run(self.settings.seconds)
        await self.hand.last_push_lost(self.ledger, ended)
        await asyncio.gather(*writing)
        await self.cast.inside.end(signal.SIGTERM)
        self._read_what_inside_says()

    async def _weigh(self):
        await asyncio.sleep(min(WARM, self.settings.seconds / 2))
        self.cast.weigh()

    def _read_what_inside_says(self):
        for line in self.cast.inside.output.splitlines():
            words = line.split()
            if words[:1] == ["kept"] and len(words) == 3:
                self.ledger.record(words[1], int(words[2]), self.world.misses)

    async def _calm(self):
        """All is up again, and says that it is ready."""
        self.world.note("It is calm")
        for server in self.cast.servers:
            await server.answers(self.world.http, "/readyz")


def main(arguments):
    unwind_when_terminated()
    logging.getLogger("websockets").setLevel(logging.CRITICAL)  # it tells of connections that broke
    settings = options(arguments)
    with logs(settings.keep_logs) as folder, Cast(folder, settings.sabotage) as cast:
        storm = Storm(cast, settings)
        asyncio.run(storm.run())
        say(table(storm))
        if storm.world.misses:
            raise MissedError
    return 0


class MissedError(Exception):
    """Something was missed; the table says what."""


@contextlib.contextmanager
def logs(keep):
    """A folder for what the programs say, which goes unless something failed."""
    folder = Path(tempfile.mkdtemp(prefix="leadbell-storm-"))
    try:
        yield folder
    except Exception:
        keep = True
        raise
    finally:
        if keep:
            say(f"The logs are kept in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except MissedError:
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
