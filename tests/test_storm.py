"""A short storm: see storm/. `make storm` is the long one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = [pytest.mark.postgres, pytest.mark.redis, pytest.mark.storm]


def storm(*options):
    """The exit status and the table as {name: value}; servers of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "storm", "--users", "10", "--seed", "4", *options],
        cwd=ROOT,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        capture_output=True,
        text=True,
        timeout=420,
        check=False,
    )
    lines = [line.rsplit(maxsplit=1) for line in done.stdout.split("\n\n")[0].splitlines()]
    table = {name.strip(): value for name, value in (line for line in lines if len(line) == 2)}
    return done, table


def test_nothing_is_lost_and_nothing_comes_twice_in_any_weather():
    done, table = storm("--seconds", "14")

    assert done.returncode == 0, done.stdout + done.stderr
    assert int(table["leads committed"]) > 5
    assert int(table["notifications due"]) == int(table["delivered"]) > 50
    assert int(table["faults"]) > 4
    missed = ("lost", "twice", "out of order", "wrong counts", "other")
    assert {name: table[name] for name in missed} == dict.fromkeys(missed, "0")


def test_a_storm_notices_numbers_that_are_taken_too_early():
    """The control: what the storm counts can be wrong."""
    done, table = storm("--seconds", "8", "--sequence-before")

    assert done.returncode == 1, done.stdout + done.stderr
    assert int(table["delivered"]) > 0  # it is wrong, not broken
    assert sum(int(table[kind]) for kind in ("lost", "twice", "out of order", "wrong counts")) > 0
