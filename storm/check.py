"""After the storm: whether everybody is current, and whether everything adds up."""

import asyncio
import time

from storm.world import COUNTS, DISORDER, LOST, OTHER, TWICE

HEALING_SECONDS = 60
RECEIPT_SECONDS = 15
LIFE_SECONDS = 15  # three times what passes between two signs
HEARTBEAT_SECONDS = 30  # the contract's 25, and what a busy machine adds
READERS = 8  # fetches at once


class Check:
    def __init__(self, world, audit, ledger, clients, workers):
        self.world, self.audit, self.ledger = world, audit, ledger
        self.clients, self.workers = clients, workers
        self.misses = world.misses
        self.leads = self.due = 0
        self.lacking = set()  # (user, notification or event)
        self.healing = self.calm_at = 0.0

    async def run(self):
        self.calm_at = time.monotonic()
        await self.wait_until_current()
        await self.receipts()
        await self.life()
        await self.states()
        for check in (self.events, self.notifications, self.told, self.sequences, self.counts):
            await asyncio.to_thread(check)

    @property
    def delivered(self):
        return self.due - len(self.lacking)

    # Healing: nothing is done to the clients here, least of all a reconnection

    async def wait_until_current(self):
        late = []
        while time.monotonic() - self.calm_at < HEALING_SECONDS:
            late = await self._late()
            if not late:
                break
            await asyncio.sleep(0.25)
        self.healing = time.monotonic() - self.calm_at
        for problem in late:
            self.misses.add(OTHER, f"not current after {HEALING_SECONDS} s: {problem}")

    async def _late(self):
        pending, parked = await asyncio.to_thread(self.audit.unfinished)
        if pending or parked:
            return [f"{pending} events are pending, {parked} parked"]
        positions = await asyncio.to_thread(self.audit.positions)
        return [
            f"{client.copy.name} holds {client.copy.seq} of {positions[client.person.id][0]}"
            for client in self.clients
            if client.copy.seq != positions[client.person.id][0] or client.socket is None
        ]

    async def receipts(self):
        """What clients acknowledge is written down."""
        until = time.monotonic() + RECEIPT_SECONDS
        missing = True
        while missing and time.monotonic() < until:
            await asyncio.sleep(0.25)
            positions = await asyncio.to_thread(self.audit.positions)
            missing = [user for user, (seq, confirmed) in positions.items() if confirmed != seq]
        for user in missing:
            seq, confirmed = positions[user]
            self.misses.add(OTHER, f"user {user} at {seq} is confirmed up to {confirmed} only")

    async def life(self):
        """Every worker has found its way back to the database, and no heart skipped a beat."""
        silent = self.workers
        while silent and (passed := time.monotonic() - self.calm_at) < self.healing + LIFE_SECONDS:
            await asyncio.sleep(0.25)
            alive = await asyncio.to_thread(self.audit.signs_of_life, passed)
            silent = [worker for worker in silent if worker.process.pid not in alive]
        for worker in silent:
            self.misses.add(OTHER, f"{worker.name} gave no sign of life since it is calm")
        for client in self.clients:
            if client.longest_silence > HEARTBEAT_SECONDS:
                text = f"{client.copy.name} waited {client.longest_silence:.0f} s for a heartbeat"
                self.misses.add(OTHER, text)

    # Clients

    async def states(self):
        """Every client's copy against a fresh fetch."""
        limit = asyncio.Semaphore(READERS)

        async def compare(person):
            async with limit:
                fresh = await person.notifications()
            for client in self.clients:
                if client.person is person:
                    self._compare(client, *fresh)

        await asyncio.gather(*(compare(p) for p in {client.person for client in self.clients}))

    def _compare(self, client, rows, seq, unread):
        copy = client.copy
        if copy.seq != seq:
            self.misses.add(OTHER, f"{copy.name} holds {copy.seq}, a fetch says {seq}")
        if copy.unread != unread:
            self.misses.add(COUNTS, f"{copy.name} has {copy.unread} unread, a fetch says {unread}")
        for pk in rows.keys() - copy.rows.keys():
            self._lack(client.person.id, pk, f"{copy.name} lacks {rows[pk]}")
        for pk in copy.rows.keys() - rows.keys():
            self.misses.add(OTHER, f"{copy.name} still has {copy.rows[pk]}")
        for pk in rows.keys() & copy.rows.keys():
            wrong = [name for name, value in copy.rows[pk].items() if rows[pk][name] != value]
            if wrong:
                text = f"{copy.name} differs in {wrong}: {copy.rows[pk]} and {rows[pk]}"
                self.misses.add(OTHER, text)

    def told(self):
        """Each client was told of everything that ever stood in its user's inbox."""
        ever = self.audit.notifications()
        for client in self.clients:
            if not client.copy.reloads:  # who loads anew is not told of what was deleted before
                for pk in ever.get(client.person.id, set()) - client.copy.learnt:
                    self._lack(client.person.id, pk, f"{client.copy.name} never heard of {pk}")

    def _lack(self, user, thing, detail):
        if (user, thing) not in self.lacking:
            self.lacking.add((user, thing))
            self.misses.add(LOST, detail)

    # The database

    def events(self):
        """A lead that was acknowledged, or that is there, has one event, and no other has any."""
        events, leads = self.audit.events(), self.audit.leads()
        self.due = self.audit.due()
        announced = [marker for _, kind, marker in events if kind == "lead_created"]
        self.leads = len(announced)
        seen = set()
        for marker in announced:
            if marker in seen:
                self.misses.add(TWICE, f"lead {marker} was committed twice")
            seen.add(marker)
            if marker not in self.ledger.tried and not marker.startswith("inside"):
                self.misses.add(OTHER, f"an event tells of {marker}, which never was")
        for marker in (set(self.ledger.kept) | {name for _, name in leads}) - seen:
            self.misses.add(LOST, f"lead {marker} has no event")
        there = dict(leads)
        for marker, pk in self.ledger.kept.items():
            if pk not in self.ledger.deleted and there.get(pk) != marker:
                self.misses.add(LOST, f"lead {pk} ({marker}) was acknowledged and is gone")

    def notifications(self):
        for event, user in self.audit.lost():
            self._lack(user, event, f"user {user} has no notification of event {event}")
        for event, user in self.audit.unwanted():
            self.misses.add(OTHER, f"user {user} was told of event {event}, which is not for them")
        for user, message, times in self.audit.twice():
            self.misses.add(TWICE, f"user {user} was told {times} times: {message}")
        for user, message in self.audit.strays():
            self.misses.add(OTHER, f"user {user} was told of what never was: {message}")

    def sequences(self):
        for user, seq, numbers, taken in self.audit.broken_sequences():
            text = f"user {user} is at {seq} with {numbers} numbers, taken {taken} times"
            self.misses.add(DISORDER, text)

    def counts(self):
        for user, stored, counted in self.audit.wrong_counts():
            self.misses.add(COUNTS, f"user {user} has {counted} unread, stored is {stored}")
        for user, seq, unread, counted, newest in self.audit.broken_commits():
            if unread != counted:
                text = f"user {user} at {seq} was committed with {unread} unread, {counted} counted"
                self.misses.add(COUNTS, text)
            if seq != newest:
                text = f"user {user} at {seq} was committed when the newest change was {newest}"
                self.misses.add(DISORDER, text)
        stated = self.audit.stated()
        for client in self.clients:
            self._compare_counts(client, stated.get(client.person.id, {}))

    def _compare_counts(self, client, stated):
        for seq, unread in client.copy.counts.items():
            if stated.get(seq, unread) != unread:
                text = f"{client.copy.name} was told of {unread} unread at {seq}, not {stated[seq]}"
                self.misses.add(COUNTS, text)
