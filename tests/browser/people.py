"""Somebody with a browser, and what they see in it."""

import re
import time
from datetime import timedelta

import httpx
from playwright.sync_api import expect

from notifications.models import Notification
from tests.sockets import tokens

PATIENCE = 10_000  # milliseconds, for a machine that does something else as well
LIVE = "Live"
COUNT_SOCKETS = """
    window.sockets = [];
    window.WebSocket = class extends WebSocket {
        constructor(...options) { super(...options); window.sockets.push(this); }
    };
"""
OPEN_SOCKETS = "window.sockets.filter(({ readyState }) => readyState < 2).length"


class Person:
    """A browser of one user: a context of its own, with as many tabs as they open."""

    def __init__(self, chromium, base, tolerate="", **options):
        self.scripts = options.get("java_script_enabled", True)
        self.context = chromium.new_context(base_url=base, **options)
        self.base, self.tolerate = base, tolerate
        self.said = []
        self.sockets = []  # the pages that opened one, in the order they did
        self.context.set_default_timeout(PATIENCE)
        self.context.add_init_script(COUNT_SOCKETS)
        self.context.on("page", self._watch)
        self.page = self.context.new_page()

    def _watch(self, page):
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.said.append(f"{page.url}: {error}"))
        page.on("dialog", lambda dialog: self._dialog(page, dialog))
        page.on("websocket", lambda _: self.sockets.append(page))

    def _console(self, message):
        """Violations of the content security policy are errors of the console too."""
        if message.type == "error":
            self.said.append(f"{message.location.get('url')}: {message.text}")

    def _dialog(self, page, dialog):
        self.said.append(f"{page.url}: a {dialog.type}: {dialog.message}")
        dialog.dismiss()

    def problems(self):
        """What went wrong in these windows, but for what the test told to expect."""
        return [s for s in self.said if not (self.tolerate and re.search(self.tolerate, s))]

    def sign_in(self, email, password):
        self.page.goto("/login/")
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page).to_have_url(re.compile(r"^[^/]+//[^/]+/$"))

    def take_session(self, key):
        self.context.add_cookies([{"name": "sessionid", "value": key, "url": self.base}])

    def open(self, path, page=None):
        """Goes there, and waits until the page is live."""
        page = page or self.page
        page.goto(path)
        if self.scripts:
            is_live(page)
        return page

    def tab(self, path="/"):
        return self.open(path, self.context.new_page())

    def open_sockets(self):
        """How many WebSockets all tabs together hold now."""
        return sum(page.evaluate(OPEN_SOCKETS) for page in self.context.pages)

    def leave(self):
        self.context.close()


class Rest(httpx.Client):
    """The REST API, as one user."""

    def __init__(self, base, user):
        token = tokens(user)["access"]
        super().__init__(base_url=base, headers={"Authorization": f"Bearer {token}"})

    def make(self, **fields) -> int:
        """Creates a lead; returns its id."""
        body = {"firstName": "Ada", "lastName": "Lovelace", "phone": "+44 20 7946 0000"} | fields
        answer = self.post("/api/leads/", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def make_and_tell(self, **fields) -> int:
        """The same, once everybody has their notification: that comes after the answer."""
        lead = self.make(**fields)
        until = time.monotonic() + PATIENCE / 1_000
        while not self.get("/api/notifications/", params={"lead": lead}).json()["results"]:
            assert time.monotonic() < until
        return lead

    def remove(self, lead: int) -> None:
        assert self.delete(f"/api/leads/{lead}/").status_code == 204


def spread(user):
    """The user's notifications came an hour apart: what comes at once is one line."""
    for hours, row in enumerate(Notification.objects.visible_to(user)):
        earlier = row.created_at - timedelta(hours=hours)
        Notification.objects.filter(pk=row.pk).update(created_at=earlier)


# What stands on a page


def facing(page):
    """The tab that one turns to: a browser draws no other, and waits with what one does there."""
    page.bring_to_front()
    return page


def connection(page):
    return page.locator("[data-connection-word]")


def is_live(page):
    expect(connection(page)).to_have_text(LIVE)


def bell(page):
    return page.get_by_role("button", name=re.compile(r"^Notifications(, \d+ unread)?$"))


def panel(page):
    return page.get_by_role("region", name="Notifications")


def opened_panel(page):
    bell(facing(page)).click()
    return panel(page)


def toasts(page):
    return page.get_by_role("status").locator("[data-toast]")


LISTEN = """() => {
    window.rung = [];
    const note = (node) => {
        const message = node.querySelector?.("[data-toast-message]")?.textContent;
        if (message) window.rung.push({ message, at: Date.now() });
    };
    new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach(note)))
        .observe(document.querySelector("[role=status]"), { childList: true });
}"""


def listen(page):
    """From now on the page keeps in mind what rings there, also when its toast has left."""
    page.evaluate(LISTEN)
    return page


def has_rung(page, *names):
    """Leads of these names rang here, in this order, each once."""
    wanted = [f"{name} Lovelace added to pipeline" for name in names]
    comes_true(page, f"window.rung.length >= {len(wanted)}")
    assert page.evaluate("window.rung.map(({ message }) => message)") == wanted


def items(place):
    """The notifications listed in a panel or on a page."""
    return place.get_by_role("listitem").filter(has=place.page.locator("[data-open]"))


def has_unread(page, count):
    """The bell's name, its badge and the tab's title say how many are unread."""
    name = f"Notifications, {count} unread" if count else "Notifications"
    expect(bell(page)).to_have_accessible_name(name)
    badge = bell(page).locator("[data-badge]")
    if count:
        expect(badge).to_be_visible()
        expect(badge).to_have_text(str(count))
        expect(page).to_have_title(re.compile(rf"^\({count}\) \S"))
    else:
        expect(badge).to_be_hidden()
        expect(page).to_have_title(re.compile(r"^[^(]"))


def pause(page):
    """The clock of the browser stands from now on, and goes when ``page.clock.run_for`` says so."""
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)


def comes_true(page, expression):
    """Waits for what no locator sees. (``wait_for_function`` would need an unsafe-eval.)"""
    until = time.monotonic() + PATIENCE / 1_000
    while not page.evaluate(expression):
        assert time.monotonic() < until, expression
        page.wait_for_timeout(20)
