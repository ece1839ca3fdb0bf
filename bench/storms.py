"""A row of storms: the longest task of a page while 500 leads come at once with an open panel."""

import json
import subprocess
import sys

from bench.figures import Figure
from bench.pages import chosen, chromium
from tools import ROOT
from tools.command import say

LEADS = 500
LONGEST_MS = 50
PAGES = {
    "today": "/",
    "leads": "/leads/",
    "board": "/leads/board/",
    "notifications": "/notifications/",
}
CATEGORIES = ["toplevel", "__metadata"]
TASK = "ThreadControllerImpl::RunTask"
SETTLED = 6_000  # milliseconds after the last: every list has been filled anew
PATIENCE = 60_000
WARM_UP = 2_000


def measure(stage, options):
    few, _ = stage.houses
    base, found = few.serve(), []
    for name, path in chosen(PAGES, options).items():
        runs = [storm(few, base, path) for _ in range(min(options.runs, 3))]
        longest = Figure(
            f"{name}: longest task while {LEADS} leads come", "ms",
            [wall for wall, _ in runs], at_most=LONGEST_MS,
        )  # fmt: skip
        cpu = Figure(f"{name}: CPU of the longest", "ms", [cpu for _, cpu in runs])
        for figure in (longest, cpu):
            say(f"  {' | '.join(figure.cells())}")
            found.append(figure)
    few.server.stop()
    return found


def storm(house, base, path) -> tuple[float, float]:
    """The longest task of the page's main thread, by the clock and by its CPU, in milliseconds. A
    browser of its own, since a trace is of all that runs in one."""
    with chromium() as browser:
        context = browser.new_context()
        context.add_cookies([{"name": "sessionid", "value": house.session, "url": base}])
        page = context.new_page()
        page.goto(base + path)
        page.locator("[data-connection=live]").wait_for(state="attached")
        page.locator("[data-bell]").click()
        page.wait_for_timeout(WARM_UP)
        before = int(page.locator("body").get_attribute("data-unread"))
        browser.start_tracing(page=page, categories=CATEGORIES)
        come(house)
        page.locator(f"[data-bell][aria-label*=' {before + LEADS} ']").wait_for(timeout=PATIENCE)
        page.wait_for_timeout(SETTLED)
        return longest_task(json.loads(browser.stop_tracing())["traceEvents"])


def come(house):
    """In a process of its own; what it prints is nobody's."""
    subprocess.run(  # noqa: S603 (ours)
        [sys.executable, "-m", "bench.inside.storm", str(LEADS)],
        cwd=ROOT,
        env=house.environment,
        check=True,
        capture_output=True,
    )


def longest_task(events):
    """Of the main thread of the page, which of all such threads was at work longest."""
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks = {}
    for event in events:
        thread = event["pid"], event["tid"]
        whole = "dur" in event  # it neither ran already nor still runs
        if event["name"] == TASK and thread in mains and whole:
            tasks.setdefault(thread, []).append((event["dur"] / 1000, event.get("tdur", 0) / 1000))
    busiest = max(tasks.values(), key=lambda all_of_it: sum(wall for wall, _ in all_of_it))
    return max(busiest)
