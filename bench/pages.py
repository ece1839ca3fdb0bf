"""Rows of the pages: the server's time for each with very many leads and notifications against that
with a thousand, and what a browser transfers for each, at first and after."""

from contextlib import contextmanager

from playwright.sync_api import sync_playwright

from bench.figures import Figure
from tools import programs
from tools.command import say

TIMES_OF_FEW = 1.5
WARM_UP = 3
FIRST_KB, AFTER_KB = 100, 20
EVERY_COLUMN = "name,company,stage,job-title,email,phone,city,region,country,last,source,owner," + (
    "score,next,updated,age"
)
PAGES = {
    "today": "/",
    "leads": "/leads/",
    "board": "/leads/board/",
    "lead": "/leads/{newest}/",
    "leads, a view": "/leads/?view=4",
    "merge": "/leads/{newest}/merge/{alike}/",
    "new lead": "/leads/new/",
    "tasks": "/tasks/",
    "calendar, week": "/calendar/?view=week",
    "calendar, month": "/calendar/?view=month",
    "calendar, agenda": "/calendar/?view=agenda",
    "notifications": "/notifications/",
    "settings": "/settings/",
}
VIEWS = {
    **PAGES,
    "leads, oldest": "/leads/?sort=created",
    "leads, changed last": "/leads/?sort=-updated",
    "leads, best": "/leads/?sort=-score",
    "leads, by name": "/leads/?sort=name",
    "leads, of a stage": "/leads/?stage=new",
    "leads, mine": "/leads/?owner=me",
    "leads, of a source": "/leads/?source=source+3",
    "leads, of a source by score": "/leads/?source=source+3&sort=-score",
    "leads, search for many": "/leads/?search=lovelace",
    "leads, search for one": "/leads/?search=person{newest}@",
    "leads, search by phone": "/leads/?search=7000500",
    "leads, search for close ones": "/leads/?search=lovelase",
    "leads, all columns": "/leads/?columns={columns}",
    "leads, a view changed": "/leads/?view=4&stage=new&sort=name",
    "board, mine": "/leads/board/?owner=me",
    "board, of a source": "/leads/board/?source=source+3",
    "board, searched": "/leads/board/?search=lovelace",
    "lead, its calls": "/leads/{newest}/?kind=calls",
    "lead, of a search": "/leads/{middle}/?in=search%3Dlovelace",
    "lead, of a close search": "/leads/{middle}/?in=search%3Dlovelase",
    "lead, of the best": "/leads/{middle}/?in=sort%3D-score%26owner%3Dme",
    "tasks of the team": "/tasks/?who=team",
    "calendar of all": "/calendar/?view=month&who=all",
    "notifications, unread": "/notifications/?show=unread",
    "notifications, of a type": "/notifications/?type=lead_created",
    "notifications, of a type that never came": "/notifications/?type=system",
}


def times(stage, options):
    few, many = stage.houses
    found = [server_times(name, path, few, many, options) for name, path in VIEWS.items()]
    few.rest()
    many.rest()
    return found


def server_times(name, path, few, many, options):
    """They take turns, so that what slows the machine for a while slows both alike."""
    took = {house: [] for house in (few, many)}
    for number in range(-WARM_UP, options.repeats):
        for house in took:
            milliseconds = house.milliseconds(placed(path, house))
            if number >= 0:
                took[house].append(milliseconds)
    figure = Figure(
        f"{name}: the server's time, {many.leads:,} leads", "ms", took[many], took[few],
        at_most=TIMES_OF_FEW, against=f"{few.leads:,}",
    )  # fmt: skip
    say(f"  {' | '.join(figure.cells())}")
    return figure


def chosen(pages, options):
    """Those of the ``pages`` that are asked for, which is all where none is named."""
    return {name: pages[name] for name in pages if name in (options.page or pages)}


def placed(path, house):
    newest = house.leads
    return path.format(newest=newest, middle=newest // 2, alike=newest - 10, columns=EVERY_COLUMN)


def weights(stage, options):
    """Of every resource, its head included, that comes for a page; not what the socket brings."""
    _, many = stage.houses
    base, found = many.serve(), []
    with chromium() as browser:
        for name, path in chosen(PAGES, options).items():
            kilobytes = visits(browser, base, placed(path, many), many.session)
            for when, most in (("first", FIRST_KB), ("after", AFTER_KB)):
                figure = Figure(f"{name}: {when} view", "KB", [kilobytes[when]], at_most=most)
                say(f"  {' | '.join(figure.cells())}")
                found.append(figure)
    many.server.stop()
    return found


@contextmanager
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=programs.chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


def visits(browser, base, path, session):
    """What is transferred when somebody who was never here opens the page, and again when they come
    back to it from another."""
    context = browser.new_context(base_url=base)
    context.add_cookies([{"name": "sessionid", "value": session, "url": base}])
    page = context.new_page()
    devtools, got = context.new_cdp_session(page), []
    devtools.send("Network.enable")
    devtools.on("Network.loadingFinished", lambda end: got.append(end["encodedDataLength"]))
    kilobytes = {}
    for when in ("first", "after"):
        got.clear()
        if (there := page.goto(path).url) != base + path:
            raise ValueError(f"{path} leads to {there}.")
        page.wait_for_load_state("networkidle")
        kilobytes[when] = sum(got) / 1000
        page.goto("about:blank")
    context.close()
    return kilobytes
