"""The page of operations in a browser: live by itself, and what failed is tried again."""

import os
import re

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from notifications.models import Event
from tests.browser.people import facing, has_unread
from tests.factories import LeadFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def fail(elsewhere, monkeypatch):
    """``fail(n)``: events that nobody could deliver."""

    def make(count):
        def parked():
            with monkeypatch.context() as broken, transaction.atomic():
                broken.setattr("notifications.models.event.fan_out.wake", lambda: None)
                LeadFactory.create_batch(count)
                error = "ValueError: it cannot be told"
                Event.objects.update(parked_at=timezone.now(), attempts=10, error=error)

        elsewhere(parked)

    return make


def test_what_failed_shows_by_itself_and_is_tried_again_with_the_keyboard(
    browser_of, administrator, owner, fail
):
    desk, page = browser_of(administrator, "/operations/").page, browser_of(owner).page
    expect(desk.locator("#operations")).to_contain_text("None. What fails")
    expect(desk.locator("#operations .operated li").first).to_contain_text(
        re.compile("serves|works")
    )
    fail(2)
    expect(desk.locator("[data-key^=event-]")).to_have_count(2, timeout=15_000)
    button = facing(desk).locator("[data-key^=event-] button").first
    button.focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("1 event is tried again.")).to_be_visible()
    expect(desk.locator("[data-key^=event-]")).to_have_count(1)
    has_unread(page, 1)
    desk.get_by_role("button", name="Try it again").click()
    expect(desk.locator("#operations")).to_contain_text("None. What fails")
    has_unread(page, 2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_is_wider_than_the_screen(browser_of, administrator, owner, fail, width, scheme):
    fail(3)
    desk = browser_of(administrator, "/operations/").page
    desk.set_viewport_size({"width": width, "height": 800})
    desk.emulate_media(color_scheme=scheme)
    facing(desk).reload()
    expect(desk.locator("[data-key^=event-]")).to_have_count(3)
    assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if folder := os.environ.get("PICTURES"):
        desk.screenshot(path=f"{folder}/operations-{width}-{scheme}.png", full_page=True)
