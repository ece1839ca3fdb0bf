"""`python -m bench.inside.creators with|without CREATORS SECONDS`: creators that write leads and
fan them out, all to the same users, as fast as they can; prints leads and leads a second.

Each creator is a process, so that what they wait for is the database and not the interpreter, and
runs what a shell or a command runs: `Lead.save()`, whose commit fans out on the spot whatever is
pending, unless somebody else is at it, who then does. That is the worst case for the sequence,
since every fan-out wants the lock of the same inboxes; server processes have one fan-out each.

"without" leaves the inboxes out: they are not locked, not read and not written, numbers come from a
counter of the process, and fan-outs take no turns. Everything else is the same: leads, events,
rows, indexes. Pushes are left out of both.
"""

import itertools
import json
import multiprocessing
import re
import sys
from contextlib import ExitStack
from time import perf_counter
from unittest.mock import patch

from django.db import connections

from leads.models import Lead
from notifications.models import Event
from notifications.models.arrival import InSets, Position
from notifications.realtime import sender

WARM_UP = 3  # leads of each creator
AT_ONCE = 1000  # numbers that a fan-out may take
MOVED = re.compile(r",\s+moved AS \(.*?\n\s+\)(?=\s+INSERT)", re.DOTALL)


def without_sequence(number):
    """Patches for creator ``number``, whose numbers are nobody else's."""
    numbers = itertools.count((number + 1) * 10**12, AT_ONCE)

    def unlocked(recipients):
        seq = next(numbers)
        return [Position(pk, seq, 0) for pk in recipients().values_list("pk", flat=True)]

    return (
        patch.object(InSets, "lock", unlocked),
        patch.object(InSets, "STORE", MOVED.sub("", InSets.STORE)),
        patch.object(InSets, "TURN", "SELECT %s::bigint > 0"),
    )


def create(number, way, seconds, barrier, results):
    with ExitStack() as patches:
        patches.enter_context(patch.object(sender, "publish", lambda *args: None))
        if way == "without":
            for each in without_sequence(number):
                patches.enter_context(each)
        made = [save() for _ in range(WARM_UP)]
        barrier.wait()
        began = perf_counter()
        while perf_counter() - began < seconds:
            made.append(save())
        while Event.objects.fan_out():
            pass
    results.put((began, perf_counter(), len(made)))
    connections.close_all()


def save():
    Lead(first_name="John", last_name="Doe", email="john@example.com").save()


def main(way, creators, seconds):
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(creators), context.Queue()
    tasks = [
        context.Process(target=create, args=(n, way, seconds, barrier, results))
        for n in range(creators)
    ]
    for task in tasks:
        task.start()
    spans = [results.get(timeout=seconds + 120) for _ in tasks]
    for task in tasks:
        task.join()
    began, ended, made = zip(*spans, strict=True)
    counted = sum(made) - WARM_UP * creators
    seconds = max(ended) - min(began)
    print(json.dumps({"leads": sum(made), "perSecond": counted / seconds}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
