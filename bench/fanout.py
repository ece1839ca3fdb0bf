"""The row of one fan-out, see bench/inside/fanout.py."""

import json

from bench.figures import Figure
from bench.stage import USERS

TIMES_OF_INSERT = 2


def measure(stage, options):
    stage.afresh(USERS)
    times = json.loads(stage.inside(str(options.repeats), module="bench.inside.fanout"))
    bound = {"at_most": TIMES_OF_INSERT, "against": "INSERT ... SELECT"}
    name = f"fan-out of a lead to {USERS:,}, commit to commit"
    return [Figure(name, "ms", times["fanOut"], times["insert"], **bound)]
