"""Rows of latency: leads posted on time, from the request to its answer and to the last socket."""

from statistics import quantiles

from bench.figures import Figure, faults
from bench.rounds import column, interleaved

USERS = 100
POSTERS = 16  # connections; more than are ever busy at once
P50_MS = 30


def row(rate):
    return lambda stage, options: measure(stage, options, rate)


def measure(stage, options, rate):
    seconds = max(options.seconds, options.samples / rate)

    def run(server):
        stage.afresh(USERS)
        job = {"posters": POSTERS, "rate": rate, "seconds": seconds}
        result = stage.load(server, "pace", USERS, **job)
        return summary(result["answers"], result["slowest"]) | {"faults": result["faults"]}

    servers = {"leadbell": stage.leadbell, "peer": stage.peer}
    runs = interleaved(options.runs, **{k: lambda s=s: run(s) for k, s in servers.items()})
    return list(figures(rate, runs["leadbell"], runs["peer"]))


def summary(answers, slowest):
    """Percentiles in milliseconds."""
    answered, reached = percentiles(answers), percentiles(slowest)
    return {
        "answerP50": answered[49],
        "answerP95": answered[94],
        "slowestP50": reached[49],
        "slowestP99": reached[98],
    }


def percentiles(seconds):
    return [cut * 1000 for cut in quantiles(seconds, n=100, method="inclusive")]


def figures(rate, ours, theirs):
    pace = f"{rate} leads/s, {USERS} users"

    def against(name, key, **bound):
        values = column(ours, key), column(theirs, key)
        return Figure(f"{name}, {pace}", "ms", *values, **bound)

    if rate == 2:
        yield against("POST to answer, p50", "answerP50", at_most=1)
        yield against("POST to answer, p95", "answerP95", at_most=1)
    yield against("POST to the slowest socket, p50", "slowestP50", at_most=1)
    yield against("POST to the slowest socket, p50", "slowestP50", at_most=P50_MS, absolute=True)
    yield against("POST to the slowest socket, p99", "slowestP99", at_most=1)
    yield from faults(pace, [run["faults"] for run in ours])
