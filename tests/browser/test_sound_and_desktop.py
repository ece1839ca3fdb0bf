"""The bell is heard once a browser, and shown by the system once, when the person wants that."""

import re
import time

import pytest
from playwright.sync_api import expect

from notifications.models import Notification
from tests.browser.people import (
    comes_true,
    facing,
    has_unread,
    is_live,
    opened_panel,
    panel,
    pause,
    toasts,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PARTIALS = 3  # tones of one ring
COUNT_TONES = """
    window.tones = 0;
    const start = AudioScheduledSourceNode.prototype.start;
    AudioScheduledSourceNode.prototype.start = function (...when) {
        window.tones += 1;
        return start.apply(this, when);
    };
"""
COUNT_QUESTIONS = """
    window.questions = 0;
    const ask = Notification.requestPermission.bind(Notification);
    Notification.requestPermission = () => { window.questions += 1; return ask(); };
"""
SHOWN = """async () => {
    const worker = await navigator.serviceWorker.getRegistration();
    const shown = (await worker?.getNotifications()) ?? [];
    return shown.map(({ tag, title, body, data }) => ({ tag, title, body, data }));
}"""


def rings(*pages):
    return sum(page.evaluate("window.tones") for page in pages) / PARTIALS


@pytest.fixture
def listener(browser_of, owner):
    """The owner's browser, where tones are counted."""
    person = browser_of(owner)
    person.context.add_init_script(COUNT_TONES)
    person.open("/")
    return person


def test_nothing_is_heard_before_the_person_turned_sound_on(listener, rest):
    page = listener.page
    page.get_by_role("main").click()  # a gesture is not consent
    rest.make()
    has_unread(page, 1)
    expect(toasts(page)).to_have_count(1)
    button = opened_panel(page).get_by_role("button", name="Turn sound on")
    assert rings(page) == 0

    button.click()
    expect(panel(page).get_by_role("button", name="Turn sound off")).to_be_visible()
    assert rings(page) == 1  # so that one hears what it is
    rest.make()
    has_unread(page, 2)
    comes_true(page, "window.tones > 3")
    assert rings(page) == 2

    panel(page).get_by_role("button", name="Turn sound off").click()
    expect(panel(page).get_by_role("button", name="Turn sound on")).to_be_visible()
    rest.make()
    has_unread(page, 3)
    assert rings(page) == 2


def test_two_tabs_ring_once_for_a_lead_and_once_in_three_seconds(listener, rest):
    first = listener.page
    pause(first)
    pages = [first, listener.tab("/leads/")]
    opened_panel(first).get_by_role("button", name="Turn sound on").click()
    facing(pages[1]).get_by_role("heading", name="Leads").click()
    assert rings(*pages) == 1

    rest.make()
    for page in pages:
        has_unread(page, 1)
        expect(toasts(page)).to_have_count(1)
    heard(pages, 2)
    for name in ("Second", "Third"):  # too soon
        rest.make(firstName=name)
    for page in pages:
        has_unread(page, 3)
    first.clock.run_for(3_000)
    assert rings(*pages) == 2
    rest.make(firstName="Fourth")
    for page in pages:
        has_unread(page, 4)
    heard(pages, 3)


def heard(pages, times):
    until = time.monotonic() + 10
    while rings(*pages) < times and time.monotonic() < until:
        pages[0].wait_for_timeout(20)
    assert rings(*pages) == times


def test_a_browser_that_blocks_the_sound_offers_to_turn_it_on(listener, rest):
    page = listener.page
    opened_panel(page).get_by_role("button", name="Turn sound on").click()
    expect(panel(page).get_by_role("button", name="Turn sound off")).to_be_visible()
    page.reload()
    is_live(page)
    blocked = page.get_by_role("banner").get_by_role("button", name="Turn sound on")
    expect(blocked).to_be_visible()
    rest.make()
    has_unread(page, 1)
    assert rings(page) == 0
    blocked.click()
    expect(blocked).to_be_hidden()
    assert rings(page) == 1


def test_permission_for_desktop_alerts_is_asked_for_by_the_button_only(browser_of, owner, rest):
    person = browser_of(owner)
    person.context.add_init_script(COUNT_QUESTIONS)
    page = person.open("/settings/")
    rest.make()
    has_unread(page, 1)
    assert page.evaluate("window.questions") == 0
    page.get_by_role("button", name="Turn desktop alerts on").click()
    comes_true(page, "window.questions === 1")


@pytest.fixture
def granted(browser_of, owner):
    """The owner's two tabs in a browser that lets Leadbell show desktop alerts."""
    person = browser_of(owner)
    person.context.grant_permissions(["notifications"])
    person.open("/")
    person.tab("/leads/")
    person.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    shows(person.page, 0)  # the worker is there, and was asked once
    return person


def shows(page, count):
    """What the system shows of Leadbell, once that is ``count`` alerts."""
    until = time.monotonic() + 10
    while len(found := page.evaluate(SHOWN)) != count:
        assert time.monotonic() < until, found
        page.wait_for_timeout(20)
    return found


def test_a_lead_is_shown_by_the_system_once_and_goes_when_it_is_read(
    granted, owner, elsewhere, rest
):
    page = granted.page
    lead = rest.make()
    (shown,) = shows(page, 1)
    own = elsewhere(lambda: Notification.objects.get(recipient=owner))
    assert shown == {
        "tag": str(own.pk),
        "title": "New Lead Created",
        "body": "Ada Lovelace added to pipeline",
        "data": {"id": str(own.pk), "url": f"/leads/{lead}/"},
    }
    rest.make(firstName="Grace", lastName="Hopper")
    has_unread(page, 2)
    shows(page, 2)
    opened_panel(page).locator("[data-notification]").last.hover()
    panel(page).get_by_role("button", name="Mark read").last.click()
    (left,) = shows(page, 1)
    assert left["body"] == "Grace Hopper added to pipeline"


def test_desktop_alerts_can_be_turned_off_again(granted, rest):
    page = facing(granted.open("/settings/"))
    expect(page.get_by_text("On in this browser.")).to_be_visible()
    page.get_by_role("button", name="Turn desktop alerts off").click()
    expect(page.get_by_text("Off in this browser.")).to_be_visible()
    rest.make()
    has_unread(page, 1)
    page.get_by_role("button", name="Turn desktop alerts on").click()
    rest.make(firstName="Grace", lastName="Hopper")
    (shown,) = shows(page, 1)
    assert shown["body"] == "Grace Hopper added to pipeline"


def test_a_click_on_a_desktop_alert_opens_the_lead_and_marks_it_read(granted, rest):
    """The click itself is the system's; what the service worker then says to a window is ours."""
    page = granted.page
    lead = rest.make()
    (shown,) = shows(page, 1)
    address = f"{shown['data']['url']}#notification={shown['tag']}"
    (worker,) = granted.context.service_workers
    worker.evaluate(
        """async (address) => {
            const windows = await self.clients.matchAll({ includeUncontrolled: true });
            windows[0].postMessage({ open: address });
        }""",
        address,
    )
    for page in granted.context.pages:
        has_unread(page, 0)
    opened = [page for page in granted.context.pages if f"/leads/{lead}/" in page.url]
    assert len(opened) == 1
    expect(opened[0]).to_have_url(re.compile(rf"/leads/{lead}/$"))
    shows(opened[0], 0)


def test_alerts_that_the_browser_cannot_show_harm_nothing(browser_of, owner, rest):
    person = browser_of(owner, tolerate="no service worker today")
    person.context.grant_permissions(["notifications"])
    person.context.add_init_script(
        "navigator.serviceWorker.register = async () => "
        "{ throw new Error('no service worker today'); };"
    )
    page = person.open("/settings/")
    rest.make()
    has_unread(page, 1)
    expect(toasts(page)).to_have_count(1)
    button = page.get_by_role("button", name="Turn desktop alerts off")
    button.click()
    page.get_by_role("button", name="Turn desktop alerts on").click()
    expect(button).to_be_visible()
    refused = [said for said in person.said if said.startswith(page.url)]
    assert person.said
    assert not refused  # by nobody: they are written to the console
