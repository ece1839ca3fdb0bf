"""A storm is calm: one line in the toasts, in the panel and among the system's alerts, one ring in
three seconds; and each is stored, numbered and counted."""

import re
import time

import pytest
from playwright.sync_api import expect

from leads.models import Lead
from notifications.models import Event, Inbox, Notification
from tests.browser.people import (
    bell,
    comes_true,
    has_unread,
    is_live,
    items,
    opened_panel,
    panel,
    pause,
    toasts,
)
from tests.browser.test_sound_and_desktop import (  # noqa: F401 (fixtures)
    granted,
    listener,
    rings,
    shows,
)
from tests.factories import LeadFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LEADS = 500
COUNT_CHANGES = """() => {
    window.changes = 0;
    new MutationObserver(() => (window.changes += 1)).observe(
        document.querySelector("[role=status]"),
        { childList: true, subtree: true, characterData: true },
    );
}"""


def make(count, **fields):
    """As many leads in one go; everybody is told of each."""
    made = Lead.objects.bulk_create(LeadFactory.build_batch(count, **fields))
    waiting = Event.objects.filter(fanned_out_at=None)
    while waiting.exists():
        Event.objects.fan_out_batch()
    return made


def test_500_leads_are_one_toast_one_line_and_few_rings(listener, owner, elsewhere, rest):  # noqa: F811
    page = listener.page
    page.evaluate(COUNT_CHANGES)
    opened_panel(page).get_by_role("button", name="Turn sound on").click()
    expect(panel(page).get_by_role("button", name="Turn sound off")).to_be_visible()
    panel(page).get_by_role("button", name="Close").click()
    began = time.monotonic()
    elsewhere(lambda: make(LEADS))
    expect(toasts(page).filter(has_text="500 new leads")).to_have_count(1)
    seconds = time.monotonic() - began
    expect(toasts(page)).to_have_count(1)
    link = toasts(page).get_by_role("link")
    expect(link).to_have_attribute("href", "/notifications/?type=lead_created")
    assert 1 <= rings(page) - 1 <= seconds / 3 + 1
    assert page.evaluate("window.changes") <= 20 + seconds  # what is read out
    expect(bell(page)).to_have_accessible_name("Notifications, 500 unread")

    own = Notification.objects.visible_to(owner)
    inbox = Inbox.objects.of(owner)
    assert elsewhere(own.count) == inbox.seq == inbox.unread_count == LEADS
    lines = opened_panel(page).locator("#panel-list > ul > li")
    expect(lines).to_have_count(1)
    expect(lines).to_contain_text("500 new leads")
    expect(lines).to_have_attribute("data-unread", "")


def test_five_are_five_and_the_sixth_makes_them_one_that_counts_on(browser_of, owner, rest):
    page = browser_of(owner).page
    pause(page)
    page.reload()
    is_live(page)
    for number in range(5):
        rest.make(firstName=f"Lead{number}")
    has_unread(page, 5)
    expect(toasts(page)).to_have_count(3)
    rest.make()
    expect(toasts(page)).to_have_count(1)
    expect(toasts(page)).to_contain_text("6 new leads")
    expect(page.get_by_role("status").get_by_role("link", name="more")).to_be_hidden()
    rest.make()
    page.clock.run_for(4_000)
    has_unread(page, 7)
    expect(toasts(page)).to_contain_text("7 new leads")
    page.clock.run_for(1_500)
    expect(toasts(page)).to_have_count(0)

    rest.make()  # ten seconds are not over yet
    expect(toasts(page)).to_contain_text("8 new leads")
    page.clock.run_for(16_000)
    expect(toasts(page)).to_have_count(0)
    rest.make(firstName="Later")
    expect(toasts(page)).to_contain_text("Later Lovelace")


def test_a_storm_that_is_dismissed_stays_away_and_one_that_is_hovered_stays(
    browser_of, owner, elsewhere
):
    page = browser_of(owner).page
    pause(page)
    page.reload()
    is_live(page)
    elsewhere(lambda: make(8))
    toast = toasts(page).filter(has_text="new leads")
    expect(toast).to_have_count(1)
    toast.hover()
    page.clock.run_for(9_000)
    expect(toast).to_contain_text("8 new leads")
    toast.get_by_role("button", name="Dismiss").click()
    expect(toast).to_have_count(0)
    elsewhere(lambda: make(2))
    page.clock.run_for(2_000)
    expect(bell(page)).to_have_accessible_name("Notifications, 10 unread")
    expect(toasts(page)).to_have_count(0)


def test_a_storm_goes_along_to_the_next_page(browser_of, owner, elsewhere):
    person = browser_of(owner)
    elsewhere(lambda: make(8))
    expect(toasts(person.page)).to_contain_text("8 new leads")
    person.open("/leads/")
    expect(toasts(person.page)).to_contain_text("8 new leads")
    elsewhere(lambda: make(1))
    expect(toasts(person.page)).to_contain_text("9 new leads")


def test_the_line_unfolds_grows_and_is_marked_read_as_a_whole(browser_of, owner, elsewhere):
    person = browser_of(owner)
    page = person.page
    elsewhere(lambda: make(30))
    elsewhere(lambda: Notification(recipient=owner, type="system", title="Hello").save())
    opened = opened_panel(page)
    fold = opened.locator("summary")
    expect(fold).to_contain_text("30 new leads")
    expect(opened.get_by_role("link", name="See all of 30 new leads")).to_be_hidden()
    fold.focus()
    page.keyboard.press("Enter")
    expect(items(opened)).to_have_count(1 + 1 + 20)
    seen = owner.notifications.exclude(seen_at=None)
    comes_true(page, "!document.querySelector('#panel-list [data-unseen]')")
    elsewhere(lambda: make(1))
    expect(fold).to_contain_text("31 new leads")
    expect(items(opened).nth(2)).to_be_visible()  # still unfolded
    expect(fold).to_be_focused()
    assert elsewhere(seen.count) >= 20

    mark = opened.get_by_role("button", name="Mark all of these read")
    mark.focus()
    page.keyboard.press("Enter")
    has_unread(page, 1)
    expect(opened.locator("[data-unread]")).to_have_count(1)
    expect(mark).to_have_count(0)
    opened.get_by_role("link", name="See all of 31 new leads").click()
    expect(page).to_have_url(re.compile(r"type=lead_created&of="))
    expect(items(page.get_by_role("main"))).to_have_count(31)


def test_it_works_without_scripts(browser_of, owner, elsewhere):
    elsewhere(lambda: make(8))
    page = browser_of(owner, "/notifications/", java_script_enabled=False).page
    main = page.get_by_role("main")
    main.get_by_text("8 new leads").click()
    expect(items(main)).to_have_count(1 + 8)
    main.get_by_role("button", name="Mark all of these read").click()
    expect(page).to_have_url(re.compile("/notifications/$"))
    expect(main.locator("[data-unread]")).to_have_count(0)


def test_the_system_shows_a_storm_as_one_alert_that_goes_when_all_are_read(
    granted,  # noqa: F811
    owner,
    elsewhere,
):
    page = granted.page
    elsewhere(lambda: make(12))
    until = time.monotonic() + 10
    while (shown := shows(page, 1)[0])["title"] != "12 new leads":
        assert time.monotonic() < until, shown
    assert shown["tag"] == "storm-lead_created"
    assert shown["data"]["url"] == "/notifications/?type=lead_created"
    rows = list(owner.notifications.all())
    elsewhere(rows[0].mark_read)
    has_unread(page, 11)
    shows(page, 1)
    elsewhere(lambda: [row.mark_read() for row in rows[1:]])
    shows(page, 0)


def test_lists_of_leads_are_whole_after_a_storm(browser_of, owner, elsewhere):
    person = browser_of(owner, "/leads/board/")
    listing = person.tab("/leads/")
    made = elsewhere(lambda: make(120))
    newest = f'[data-lead="{made[-1].pk}"]'
    expect(person.page.locator(newest)).to_have_count(1)
    expect(listing.locator(newest)).to_have_count(1)
    expect(person.page.locator('[data-column="new"] [data-count]')).to_have_text("120")
    expect(listing.locator("[data-leads] [data-lead]")).to_have_count(50)
