"""Toasts: they leave, they stay while somebody is at them, and there are three at most."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.people import bell, has_unread, is_live, items, opened_panel, pause, toasts

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(browser_of, owner):
    """A live page on which time goes only when a test says so."""
    page = browser_of(owner).page
    pause(page)
    page.reload()
    is_live(page)
    return page


def test_a_toast_leaves_after_five_seconds(page, rest):
    rest.make()
    expect(toasts(page)).to_have_count(1)
    page.clock.run_for(4_900)
    expect(toasts(page)).to_have_count(1)
    page.clock.run_for(200)
    expect(toasts(page)).to_have_count(0)
    has_unread(page, 1)


def test_a_toast_stays_while_it_is_hovered(page, rest):
    rest.make()
    toasts(page).hover()
    page.clock.run_for(20_000)
    expect(toasts(page)).to_have_count(1)
    page.mouse.move(5, 5)
    page.clock.run_for(4_900)
    expect(toasts(page)).to_have_count(1)
    page.clock.run_for(200)
    expect(toasts(page)).to_have_count(0)


def test_a_toast_stays_while_it_is_focused(page, rest):
    rest.make()
    dismiss = toasts(page).get_by_role("button", name="Dismiss")
    dismiss.focus()
    page.clock.run_for(20_000)
    expect(dismiss).to_be_focused()
    page.keyboard.press("Shift+Tab")  # to the toast's own link
    page.clock.run_for(20_000)
    expect(toasts(page).get_by_role("link")).to_be_focused()
    bell(page).focus()
    page.clock.run_for(6_000)
    expect(toasts(page)).to_have_count(0)


def test_a_toast_never_takes_the_focus(page, rest):
    page.get_by_role("searchbox").focus()
    rest.make()
    expect(toasts(page)).to_have_count(1)
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_three_toasts_at_most_and_the_rest_is_counted(page, rest):
    for name in ("One", "Two", "Three", "Four", "Five"):
        rest.make(firstName=name)
    has_unread(page, 5)
    expect(toasts(page)).to_have_count(3)
    expect(toasts(page).last).to_contain_text("Five")
    more = page.get_by_role("status").get_by_role("link", name="and 2 more")
    expect(more).to_have_attribute("href", "/notifications/")
    page.clock.run_for(6_000)
    expect(toasts(page)).to_have_count(0)
    expect(more).to_be_hidden()


def test_a_toast_that_is_hovered_stays_under_the_pointer_when_others_come(page, rest):
    rest.make(firstName="Held")
    held = toasts(page).filter(has_text="Held")
    held.hover()
    for name in ("Two", "Three", "Four"):
        rest.make(firstName=name)
    has_unread(page, 4)
    expect(toasts(page)).to_have_count(3)
    assert held.evaluate("toast => toast.matches(':hover')")
    expect(page.get_by_role("status").get_by_role("link", name="and 1 more")).to_be_visible()


def test_a_click_on_a_toast_marks_it_read_and_goes_to_the_lead(page, rest):
    rest.make(firstName="Grace", lastName="Hopper")
    lead = rest.make()
    toasts(page).filter(has_text="Ada").get_by_role("link").click()
    expect(page).to_have_url(re.compile(rf"/leads/{lead}/$"))
    has_unread(page, 1)
    expect(toasts(page).filter(has_text="Ada")).to_have_count(0)


def test_a_click_on_a_toast_beside_the_open_panel_goes_there_as_well(page, rest):
    opened_panel(page)
    lead = rest.make()
    toasts(page).get_by_role("link").click()
    expect(page).to_have_url(re.compile(rf"/leads/{lead}/$"))


def test_dismissing_a_toast_leaves_the_notification_unread(page, rest):
    rest.make()
    dismiss = toasts(page).get_by_role("button", name="Dismiss")
    dismiss.focus()
    page.keyboard.press("Enter")
    expect(toasts(page)).to_have_count(0)
    expect(bell(page)).to_be_focused()
    has_unread(page, 1)
    expect(items(opened_panel(page))).to_have_count(1)


# Playwright's clock hides how a page was come to, so here time goes as it does.


def test_a_toast_goes_along_to_the_next_page_for_the_time_it_has_left(browser_of, owner, rest):
    person = browser_of(owner)
    rest.make()
    expect(toasts(person.page)).to_have_count(1)
    person.open("/leads/")
    expect(toasts(person.page)).to_have_count(1)
    expect(toasts(person.page)).to_have_count(0, timeout=5_000)


def test_a_lead_that_comes_between_two_pages_rings_on_the_second(browser_of, owner, rest):
    person = browser_of(owner)
    person.page.goto("about:blank")
    rest.make()
    person.open("/leads/")
    expect(toasts(person.page)).to_have_count(1)
    expect(toasts(person.page)).to_contain_text("Ada Lovelace")
