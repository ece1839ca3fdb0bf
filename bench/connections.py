"""Rows of connections: what they take when idle, how fast they open, and how all come back."""

from bench.figures import Figure
from bench.rounds import column, interleaved
from bench.stage import USERS

IDLE_KIB = 35
IDLE_OPEN = 5000
SETTLE = 17  # seconds: a round of heartbeats has passed
MISSED = 10
CURRENT_SECONDS = 5


def memory(stage, options):
    """In a process that has just started, since memory that was once taken is not given back."""

    def run(name):
        server = stage.renewed(name)
        stage.afresh(USERS)
        each = max(1, options.idle // USERS)
        return stage.load(server, "idle", USERS, each, warm=100, settle=SETTLE)

    runs = interleaved(options.runs, leadbell=lambda: run("leadbell"), peer=lambda: run("peer"))
    ours, theirs = runs["leadbell"], runs["peer"]
    each = column(ours, "kibEach"), column(theirs, "kibEach")
    return [
        Figure("memory of an idle socket", "KiB", *each, at_most=IDLE_KIB, absolute=True),
        Figure("sockets open in one process", "sockets", column(ours, "open"), at_least=IDLE_OPEN),
    ]


def connects(stage, options):
    def run(server):
        stage.afresh(USERS)
        return stage.load(server, "connect", USERS)

    leadbell, peer = stage.leadbell, stage.peer
    runs = interleaved(options.runs, leadbell=lambda: run(leadbell), peer=lambda: run(peer))
    rates = [column(runs[name], "perSecond") for name in ("leadbell", "peer")]
    return [Figure("connects with JWT", "/s", *rates, at_least=1)]


def reconnect(stage, options):
    def run():
        stage.afresh(USERS)
        return stage.load(stage.leadbell, "reconnect", USERS, posters=1, leads=MISSED)

    runs = interleaved(options.runs, leadbell=run)["leadbell"]
    name = f"reconnect of {USERS:,} at once with {MISSED} missed each"
    return [
        Figure(f"{name}: all current", "s", column(runs, "seconds"), at_most=CURRENT_SECONDS),
        Figure(f"{name}: current", "sockets", column(runs, "current"), at_least=USERS),
    ]
