"""The row of eight concurrent creators, see bench/inside/creators.py."""

import json

from bench.figures import Figure
from bench.rounds import column, interleaved
from bench.stage import Broken

USERS = 100
CREATORS = 8
OF_WITHOUT = 0.8


def measure(stage, options):
    def run(way):
        stage.afresh(USERS)
        words = way, str(CREATORS), str(options.seconds)
        result = json.loads(stage.inside(*words, module="bench.inside.creators"))
        check(stage, result["leads"], way)
        return result

    ways = ("with", "without")
    runs = interleaved(options.runs, **{way: lambda way=way: run(way) for way in ways})
    rates = [column(runs[way], "perSecond") for way in ways]
    bound = {"at_least": OF_WITHOUT, "against": "without sequence"}
    name = f"{CREATORS} creators, {USERS} users, with the sequence"
    return [Figure(name, "leads/s", *rates, **bound)]


def check(stage, leads, way):
    """Either way everybody was told of every lead; the inboxes moved, or were left out."""
    told = stage.sql("SELECT count(*) FROM notifications_notification")[0][0]
    if told != leads * USERS:
        raise Broken(f"{leads} leads made {told} notifications for {USERS} users")
    moved = stage.sql("SELECT sum(unread_count) FROM notifications_inbox")[0][0]
    if moved != (told if way == "with" else 0):
        raise Broken(f"{way} sequence, {told} notifications moved the inboxes by {moved}")
