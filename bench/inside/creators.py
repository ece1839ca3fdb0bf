"""`python -m bench.inside.creators with|without CREATORS SECONDS`: creators that write leads and
fan them out, all to the same users, as fast as they can; prints leads and leads a second.

Each creator is a process, so that what they wait for is the database and not the interpreter, and
runs what a shell or a command runs: `Lead.save()`, whose commit fans out on the spot whatever is
pending and nobody else holds. That is the worst case for the sequence, since every fan-out wants
the lock of the same inboxes; server processes have one fan-out each.

"without" leaves the inboxes out: they are not locked, not read and not written, and numbers come
from a counter of the process. Everything else is the same: leads, events, rows, indexes. Pushes
are left out of both.
"""

import itertools
import json
import multiprocessing
import sys
from contextlib import ExitStack
from time import perf_counter
from unittest.mock import patch

from django.contrib.auth import get_user_model
from django.db import connections

from leads.models import Lead
from notifications.models import Event, Inbox
from notifications.models.inbox import InboxQuerySet
from notifications.realtime import sender

WARM_UP = 3  # leads of each creator


def without_sequence(number):
    """Patches for creator ``number``, whose numbers are nobody else's."""
    numbers = itertools.count((number + 1) * 10**12)
    return (
        patch.object(InboxQuerySet, "lock", _unlocked),
        patch.object(Inbox, "take", lambda inbox, unread=0: next(numbers)),
        patch.object(Inbox, "store", lambda inboxes: None),
    )


def _unlocked(inboxes, users):
    if getattr(users, "model", None) is get_user_model():
        users = users.values_list("pk", flat=True)
    return [Inbox(user_id=pk) for pk in users]


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
