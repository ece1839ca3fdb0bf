"""The history page, with scripts and without."""

import re

import pytest
from playwright.sync_api import expect

from notifications.models import Notification
from tests.browser.people import has_unread, is_live, items, spread
from tests.factories import LeadFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def history(page):
    return items(page.get_by_role("main"))


def unread(page):
    return page.get_by_role("main").locator("[data-notification][data-unread]")


@pytest.fixture
def three(owner, elsewhere):
    """The owner's history: two leads, and an announcement that was read."""

    def make():
        LeadFactory(first_name="Ada", last_name="Lovelace")
        LeadFactory(first_name="Grace", last_name="Hopper")
        said = Notification(recipient=owner, type="system", title="Maintenance", message="At noon")
        said.save()
        said.mark_read()

    elsewhere(make)


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def page(request, browser_of, owner, three):
    return browser_of(owner, "/notifications/", java_script_enabled=request.param).page


def test_the_history_narrows_to_the_unread_and_to_a_kind(page):
    expect(history(page)).to_have_count(3)
    expect(history(page).first).to_contain_text("Maintenance")
    expect(unread(page)).to_have_count(2)
    which = page.get_by_role("navigation", name="Which")
    which.get_by_role("link", name="Unread").click()
    expect(page).to_have_url(re.compile("show=unread"))
    expect(history(page)).to_have_count(2)

    choose_kind(page, "Announcement")
    expect(page.get_by_role("main")).to_contain_text("Nothing here")
    which.get_by_role("link", name="All").click()
    expect(page).to_have_url(re.compile("type=system$"))
    expect(history(page)).to_have_count(1)
    expect(history(page)).to_contain_text("At noon")
    choose_kind(page, "New Lead Created")
    expect(history(page)).to_have_count(2)


def test_the_history_marks_read_and_unread(page):
    ada = history(page).filter(has_text="Ada Lovelace")
    press(ada, "Mark read")
    expect(unread(page)).to_have_count(1)
    page.reload()
    expect(unread(page)).to_have_count(1)
    press(ada, "Mark unread")
    expect(unread(page)).to_have_count(2)
    page.reload()
    expect(unread(page)).to_have_count(2)


def test_the_history_deletes(page):
    press(history(page).filter(has_text="Ada Lovelace"), "Delete")
    page.goto("/notifications/")  # which ends the time to think again, where there is one
    expect(history(page)).to_have_count(2)
    expect(page.get_by_text("Ada Lovelace")).to_have_count(0)


def test_the_history_marks_all_read(page):
    page.get_by_role("main").get_by_role("button", name="Mark all read").click()
    expect(unread(page)).to_have_count(0)
    expect(history(page)).to_have_count(3)
    page.goto("/notifications/?show=unread")
    expect(page.get_by_role("main")).to_contain_text("All clear")


def test_a_click_in_the_history_goes_to_the_lead(page):
    history(page).filter(has_text="Ada Lovelace").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Lovelace")


def test_an_open_history_follows_what_happens(browser_of, owner, rest):
    page = browser_of(owner, "/notifications/").page
    expect(page.get_by_text("Nothing has come yet.")).to_be_visible()
    lead = rest.make()
    expect(history(page)).to_have_count(1)
    rest.make(firstName="Grace", lastName="Hopper")
    expect(history(page)).to_have_count(2)
    expect(history(page).first).to_contain_text("Grace Hopper")
    rest.remove(lead)
    expect(history(page).get_by_role("link", name="New Lead Created")).to_have_count(1)
    has_unread(page, 2)


def test_a_long_history_goes_on_where_the_page_ended(browser_of, owner, rest, elsewhere):
    elsewhere(lambda: hour_by_hour(owner, 60))
    page = browser_of(owner, "/notifications/").page
    expect(history(page)).to_have_count(50)
    page.get_by_role("link", name="Show more").click()
    expect(history(page)).to_have_count(10)
    rest.make()
    has_unread(page, 61)
    expect(history(page)).to_have_count(10)
    page.get_by_role("link", name="Back to the newest").click()
    expect(history(page).first).to_contain_text("Ada Lovelace")


def hour_by_hour(user, count):
    LeadFactory.create_batch(count)
    spread(user)


def press(item, name):
    item.hover()
    item.get_by_role("button", name=name, exact=True).click()


def choose_kind(page, kind):
    show = page.get_by_role("button", name="Show", exact=True)
    scripted = show.count() == 0
    if scripted:
        is_live(page)
    page.get_by_label("Kind").select_option(kind)
    if not scripted:
        show.click()
