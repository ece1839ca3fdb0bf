"""Runs the checks and the tests, phase by phase, and stops at the first that fails.

`python3 -m tools.test [phase ...]`; what stands in ARGS goes to every pytest.
"""

import os
import shlex
import sys
import time
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from tools import ROOT, debian, environment, forward, node, programs, services
from tools.command import say, unwind_when_terminated, visibly

ARGUMENTS = shlex.split(os.environ.get("ARGS", ""))
STRICT = forward.STRICT if environment.FORWARD else ()
NOTHING_COLLECTED = 5  # pytest's exit status
MANAGE = ("python", "manage.py")
AXE = ROOT / "tests" / "browser" / "axe"
NOT_EMBEDDED = ("browser", "storm", "postgres", "redis")


class Phase(NamedTuple):
    name: str
    commands: tuple
    servers: bool = False
    browser: bool = False


def pytest(*options):
    strict = [f"-W{warning}" for warning in STRICT]
    return (("pytest", *options, *strict, *ARGUMENTS),)


PHASES = (
    Phase(
        "lint",
        (
            ("ruff", "check", "."),
            ("ruff", "format", "--check", "."),
            ("lint-imports", "--no-cache", "--no-logo"),
            (*MANAGE, "check"),
            (*MANAGE, "makemigrations", "--check", "--dry-run"),
        ),
    ),
    Phase("postgres", pytest("-n", "2", "-m", "not browser and not storm"), servers=True),
    Phase("sqlite", pytest("-n", "2", "-m", f"not {' and not '.join(NOT_EMBEDDED)}")),
    # A real browser on a busy machine: what fails is tried up to twice more, and the summary says
    # how often that was so.
    Phase(
        "browser", pytest("-n", "2", "-m", "browser", "--reruns", "2"), servers=True, browser=True
    ),
    Phase("storm", pytest("-m", "storm"), servers=True),
)


class Report:
    """How each phase ended and how long it took."""

    def __init__(self):
        self.rows = []

    @contextmanager
    def timing(self, name):
        say(f"\n== {name}")
        row = {"name": name, "outcome": "passed"}
        self.rows.append(row)
        began = time.monotonic()
        try:
            yield row
        except BaseException as end:
            in_words = isinstance(end, SystemExit) and isinstance(end.code, str)
            row["outcome"] = "failed" if in_words else "interrupted"
            raise
        finally:
            row["seconds"] = time.monotonic() - began

    def passed(self):
        """Whether nothing failed and ARGS, if any, matched a test in at least one phase."""
        outcomes = {row["name"]: row["outcome"] for row in self.rows}
        tested = [outcomes[name] for name in outcomes if name not in ("lint", "servers")]
        return "failed" not in outcomes.values() and (not tested or "passed" in tested)

    def show(self):
        say("\nphase       outcome        seconds")
        for row in self.rows:
            say(f"{row['name']:<12}{row['outcome']:<12}{row['seconds']:>10.1f}")


def run(phases, report, stack):
    """Run the phases in turn, the servers from the first that needs them to the end."""
    addresses = {}
    for phase in phases:
        if phase.servers and not addresses:
            with report.timing("servers"):
                addresses = start_servers(phases, stack)
        with report.timing(phase.name) as row:
            row["outcome"] = outcome(phase, circumstances(phase, addresses))
        if row["outcome"] == "failed":
            return


def start_servers(phases, stack):
    """Get every program that any of the phases needs, then start the servers."""
    wanted = [programs.POSTGRES, programs.REDIS, programs.NGINX]
    if any(phase.browser for phase in phases):
        wanted.append(programs.CHROMIUM)
        node.obtain(AXE, environment.BIN)
    programs.obtain(*wanted)
    return services.addresses(*stack.enter_context(services.running()))


def circumstances(phase, addresses):
    """The environment of a phase: ours, with the servers and the browser it is to have."""
    ours = ("CHROMIUM", "DATABASE_URL", "REDIS_URL")
    env = {name: value for name, value in os.environ.items() if name not in ours}
    env.update(DEBUG="true", PATH=f"{environment.BIN}{os.pathsep}{env.get('PATH', os.defpath)}")
    env.update(addresses if phase.servers else {})
    env.update({"PYTHONWARNINGS": ",".join(STRICT)} if STRICT else {})
    if phase.browser:  # Playwright's own Node may need one of the unpacked libraries too
        env.update(debian.libraries(), CHROMIUM=programs.chromium())
    return env


def outcome(phase, env):
    for command in phase.commands:
        say(f"$ {shlex.join(command)}")
        status = visibly([str(environment.BIN / command[0]), *command[1:]], env)
        if status == NOTHING_COLLECTED and ARGUMENTS:
            return "no match"
        if status:
            return "failed"
    return "passed"


def chosen(names):
    known = {phase.name: phase for phase in PHASES}
    if unknown := set(names) - set(known):
        raise SystemExit(f"No such phase: {', '.join(unknown)}; there are {', '.join(known)}.")
    return [known[name] for name in names] or list(PHASES)


def main(names):
    unwind_when_terminated()
    phases = chosen(names)
    environment.prepare("requirements-dev.txt")
    report = Report()
    try:
        with ExitStack() as stack:
            run(phases, report, stack)
    finally:
        report.show()
    return 0 if report.passed() else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
