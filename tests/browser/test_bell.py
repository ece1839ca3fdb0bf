"""The bell: a lead rings in every browser, once, and is found in the history after a reload."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.people import (
    bell,
    has_rung,
    has_unread,
    is_live,
    items,
    listen,
    opened_panel,
    panel,
    pause,
    toasts,
)
from tests.factories import LeadFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_lead_saved_in_one_browser_rings_once_in_two_others(sign_in, owner, teammate, manager):
    first, second, third = sign_in(owner), sign_in(teammate), sign_in(manager)
    first.open("/")
    second.open("/settings/")
    third.open("/leads/new/")
    form = third.page
    form.get_by_label("First name").fill("Ada")
    form.get_by_label("Last name").fill("Lovelace")
    form.get_by_label("Email").fill("ada@example.org")
    form.get_by_label("Company").fill("ABC Company")
    form.get_by_role("button", name="Save lead").click()
    expect(form).to_have_url(re.compile(r"/leads/\d+/$"))

    for page in (first.page, second.page):
        toast = toasts(page)
        expect(toast).to_have_count(1)
        expect(toast).to_contain_text("New Lead Created")
        expect(toast).to_contain_text("Ada Lovelace (ABC Company) added to pipeline")
    for page in (first.page, second.page):
        has_unread(page, 1)
        item = items(opened_panel(page))
        expect(item).to_have_count(1)
        expect(item).to_contain_text("Ada Lovelace (ABC Company) added to pipeline")
        link = item.get_by_role("link", name="New Lead Created")
        expect(link).to_have_attribute("href", re.compile(r"^/leads/\d+/$"))
    has_unread(form, 1)  # the person who acted included


def test_a_lead_made_by_rest_rings_in_both_browsers_within_a_second(
    browser_of, owner, teammate, rest
):
    pages = [listen(browser_of(user, "/leads/").page) for user in (owner, teammate)]
    began = pages[0].evaluate("Date.now()")
    rest.make()
    for page in pages:
        has_rung(page, "Ada")
        assert page.evaluate("window.rung[0].at") - began < 1_000

    rest.make(firstName="Grace")  # what rings twice would have done so before this
    for page in pages:
        has_unread(page, 2)
        has_rung(page, "Ada", "Grace")


def test_a_reload_keeps_history_and_count_and_shows_no_toast_again(browser_of, owner, rest):
    page = browser_of(owner).page
    rest.make()
    expect(toasts(page)).to_have_count(1)
    page.reload()
    is_live(page)
    has_unread(page, 1)
    expect(items(opened_panel(page))).to_have_count(1)

    rest.make(firstName="Grace", lastName="Hopper")
    expect(toasts(page).last).to_contain_text("Grace Hopper")
    expect(toasts(page)).to_have_count(1)
    expect(items(panel(page))).to_have_count(2)
    has_unread(page, 2)


def test_a_deleted_lead_leaves_its_notification_without_a_link(browser_of, owner, rest):
    page = browser_of(owner).page
    lead = rest.make()
    item = items(opened_panel(page))
    expect(item.get_by_role("link", name="New Lead Created")).to_be_visible()

    rest.remove(lead)
    expect(item.get_by_role("link", name="New Lead Created")).to_have_count(0)
    expect(item).to_contain_text("Ada Lovelace added to pipeline")
    expect(toasts(page).get_by_role("link")).to_have_count(0)
    has_unread(page, 1)
    page.goto("/notifications/")
    history = items(page.get_by_role("main"))
    expect(history).to_contain_text("Ada Lovelace added to pipeline")
    expect(history.get_by_role("link", name="New Lead Created")).to_have_count(0)


def test_a_click_on_an_item_marks_it_read_and_goes_to_the_lead(browser_of, owner, rest):
    page = browser_of(owner).page
    lead = rest.make()
    rest.make(firstName="Grace", lastName="Hopper")
    has_unread(page, 2)
    expect(items(opened_panel(page))).to_have_count(2)
    item = items(panel(page)).filter(has_text="Ada Lovelace")
    item.click()
    expect(page).to_have_url(re.compile(rf"/leads/{lead}/$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Lovelace")
    has_unread(page, 1)


def test_the_bell_works_by_keyboard_alone(browser_of, owner, rest):
    page = browser_of(owner).page
    lead = rest.make()
    has_unread(page, 1)
    tab_to(page, bell(page))
    expect(bell(page)).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    expect(bell(page)).to_have_attribute("aria-expanded", "true")
    expect(panel(page)).to_be_visible()
    link = items(panel(page)).get_by_role("link", name="New Lead Created")
    tab_to(page, link)
    expect(items(panel(page)).get_by_role("button", name="Mark read")).to_be_visible()

    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    expect(bell(page)).to_have_attribute("aria-expanded", "false")
    expect(bell(page)).to_be_focused()

    page.keyboard.press("Space")
    expect(link).to_be_visible()
    mark = items(panel(page)).get_by_role("button", name=re.compile("^Mark (un)?read$"))
    tab_to(page, mark)
    page.keyboard.press("Enter")
    expect(mark).to_have_accessible_name("Mark unread")
    expect(mark).to_be_focused()
    has_unread(page, 0)
    page.keyboard.press("Enter")
    has_unread(page, 1)
    expect(mark).to_have_accessible_name("Mark read")
    expect(mark).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")  # past the way to change what one hears of
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/leads/{lead}/$"))
    has_unread(page, 0)


def test_a_click_elsewhere_closes_the_panel_and_the_page_behind_stays(browser_of, owner):
    page = browser_of(owner, "/leads/new/").page
    page.get_by_label("First name").fill("Half typed")
    opened_panel(page).get_by_text("All clear").wait_for()
    page.get_by_role("heading", name="New lead").click()
    expect(panel(page)).to_be_hidden()
    expect(page.get_by_label("First name")).to_have_value("Half typed")


def test_deleting_an_item_can_be_undone_for_five_seconds(browser_of, owner, rest):
    page = browser_of(owner).page
    rest.make()
    rest.make(firstName="Grace", lastName="Hopper")
    item = items(opened_panel(page))
    expect(item).to_have_count(2)
    pause(page)
    first = panel(page).locator("[data-notification]").first
    first.hover()
    first.get_by_role("button", name="Delete").click()
    expect(first.get_by_text("Deleted")).to_be_visible()
    page.clock.run_for(4_900)
    first.get_by_role("button", name="Undo").click()
    page.clock.run_for(10_000)
    expect(first).to_contain_text("Grace Hopper")
    has_unread(page, 2)

    first.hover()
    first.get_by_role("button", name="Delete").click()
    page.clock.run_for(5_000)
    has_unread(page, 1)
    page.clock.run_for(1_000)
    expect(item).to_have_count(1)
    expect(item).to_contain_text("Ada Lovelace")


def test_what_was_deleted_when_the_page_is_left_stays_deleted(browser_of, owner, rest):
    page = browser_of(owner, "/notifications/").page
    rest.make()
    item = items(page.get_by_role("main"))
    item.hover()
    item.get_by_role("button", name="Delete").click()
    expect(item.get_by_text("Deleted")).to_be_visible()
    page.goto("/leads/")
    has_unread(page, 0)
    expect(opened_panel(page)).to_contain_text("All clear")


def test_mark_all_read_in_the_panel(browser_of, owner, rest):
    page = browser_of(owner).page
    rest.make()
    rest.make(firstName="Grace", lastName="Hopper")
    opened = opened_panel(page)
    unread = opened.locator("[data-unread]")
    expect(unread).to_have_count(2)
    opened.get_by_role("button", name="Mark all read").click()
    has_unread(page, 0)
    expect(unread).to_have_count(0)
    expect(items(opened)).to_have_count(2)
    opened.get_by_role("button", name="Unread", exact=True).click()
    expect(opened).to_contain_text("All clear")
    expect(opened).to_contain_text("The last one came")
    opened.get_by_role("button", name="All", exact=True).click()
    expect(items(opened)).to_have_count(2)


def test_the_badge_stops_at_99_and_the_name_says_them_all(browser_of, owner, elsewhere):
    elsewhere(lambda: LeadFactory.create_batch(100))
    page = browser_of(owner).page
    expect(bell(page)).to_have_accessible_name("Notifications, 100 unread")
    expect(bell(page)).to_have_text("99+")
    expect(page).to_have_title(re.compile(r"^\(99\+\) "))
    together = opened_panel(page)
    expect(items(together)).to_have_count(1)
    together.get_by_text("100 new leads", exact=True).click()
    expect(items(together)).to_have_count(1 + 20)


def tab_to(page, target):
    for _ in range(60):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError("Tab does not reach it")
