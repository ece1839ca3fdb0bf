"""What arrives while a page is open is told in its reader's language and zone."""

import pytest
from playwright.sync_api import expect

from tests.browser.people import toasts

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def latest(page):
    """What the newest toast says."""
    return toasts(page).last.locator("[data-toast-message]")


def test_a_toast_speaks_german_to_who_reads_german(browser_of, owner, teammate, rest):
    owner.language = "de"
    owner.save()
    german = browser_of(owner, "/", timezone_id="Europe/Berlin").page
    english = browser_of(teammate, "/", timezone_id="Europe/Berlin").page
    lead = rest.make()
    expect(latest(german)).to_have_text("Ada Lovelace ist in der Pipeline")
    expect(latest(english)).to_have_text("Ada Lovelace added to pipeline")
    times = {"startsAt": "2026-03-02T09:30:00Z", "endsAt": "2026-03-02T10:00:00Z"}
    rest.post(f"/api/leads/{lead}/appointments/", json={"title": "Demo", **times})
    expect(latest(german)).to_have_text("Demo mit Ada Lovelace um 02.03.2026, 10:30")
    expect(latest(english)).to_have_text("Demo with Ada Lovelace at Mar 2, 2026, 10:30")
    rest.patch(f"/api/leads/{lead}/", json={"phone": "555 9999", "company": "ABC"})
    told = toasts(german).filter(has_text="Kontakt geändert")
    expect(told.locator("[data-toast-message]")).to_have_text("Ada Lovelace: Telefon, Firma")
