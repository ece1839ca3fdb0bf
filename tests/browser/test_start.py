"""The first moment of a page, in which it looks ready and has not got all of its scripts."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.people import bell, comes_true, is_live, panel
from tests.factories import LeadFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


SCRIPT = "**/js/app.js"


@pytest.fixture
def just_opened(browser_of, owner):
    """``page, come = just_opened(path)``: the page, and what lets its scripts come."""

    def opened(path):
        page, waiting, here = browser_of(owner, "/settings/").page, [], []
        page.route(SCRIPT, lambda route: route.continue_() if here else waiting.append(route))
        page.goto(path, wait_until="commit")
        comes_true(page, "performance.getEntriesByName('leadbell:early').length === 1")

        def come():
            here.append(SCRIPT)
            for route in waiting:
                route.continue_()
            is_live(page)

        return page, come

    return opened


def leads(page):
    return page.locator("[data-leads] [data-focus=open]")


def test_keys_go_through_the_list_before_its_scripts_are_there(just_opened, owner):
    LeadFactory.create_batch(3, owner=owner)
    page, come = just_opened("/leads/")
    expect(leads(page)).to_have_count(3)
    page.keyboard.press("j")
    expect(leads(page).nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    come()
    expect(leads(page).nth(2)).to_be_focused()
    boxes = page.locator("input[name=lead][form=bulk]")
    expect(boxes.nth(1)).to_be_checked()
    expect(boxes.nth(0)).not_to_be_checked()
    expect(page.locator("[data-selected]")).to_have_text("1 selected")


def test_the_bell_that_is_clicked_too_early_opens_once(just_opened):
    page, come = just_opened("/leads/")
    bell(page).click()
    expect(panel(page)).to_be_hidden()
    come()
    expect(panel(page)).to_be_visible()
    bell(page).click()
    expect(panel(page)).to_be_hidden()


def test_one_searches_and_goes_anywhere_from_the_first_moment(just_opened):
    page, come = just_opened("/leads/")
    page.keyboard.press("/")
    page.keyboard.type("ada")
    expect(page.get_by_role("searchbox", name="Search leads")).to_have_value("ada")
    page.keyboard.press("Control+k")
    page.keyboard.type("cal")
    expect(page.get_by_role("dialog").get_by_role("option").first).to_contain_text("Calendar")
    come()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/calendar/$"))


def test_a_choice_that_is_made_too_early_counts(just_opened):
    LeadFactory(stage="won")
    page, come = just_opened("/leads/")
    page.locator(".filters select[name=stage]").select_option("won")
    come_and_go = re.compile(r"stage=won")
    expect(page).not_to_have_url(come_and_go)
    come()
    expect(page).to_have_url(come_and_go)
