"""What everybody in the storm shares: the addresses, the dice, the clock, and what went wrong."""

import asyncio
import random
import time
from collections import Counter, defaultdict

PASSWORD = "rain-and-thunder-7"  # noqa: S105 (of users that live for a minute)

LOST, TWICE, DISORDER, COUNTS, OTHER = "lost", "twice", "out of order", "wrong counts", "other"


class Misses:
    """Whatever breaks a promise, counted by kind, the first few of each in words."""

    SHOWN, LENGTH = 4, 500

    def __init__(self):
        self.number = Counter()
        self.details = defaultdict(list)

    def add(self, kind, detail):
        self.number[kind] += 1
        if len(self.details[kind]) < self.SHOWN:
            self.details[kind].append(detail[: self.LENGTH])

    def __bool__(self):
        return bool(self.number)

    def lines(self):
        for kind, details in self.details.items():
            yield from (f"  {kind}: {detail}" for detail in details)
            if more := self.number[kind] - len(details):
                yield f"  {kind}: and {more} more"


class World:
    def __init__(self, seed, bases, http, log):
        self.seed = seed
        self.random = random.Random(seed)  # noqa: S311 (dice, not secrets)
        self.bases, self.http = bases, http
        self.misses = Misses()
        self.log = log
        self.began = time.monotonic()

    def base(self):
        """Either of the servers."""
        return self.random.choice(self.bases)

    def note(self, text):
        """A line for the log that a failed storm leaves behind."""
        self.log.write(f"{time.monotonic() - self.began:8.2f} {text}\n")
        self.log.flush()

    async def back_off(self, tries):
        """Waits, longer with each try and never in step with others."""
        await asyncio.sleep(min(4, 0.2 * 2**tries) * self.random.uniform(0.5, 1))
