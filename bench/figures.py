"""Figures: what was measured, what is demanded of it, and the table of them."""

import json
import math
from dataclasses import dataclass, field
from statistics import median


@dataclass
class Figure:
    """One line of the table. ``ours`` and ``theirs`` hold a value for each run.

    Demanded is ``at_least`` or ``at_most``: of the ratio of the medians where there is a
    counterpart, and of the median itself where there is none or the bound is ``absolute``.
    """

    name: str
    unit: str
    ours: list
    theirs: list = field(default_factory=list)
    at_least: float | None = None
    at_most: float | None = None
    absolute: bool = False
    against: str = "peer"

    @property
    def ratio(self):
        if not self.theirs or not median(self.theirs):
            return None
        return median(self.ours) / median(self.theirs)

    @property
    def judged(self):
        return median(self.ours) if self.absolute or not self.theirs else self.ratio

    @property
    def verdict(self):
        if self.at_least is None and self.at_most is None:
            return ""
        low = -math.inf if self.at_least is None else self.at_least
        high = math.inf if self.at_most is None else self.at_most
        return "ok" if self.judged is not None and low <= self.judged <= high else "MISS"

    @property
    def target(self):
        bounds = [("≥", self.at_least), ("≤", self.at_most)]
        sign = " " + self.unit if self.absolute or not self.theirs else "x"
        return ", ".join(f"{word} {value:g}{sign}" for word, value in bounds if value is not None)

    def cells(self):
        theirs = f"{spread(self.theirs)} ({self.against})" if self.theirs else "–"
        ratio = "–" if self.ratio is None else f"{self.ratio:.2f}x"
        name = f"{self.name}, {self.unit}"
        return name, spread(self.ours), theirs, ratio, self.target, self.verdict

    def as_json(self):
        return {**vars(self), "ratio": self.ratio, "target": self.target, "verdict": self.verdict}


HEAD = ("figure", "Leadbell", "against", "ratio", "demanded", "")


def spread(values):
    """The median, and where there are more the lowest and highest."""
    middle = short(median(values))
    return f"{middle} [{short(min(values))}-{short(max(values))}]" if len(values) > 1 else middle


def short(value):
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def table(figures):
    rows = [HEAD, ("---",) * len(HEAD), *(figure.cells() for figure in figures)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def write(path, figures, circumstances):
    """``circumstances`` is what a later reader needs to compare: versions, cores, options."""
    content = {**circumstances, "figures": [figure.as_json() for figure in figures]}
    path.write_text(json.dumps(content, indent=1) + "\n")


def faults(name, runs):
    """The figures of what went wrong in ``runs`` of Leadbell, which must be 0; and of what a
    heartbeat brought before its push came, which is no fault."""
    total = [run["lost"] + run["twice"] + run["disordered"] for run in runs]
    yield Figure(f"{name}: lost, twice, out of order", "in all", [sum(total)], at_most=0)
    yield Figure(
        f"{name}: closed sockets", "in all", [sum(run["closed"] for run in runs)], at_most=0
    )
    if ahead := sum(run["caughtUp"] for run in runs):
        yield Figure(f"{name}: came by heartbeat instead of push", "in all", [ahead])
