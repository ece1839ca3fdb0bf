"""Rows of saturation: posts as fast as answers come, from several connections at once."""

from bench.figures import Figure, faults
from bench.rounds import column, interleaved

# users, sockets of each, demanded of the rate and of the CPU against the peer
SHAPES = {
    "saturation-100x1": (100, 1, 1.25, 0.8),
    "saturation-100x5": (100, 5, 1.5, 0.7),
    "saturation-1000x1": (1000, 1, 2, 0.5),
}


def row(name):
    return lambda stage, options: measure(stage, options, name)


def measure(stage, options, name):
    users, each, rate, cpu = SHAPES[name]
    shape = f"{users:,} users x {each}"

    def run(server):
        stage.afresh(users)
        posters = {"posters": options.posters, "seconds": options.seconds}
        return stage.load(server, "saturate", users, each, **posters)

    servers = {"leadbell": stage.leadbell, "peer": stage.peer}
    if users == 1000:
        servers["bare"] = stage.bare
    runs = interleaved(options.runs, **{k: lambda s=s: run(s) for k, s in servers.items()})
    return list(figures(shape, runs, rate, cpu))


def figures(shape, runs, rate, cpu):
    ours, theirs = runs["leadbell"], runs["peer"]
    speeds, micro = column(ours, "perSecond"), 1e6
    yield Figure(f"delivered, {shape}", "/s", speeds, column(theirs, "perSecond"), at_least=rate)
    yield Figure(
        f"app CPU a delivery, {shape}",
        "µs",
        column(ours, "cpuPerDelivery", micro),
        column(theirs, "cpuPerDelivery", micro),
        at_most=cpu,
    )
    if bare := runs.get("bare"):
        bound = {"at_least": 0.5, "against": "bare websockets"}
        yield Figure(f"delivered, {shape}", "/s", speeds, column(bare, "perSecond"), **bound)
    yield from faults(f"saturation, {shape}", [run["faults"] for run in ours])
