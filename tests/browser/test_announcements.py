"""Announcements in open browsers: there and gone at once, and nothing moves under a pointer."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from notifications.models import Announcement
from tests.browser.people import bell, comes_true, facing, has_unread, toasts

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def announce(administrator, elsewhere):
    """``announce(title, **fields)`` from somewhere else."""

    def make(title, **fields):
        def keep():
            made = Announcement(title=title, created_by=administrator, **fields)
            made.full_clean()
            made.keep()
            return made

        return elsewhere(keep)

    return make


def banner(page, title="Maintenance"):
    return page.locator("[data-banner]").filter(has_text=title)


def dismiss(page, title="Maintenance"):
    page.get_by_role("button", name=f"Dismiss: {title}").click()


def test_what_an_administrator_writes_is_at_the_top_of_open_pages_until_dismissed(
    browser_of, administrator, owner, teammate
):
    mine, his = browser_of(owner, "/leads/"), browser_of(teammate, "/settings/")
    second = mine.tab("/tasks/")
    desk = browser_of(administrator, "/announcements/").page
    desk.get_by_role("link", name="New announcement").click()
    desk.get_by_label("Title").fill("Maintenance")
    desk.get_by_label("Message").fill("Tonight at ten\nfor an <hour>")
    desk.get_by_role("button", name="Preview").click()
    expect(desk.locator(".banner")).to_have_count(0)
    expect(desk.locator("main")).to_contain_text("Take the HTML tags out")
    desk.get_by_label("Message").fill("Tonight at ten\nfor < 1 hour")
    desk.get_by_role("button", name="Preview").click()
    expect(desk.locator(".banner")).to_contain_text("for < 1 hour")
    desk.get_by_role("button", name="Announce").click()
    expect(desk.locator(".announcement")).to_contain_text("shown")
    for page in (facing(mine.page), second, his.page):
        expect(banner(page)).to_be_visible()
        expect(banner(page)).to_contain_text("for < 1 hour")
    has_unread(mine.page, 1)
    dismiss(facing(mine.page))
    expect(banner(mine.page)).to_have_count(0)
    has_unread(mine.page, 0)
    expect(banner(second)).to_be_hidden()
    expect(banner(his.page)).to_be_visible()
    mine.page.reload()
    expect(banner(mine.page)).to_have_count(0)


def test_what_is_withdrawn_goes_at_once_from_pages_and_bell(
    browser_of, owner, administrator, announce
):
    made = announce("Maintenance")
    announce("Stays")
    page = browser_of(owner).page
    has_unread(page, 2)
    desk = browser_of(administrator, f"/announcements/{made.pk}/withdraw/").page
    desk.get_by_role("button", name="Withdraw").click()
    expect(desk.locator("[data-state=withdrawn]")).to_have_count(1)
    expect(banner(page)).to_be_hidden()
    expect(banner(page, "Stays")).to_be_visible()
    has_unread(facing(page), 1)


def test_reading_the_notification_dismisses_the_banner_and_all_read_does_too(
    browser_of, owner, announce
):
    announce("Maintenance")
    announce("Another")
    page = browser_of(owner, "/notifications/").page
    item = page.locator("main [data-notification]").filter(has_text="Maintenance")
    item.hover()
    item.get_by_role("button", name="Mark read").click()
    expect(banner(page)).to_be_hidden()
    expect(banner(page, "Another")).to_be_visible()
    bell(page).click()
    page.get_by_role("region", name="Notifications").get_by_role(
        "button", name=re.compile("Mark all")
    ).click()
    expect(banner(page, "Another")).to_be_hidden()


def test_it_goes_by_itself_when_it_ends(browser_of, owner, announce):
    announce("Maintenance", ends_at=timezone.now() + timedelta(hours=1))
    one = browser_of(owner)
    page = one.page
    page.clock.install()
    one.open("/settings/")
    expect(banner(page)).to_be_visible()
    page.clock.fast_forward(3_590_000)
    expect(banner(page)).to_be_visible()
    page.clock.fast_forward(20_000)
    expect(banner(page)).to_be_hidden()


def test_what_comes_or_goes_moves_nothing_under_a_pointer_that_moves(
    browser_of, owner, announce, elsewhere
):
    page = browser_of(owner, "/leads/").page
    page.clock.install()
    target = page.get_by_role("main").get_by_role("link", name="New lead").first
    before = target.bounding_box()
    page.mouse.move(600, 300)
    made = announce("Maintenance")
    expect(toasts(page)).to_have_count(1)
    page.clock.run_for(1_000)
    expect(banner(page)).to_have_count(0)
    assert target.bounding_box() == before
    page.clock.run_for(2_000)
    expect(banner(page)).to_be_visible()
    there = target.bounding_box()
    assert there["y"] > before["y"]
    page.mouse.move(610, 300)
    elsewhere(lambda: made.withdraw(by=None))
    expect(banner(page)).to_be_hidden()
    assert target.bounding_box() == there
    page.clock.run_for(3_000)
    expect(banner(page)).to_have_count(0)
    assert target.bounding_box() == before


def test_by_keyboard_it_is_dismissed_and_unfolded(browser_of, owner, announce):
    announce("First")
    announce("Long", message="word " * 200 + "end")
    page = browser_of(owner, "/settings/").page
    expect(banner(page, "Long")).not_to_contain_text(re.compile("end$"))
    summary = banner(page, "Long").locator("summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(banner(page, "Long").locator("details p")).to_be_visible()
    page.get_by_role("button", name="Dismiss: Long").focus()
    page.keyboard.press("Enter")
    expect(banner(page, "Long")).to_have_count(0)
    expect(page.get_by_role("button", name="Dismiss: First")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#banners")).to_be_hidden()
    comes_true(page, "document.activeElement.tagName === 'MAIN'")


def test_without_scripts_it_is_dismissed_by_a_form_and_one_stays_where_one_was(
    browser_of, owner, announce
):
    announce("Maintenance")
    page = browser_of(owner, "/leads/?stage=new", java_script_enabled=False).page
    dismiss(page)
    expect(page).to_have_url(re.compile(r"/leads/\?stage=new$"))
    expect(banner(page)).to_have_count(0)
