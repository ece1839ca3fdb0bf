"""The row of intake: the same leads through a door and through the API, from the request to its
answer, with everybody connected."""

import json

from bench.figures import Figure, faults
from bench.latency import POSTERS, summary
from bench.rounds import column, interleaved

USERS = 100
RATE = 5  # leads a second
DOORS = {"json": 1, "form": 60}  # sources: one takes 20 forms a minute of one address
OF_API = 1.3


def measure(stage, options):
    seconds = max(options.seconds, options.samples / RATE)
    job = {"posters": POSTERS, "rate": RATE, "seconds": seconds}
    doors = {
        kind: json.loads(stage.inside(kind, str(number), module="bench.inside.doors"))
        for kind, number in DOORS.items()
    }

    def run(**details):
        stage.afresh(USERS)
        result = stage.load(stage.leadbell, "pace", USERS, **job, **details)
        slowest = result["slowest"] or result["answers"]  # forms are not told which lead is theirs
        return summary(result["answers"], slowest) | {"faults": result["faults"]}

    ways = {kind: lambda k=kind, p=paths: run(doors=[p, k]) for kind, paths in doors.items()}
    runs = interleaved(options.runs, api=run, **ways)
    return list(figures(runs))


def figures(runs):
    for kind in DOORS:
        for key, name, bound in (("answerP50", "p50", None), ("answerP95", "p95", OF_API)):
            yield Figure(
                f"intake: POST to answer, {name}, {kind}, {RATE} leads/s, {USERS} users",
                "ms",
                column(runs[kind], key),
                column(runs["api"], key),
                at_most=bound,
                against="POST /api/leads/",
            )
        yield from faults(f"intake, {kind}", [run["faults"] for run in runs[kind]])
