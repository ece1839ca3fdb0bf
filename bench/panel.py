"""Rows of the bell's panel: the server's time for it when all that is unread came in one storm,
with 10,000 unread against 10."""

from bench.figures import Figure
from bench.houses import House
from bench.pages import TIMES_OF_FEW, WARM_UP
from tools.command import say

LEADS = 1_000
UNREAD = (10, 10_000)
VIEWS = {"all": "/notifications/panel/", "unread": "/notifications/panel/?show=unread"}


def measure(stage, options):
    stage.collect()
    few, many = houses = [
        House(stage, f"unread_{number}", LEADS, number, number).fill() for number in UNREAD
    ]
    found = []
    for name, path in VIEWS.items():
        took = {house: [] for house in houses}
        for number in range(-WARM_UP, options.repeats):
            for house in houses:
                milliseconds = house.milliseconds(path)
                if number >= 0:
                    took[house].append(milliseconds)
        figure = Figure(
            f"panel, {name}: the server's time, a storm of {UNREAD[1]:,} unread", "ms",
            took[many], took[few], at_most=TIMES_OF_FEW, against=f"{UNREAD[0]}",
        )  # fmt: skip
        say(f"  {' | '.join(figure.cells())}")
        found.append(figure)
    for house in houses:
        house.rest()
    return found
