"""What a check is, what it has at hand, and what comes of it."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

SKIPPED = "skipped: "


class Trouble(Exception):
    """What a check found wrong, and what to do about it."""

    def __init__(self, detail: str, hint: str = ""):
        super().__init__(detail)
        self.detail, self.hint = detail, hint


@dataclass
class Result:
    name: str
    ok: bool
    detail: str
    hint: str = ""
    milliseconds: float = 0.0

    @property
    def skipped(self) -> bool:
        return self.detail.startswith(SKIPPED)


@dataclass
class Visit:
    """What one check has at hand. ``hint`` is advice where nothing is wrong."""

    url: str
    email: str = ""
    until: float = 0.0  # of time.monotonic()
    hint: str = ""
    undo: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)


class Check(NamedTuple):
    name: str
    look: Callable[[Visit], str]  # returns what it found; raises Trouble, or anything
    needs: tuple[str, ...]
    hint: str  # what to do about anything but Trouble


def said(problem: Exception) -> str:
    """An exception in one line."""
    lines = str(problem).strip().splitlines() or ["no reason given"]
    return f"{type(problem).__name__}: {lines[0]}"[:300]
