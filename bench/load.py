"""`python -m bench.load`: the load client. Reads a job as JSON, does it, prints what it measured.

A job names its ``kind`` of server, the ``port`` of its sockets and of its ``posts``, the ``pid`` to
watch, the ``sockets`` to open (each a token), the ``posters`` (tokens), and what its function below
takes. Times are in seconds, memory in KiB.
"""

import asyncio
import gc
import json
import sys
from time import perf_counter

from bench.posts import Api, Doors, Poster
from bench.process import cpu_seconds, resident_kib
from bench.sockets import KINDS, Tally

try:
    import uvloop
except ImportError:
    uvloop = None

OPENING = 64  # handshakes under way at once
PATIENCE = 60  # seconds that a socket is tried
ATTEMPT = 10  # seconds after which one try is given up
FIRST_PAUSE, LAST_PAUSE = 0.2, 2  # seconds between two tries
QUIET = 20  # seconds without a delivery after which the rest is lost; a heartbeat comes every 15
POLL = 0.005
SETTLED = 3  # seconds after which what opening took is over
WARM_UP = 1  # second of posting that does not count


class Crowd:
    """The sockets of a job, their posters, and what reached them."""

    def __init__(self, job):
        self.job = job
        self.tally, self.sockets, self.posters, self.posts = Tally(), [], [], []
        self.lost = 0  # of those posted before the measurement
        self.refused = 0  # times that a socket was not taken in and tried again
        self.loop = asyncio.get_running_loop()

    async def open(self, at_once=OPENING, tokens=None, since=()):
        """Opens a socket for each token; ``since`` has a position for each that reconnects.
        Returns how many could not be opened within PATIENCE."""
        turns = asyncio.Semaphore(at_once)
        tokens = self.job["sockets"] if tokens is None else tokens
        positions = since or [None] * len(tokens)
        opening = [self._open(*each, turns) for each in zip(tokens, positions, strict=True)]
        opened = await asyncio.gather(*opening)
        self.sockets += filter(None, opened)
        return opened.count(None)

    async def _open(self, token, since, turns):
        """Tries again when it is not taken in, as a client does, after pauses that double."""
        async with turns:
            until, pause = perf_counter() + PATIENCE, FIRST_PAUSE
            while perf_counter() < until:
                try:
                    return await self._try(token, since)
                except OSError:
                    self.refused += 1
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, LAST_PAUSE)

    async def _try(self, token, since):
        """Raises OSError, of which TimeoutError is one, where the socket is not taken in."""
        port, kind = self.job["port"], KINDS[self.job["kind"]]
        transport = None
        try:
            async with asyncio.timeout(ATTEMPT):
                transport, socket = await self.loop.create_connection(
                    lambda: kind(self.tally, f"127.0.0.1:{port}", token, since), "127.0.0.1", port
                )
                await socket.greeted
        except OSError:
            if transport:
                transport.abort()
            raise
        return socket

    async def open_posters(self):
        port = self.job["posts"]
        host, doors = f"127.0.0.1:{port}", self.job.get("doors")
        for token in self.job["posters"]:
            requests = Doors(host, *doors) if doors else Api(host, token)
            _, poster = await self.loop.create_connection(
                lambda requests=requests: Poster(requests), "127.0.0.1", port
            )
            self.posters.append(poster)

    async def close(self):
        for socket in self.sockets:
            socket.transport.close()
        self.sockets = []
        await asyncio.sleep(1)
        self.tally.closed = 0

    async def post_for(self, seconds):
        """Posts as fast as answers come."""
        until = perf_counter() + seconds
        await asyncio.gather(*(self._post_until(until, poster) for poster in self.posters))

    async def _post_until(self, until, poster):
        while perf_counter() < until:
            self.posts.append(await poster.post())

    async def delivered(self):
        """Waits until every lead posted reached every socket, or nothing has come for long."""
        expected, last, since = len(self.posts) * len(self.sockets), -1, 0.0
        while self.tally.delivered < expected and self.tally.closed < len(self.sockets):
            if self.tally.delivered != last:
                last, since = self.tally.delivered, perf_counter()
            elif perf_counter() - since > QUIET:
                break
            await asyncio.sleep(POLL)

    async def warm_up(self):
        await self.post_for(WARM_UP)
        await self.delivered()
        self.lost += self._lost()
        self.posts = []
        self.tally.begin()

    def _lost(self):
        return len(self.posts) * len(self.sockets) - self.tally.delivered

    def faults(self):
        tally = self.tally
        return {
            "lost": self.lost + self._lost(),
            "twice": tally.twice,
            "disordered": tally.disordered,
            "caughtUp": tally.caught_up,
            "gaps": tally.gaps,
            "closed": tally.closed,
        }


async def ready(job):
    """A crowd whose sockets are open and whose server is warm."""
    crowd = Crowd(job)
    if closed := await crowd.open():
        raise SystemExit(f"{closed} of {len(job['sockets'])} sockets did not open")
    await crowd.open_posters()
    await crowd.warm_up()
    gc.collect()
    gc.freeze()
    return crowd


async def saturate(job):
    """Posts as fast as answers come for ``seconds``, and waits until all is delivered."""
    crowd, pid = await ready(job), job["pid"]
    cpu, began = cpu_seconds(pid), perf_counter()
    await crowd.post_for(job["seconds"])
    posted = perf_counter()
    await crowd.delivered()
    cpu = cpu_seconds(pid) - cpu
    ended = max(last for _, last in crowd.tally.by_lead.values())
    delivered = crowd.tally.delivered
    return {
        "delivered": delivered,
        "perSecond": delivered / (ended - began),
        "leadsPerSecond": len(crowd.posts) / (ended - began),
        "backlogSeconds": ended - posted,
        "cpuPerDelivery": cpu / delivered,
        "cpuShare": cpu / (ended - began),
        "faults": crowd.faults(),
    }


async def pace(job):
    """Posts ``rate`` leads a second for ``seconds``, whether answered or not."""
    crowd = await ready(job)
    free, posting, number = asyncio.Queue(), [], int(job["rate"] * job["seconds"])
    for poster in crowd.posters:
        free.put_nowait(poster)
    began = perf_counter()
    for n in range(number):
        await asyncio.sleep(began + n / job["rate"] - perf_counter())
        posting.append(asyncio.create_task(_post(crowd, free)))
    await asyncio.gather(*posting)
    await crowd.delivered()
    by_lead = crowd.tally.by_lead
    return {
        "answers": [answered - sent for _, sent, answered in crowd.posts],
        "slowest": [by_lead[lead][1] - sent for lead, sent, _ in crowd.posts if lead in by_lead],
        "faults": crowd.faults(),
    }


async def _post(crowd, free):
    poster = await free.get()
    crowd.posts.append(await poster.post())
    free.put_nowait(poster)


async def connect(job):
    """How fast sockets open, OPENING handshakes under way at once."""
    crowd = Crowd(job)
    await crowd.open(tokens=job["sockets"][:OPENING])
    began = perf_counter()
    await crowd.open(tokens=job["sockets"][OPENING:])
    rate = (len(crowd.sockets) - OPENING) / (perf_counter() - began)
    return {"perSecond": rate, "refused": crowd.refused}


async def idle(job):
    """What each idle socket takes in the server, ``settle`` seconds after the last has opened.

    Some sockets open and close before, so that what the process takes for the first is not theirs.
    """
    crowd = Crowd(job)
    await crowd.open(tokens=job["sockets"][: job["warm"]])
    await crowd.close()
    before = resident_kib(job["pid"])
    await crowd.open(tokens=job["sockets"])
    await asyncio.sleep(job["settle"])
    open_now = sum(not socket.transport.is_closing() for socket in crowd.sockets)
    taken = resident_kib(job["pid"]) - before
    each = taken / len(crowd.sockets)
    return {"open": open_now, "kibEach": each, "processKib": before, "refused": crowd.refused}


async def rest(job):
    """The CPU that sockets take to which nothing happens."""
    crowd = Crowd(job)
    await crowd.open()
    await asyncio.sleep(SETTLED)
    cpu, began = cpu_seconds(job["pid"]), perf_counter()
    await asyncio.sleep(job["seconds"])
    share = (cpu_seconds(job["pid"]) - cpu) / (perf_counter() - began)
    return {"cpuShare": share, "closed": crowd.tally.closed}


async def one_by_one(job):
    """The times from connecting to the greeting, one socket at a time."""
    crowd, times = Crowd(job), []
    for token in job["sockets"]:
        began = perf_counter()
        socket = await crowd._try(token, None)
        times.append(perf_counter() - began)
        socket.transport.close()
    return {"times": times}


async def missed(crowd, leads):
    """Posts the leads and waits until a socket that stayed has them all, as then has everybody."""
    await crowd.open(tokens=crowd.job["sockets"][:1])
    watch = crowd.sockets.pop()
    reached = watch.seq + leads
    for _ in range(leads):
        await crowd.posters[0].post()
    async with asyncio.timeout(PATIENCE):
        while watch.seq < reached:
            await asyncio.sleep(POLL)
    watch.transport.close()


async def reconnect(job):
    """All sockets leave, ``leads`` are missed, and all come back at the same moment."""
    crowd = Crowd(job)
    await crowd.open()
    await crowd.open_posters()
    seqs = [socket.seq for socket in crowd.sockets]
    await crowd.close()
    await missed(crowd, job["leads"])
    crowd.tally.begin()
    began = perf_counter()
    await crowd.open(at_once=len(seqs), since=seqs)
    greeted = perf_counter() - began
    await asyncio.wait([socket.current for socket in crowd.sockets], timeout=PATIENCE)
    current = sum(len(socket.leads) == job["leads"] for socket in crowd.sockets)
    lost = len(seqs) * job["leads"] - crowd.tally.delivered
    seconds = perf_counter() - began
    result = {"greeted": greeted, "seconds": seconds, "current": current, "lost": lost}
    return result | {"refused": crowd.refused}


ALL = (saturate, pace, connect, idle, rest, one_by_one, reconnect)
JOBS = {each.__name__: each for each in ALL}


def main():
    job = json.load(sys.stdin)
    with asyncio.Runner(loop_factory=uvloop and uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(JOBS[job["job"]](job))))


if __name__ == "__main__":
    main()
