"""What arrives while a page is open is told in its reader's language and zone."""

import pytest
from playwright.sync_api import expect

from tests.browser.people import toasts

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_toast_speaks_german_to_who_reads_german(browser_of, owner, teammate, rest):
    owner.language = "de"
    owner.save()
    german = browser_of(owner, "/", timezone_id="Europe/Berlin").page
    english = browser_of(teammate, "/", timezone_id="Europe/Berlin").page
    lead = rest.make()
    expect(toasts(german)).to_have_text(["Neuer LeadAda Lovelace ist in der Pipeline"])
    expect(toasts(english)).to_have_text(["New Lead CreatedAda Lovelace added to pipeline"])
    times = {"startsAt": "2026-03-02T09:30:00Z", "endsAt": "2026-03-02T10:00:00Z"}
    rest.post(f"/api/leads/{lead}/appointments/", json={"title": "Demo", **times})
    expect(toasts(german).last).to_have_text("TerminDemo mit Ada Lovelace um 02.03.2026, 10:30")
    expect(toasts(english).last).to_have_text(
        "AppointmentDemo with Ada Lovelace at Mar 2, 2026, 10:30"
    )
    rest.patch(f"/api/leads/{lead}/", json={"phone": "555 9999", "company": "ABC"})
    expect(toasts(german).last).to_have_text("Kontakt geändertAda Lovelace: Telefon, Firma")
