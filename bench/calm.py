"""Rows of what must cost next to nothing: sockets to which nothing happens, a million notifications
of somebody who connects, and what leaves by age."""

import json
from time import perf_counter

from bench.figures import Figure
from bench.reads import TIMES_OF_FEW, prepared
from bench.rounds import column, interleaved
from bench.stage import USERS

IDLE_SECONDS = 45  # three rounds of heartbeats
CORE_SHARE = 1  # per cent
LOCK_MS = 50


def idle(stage, options):
    def run():
        stage.afresh(USERS)
        return stage.load(stage.leadbell, "rest", USERS, seconds=IDLE_SECONDS)

    runs = interleaved(min(options.runs, 2), leadbell=run)["leadbell"]
    shares = column(runs, "cpuShare", 100)
    name = f"CPU of {USERS:,} idle sockets, heartbeats included"
    return [Figure(name, "% of a core", shares, at_most=CORE_SHARE)]


def connect(stage, options):
    """Sockets of one user, one after the other."""
    few, many = prepared(stage, options.rows_of_user)
    times = {"few": [], "many": []}
    for _ in range(options.runs):
        for name, reader in (("few", few), ("many", many)):
            card = {"sockets": [reader.token] * options.repeats}
            result = stage.load(stage.leadbell, "one_by_one", 0, **card)
            times[name] += [seconds * 1000 for seconds in result["times"]]
    bound = {"at_most": TIMES_OF_FEW, "against": "a user with 1,000"}
    name = f"connect to hello, user with {options.rows_of_user:,} notifications"
    return [Figure(name, "ms", times["many"], times["few"], **bound)]


def retention(stage, options):
    """All that the user has leaves: every batch of it."""
    prepared(stage, options.rows_of_user)
    began = perf_counter()
    held = json.loads(stage.inside(str(options.repeats * 10), module="bench.inside.retention"))
    seconds = perf_counter() - began
    found = [Figure(f"retention, {sum(map(len, held.values()))} batches in all", "s", [seconds])]
    for way, times in held.items():
        name = f"retention, how long a batch of {way} holds an inbox"
        longest = Figure(f"{name}: longest", "ms", [max(times)], at_most=LOCK_MS)
        found += [Figure(name, "ms", times), longest]
    return found
