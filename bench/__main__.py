"""`python -m bench [rows...]`: one table; exit status 1 on a single miss.

A whole run takes over an hour, `--quick` under three minutes. Nothing else should run on the
machine meanwhile.
"""

import argparse
import os
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path

from bench import (
    calm,
    connections,
    creators,
    fanout,
    figures,
    imports,
    intake,
    latency,
    lighthouse,
    pages,
    panel,
    reads,
    saturation,
    storms,
)
from bench.stage import Stage
from tools.command import say, unwind_when_terminated

ROWS = {
    **{name: saturation.row(name) for name in saturation.SHAPES},
    "latency-2": latency.row(2),
    "latency-10": latency.row(10),
    "intake": intake.measure,
    "memory": connections.memory,
    "connects": connections.connects,
    "reconnect": connections.reconnect,
    "reads": reads.measure,
    "fanout": fanout.measure,
    "creators": creators.measure,
    "idle": calm.idle,
    "connect": calm.connect,
    "retention": calm.retention,
    "pages": pages.times,
    "panel": panel.measure,
    "weights": pages.weights,
    "storms": storms.measure,
    "imports": imports.measure,
    "lighthouse": lighthouse.measure,
}
WAITING = {
    "memory",
    "idle",
    "retention",
    "lighthouse",
    "storms",
    "imports",
}  # rows that take their time however few the runs
QUICK = {
    "runs": 1,
    "seconds": 2,
    "samples": 10,
    "repeats": 5,
    "rows_of_user": 20_000,
    "leads": 5_000,
}


def options(arguments):
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    add = parser.add_argument
    add("rows", nargs="*", metavar="row", help=f"Of {', '.join(ROWS)}; all by default.")
    add("--quick", action="store_true", help="Once over most rows: for a first look.")
    add("--runs", type=int, default=5, help="Interleaved rounds of each row.")
    add("--seconds", type=float, default=6, help="Of posting in each run.")
    add("--posters", type=int, default=8, help="Connections that post at saturation.")
    add("--samples", type=int, default=60, help="Leads that a run of latency posts at least.")
    add("--repeats", type=int, default=30, help="Of each read, fan-out and pair of them.")
    add("--rows-of-user", type=int, default=1_000_000, help="Notifications of the user with many.")
    add("--leads", type=int, default=100_000, help="Where pages are measured with very many.")
    add("--page", action="append", metavar="NAME", help="Of pages that a browser opens, that one.")
    add("--idle", type=int, default=5000, help="Sockets open at once where memory is measured.")
    add("--server-env", type=pair, action="append", default=[], metavar="NAME=VALUE")
    add("--bare-uvloop", action="store_true", help="Let the bare server run on uvloop, too.")
    add("--json", type=Path, metavar="FILE", help="Write the figures of every run there.")
    settings = parser.parse_args(arguments)
    if unknown := set(settings.rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(unknown)}")
    settings.server_env = dict(settings.server_env)
    if settings.quick:
        vars(settings).update(QUICK)
        settings.rows = settings.rows or [name for name in ROWS if name not in WAITING]
    return settings


def pair(text):
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError("write NAME=VALUE")
    return name, value


def main(arguments):
    unwind_when_terminated()
    settings = options(arguments)
    folder, found, began = Path(tempfile.mkdtemp(prefix="leadbell-bench-")), [], time.time()
    try:
        with Stage(folder, settings) as stage:
            for name in settings.rows or ROWS:
                say(f"{name}, after {time.time() - began:.0f} s")
                found += attempt(name, stage, settings)
    finally:
        if found:
            conclude(found, settings)
        shutil.rmtree(folder, ignore_errors=True)
    return int(any(figure.verdict == "MISS" for figure in found))


def attempt(name, stage, settings):
    """The figures of the row; where it breaks down, that is one, and the others go on."""
    try:
        return ROWS[name](stage, settings)
    except Exception as problem:
        say(f"{name} broke down: {problem}")
        return [figures.Figure(f"{name}: broke down", "times", [1], at_most=0)]


def conclude(found, settings):
    say("\n" + figures.table(found))
    if settings.json:
        where = {"python": platform.python_version(), "cores": os.cpu_count()}
        chosen = {name: value for name, value in vars(settings).items() if name != "json"}
        figures.write(settings.json, found, {**where, "at": time.time(), "options": chosen})


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
