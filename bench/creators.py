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
        check(stage, result["leads"])
        return result

    ways = ("with", "without")
    runs = interleaved(options.runs, **{way: lambda way=way: run(way) for way in ways})
    rates = [column(runs[way], "perSecond") for way in ways]
    bound = {"at_least": OF_WITHOUT, "against": "without sequence"}
    name = f"{CREATORS} creators, {USERS} users, with the sequence"
    return [Figure(name, "leads/s", *rates, **bound)]


def check(stage, leads):
    """Either way everybody was told of every lead."""
    told = stage.sql("SELECT count(*) FROM notifications_notification")[0][0]
    if told != leads * USERS:
        raise Broken(f"{leads} leads made {told} notifications for {USERS} users")
