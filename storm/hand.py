"""The hand that breaks things: by a seeded plan, each kind of fault at least once in a minute."""

import asyncio
import os
import random
import signal
from collections import Counter

import psycopg

from storm.cast import DidNotEndError
from storm.world import OTHER

PER_MINUTE = 22
FINALE = 6  # seconds before the end from which on nothing new breaks but Redis
LAST_LEADS = 5
FROZEN = 5  # seconds
STALLED = 6
CLIENTS_CUT = 8  # of a hundred; and so on
CLIENTS_FLOODING = 2
CLIENTS_STALLED = 6


class Hand:
    """``gentle``: it spares all processes and troubles clients only."""

    def __init__(self, world, cast, clients, gentle=False):
        self.world, self.cast, self.clients = world, cast, clients
        self.dice = random.Random(world.seed)  # noqa: S311 (its own: the plan is the seed's alone)
        self.done = Counter()
        self.database, self.redis = asyncio.Lock(), asyncio.Lock()
        self.troubles = {
            "clients cut off": self.cut,
            "clients flooding": self.flood,
            "clients stalled": self.stall,
        }
        self.faults = {
            "server killed": self.kill_server,
            "server terminated": self.terminate_server,
            "worker killed": self.kill_worker,
            "worker terminated": self.terminate_worker,
            "Redis restarted": self.restart_redis,
            "Redis frozen": self.freeze_redis,
            "PostgreSQL restarted": self.restart_postgres,
            "PostgreSQL backend killed": self.kill_backend,
        }
        self.kinds = self.troubles if gentle else self.faults | self.troubles

    def plan(self, seconds):
        """(when, what) spread over the time: every kind once before any comes twice."""
        number = max(4, round(seconds * PER_MINUTE / 60))
        names = []
        while len(names) < number:
            names += self.dice.sample(list(self.kinds), len(self.kinds))
        slot = max(1, seconds - FINALE - 1) / number
        return [
            (1 + slot * (place + self.dice.random()), name)
            for place, name in enumerate(names[:number])
        ]

    async def run(self, seconds):
        await asyncio.gather(*(self._later(at, name) for at, name in self.plan(seconds)))

    async def _later(self, at, name):
        await asyncio.sleep(at)
        await self.strike(name)

    async def strike(self, name):
        self.world.note(f"{name} ...")
        try:
            await self.kinds[name]()
        except DidNotEndError as problem:
            self.world.misses.add(OTHER, f"{problem} did not end when asked to")
        self.done[name] += 1
        self.world.note(f"{name}: done")

    async def last_push_lost(self, ledger, ended):
        """Redis dies, leads are still made, the writers stop, and Redis comes back: whoever relies
        on pushes alone never learns of these leads."""
        async with self.redis:
            self.world.note("Redis dies under the last leads ...")
            await asyncio.to_thread(self.cast.redis.stop, signal.SIGKILL)
            wanted = len(ledger.kept) + LAST_LEADS
            async with asyncio.timeout(60):
                while len(ledger.kept) < wanted:
                    await asyncio.sleep(0.1)
            ended.set()
            await asyncio.sleep(2)
            await asyncio.to_thread(self.cast.redis.start)
            self.done["Redis restarted"] += 1
            self.world.note("... and is back")

    # Servers and workers

    async def kill_server(self):
        await self._restart(self.dice.choice(self.cast.servers), signal.SIGKILL)

    async def terminate_server(self):
        await self._restart(self.dice.choice(self.cast.servers), signal.SIGTERM)

    async def kill_worker(self):
        await self._restart(self.dice.choice(self.cast.workers), signal.SIGKILL)

    async def terminate_worker(self):
        await self._restart(self.dice.choice(self.cast.workers), signal.SIGTERM)

    async def _restart(self, program, number):
        async with program.lock:
            try:
                await program.end(number)
            finally:
                await asyncio.sleep(self.dice.uniform(0.1, 1))
                program.start()
            if program in self.cast.servers:
                await program.answers(self.world.http)

    # Redis and PostgreSQL

    async def restart_redis(self):
        async with self.redis:
            await asyncio.to_thread(self.cast.redis.stop, signal.SIGKILL)
            await asyncio.sleep(self.dice.uniform(0.1, 1.5))
            await asyncio.to_thread(self.cast.redis.start)

    async def freeze_redis(self):
        async with self.redis:
            self.cast.freeze(self.cast.redis)
            try:
                await asyncio.sleep(FROZEN)
            finally:
                self.cast.resume(self.cast.redis)

    async def restart_postgres(self):
        async with self.database:
            await asyncio.to_thread(self.cast.postgres.stop, signal.SIGINT)
            await asyncio.sleep(self.dice.uniform(0.1, 1))
            await asyncio.to_thread(self.cast.postgres.start)

    async def kill_backend(self):
        """As when the system runs out of memory: PostgreSQL ends all others and recovers."""
        async with self.database:
            pids = await asyncio.to_thread(self._backends)
            os.kill(self.dice.choice(pids), signal.SIGKILL)
            await asyncio.sleep(0.2)
            await asyncio.to_thread(self.cast.postgres.wait_until_it_answers)

    def _backends(self):
        query = """SELECT pid FROM pg_stat_activity
                   WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"""
        with psycopg.connect(self.cast.postgres.url) as connection:
            return [pid for (pid,) in connection.execute(query)]

    # Clients

    async def cut(self):
        for client in self._some(CLIENTS_CUT):
            client.cut()

    async def stall(self):
        for client in self._some(CLIENTS_STALLED):
            client.stall(STALLED)
        await asyncio.sleep(STALLED)

    async def flood(self):
        await asyncio.gather(*(client.flood() for client in self._some(CLIENTS_FLOODING)))

    def _some(self, of_a_hundred):
        awake = [client for client in self.clients if client.is_awake]
        number = max(1, len(self.clients) * of_a_hundred // 100)
        return self.dice.sample(awake, min(number, len(awake)))
