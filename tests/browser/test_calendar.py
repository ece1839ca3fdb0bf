"""The calendar in the browsers of two: what one does there the other sees, and an address that
calendar programs take."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from django.utils import timezone
from playwright.sync_api import expect

from leads.models import Appointment, CalendarFeed
from notifications.models import Preference
from notifications.models.preference import Wants
from tests.browser.people import is_live, toasts
from tests.factories import AppointmentFactory, LeadFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BERLIN = {"timezone_id": "Europe/Berlin"}


@pytest.fixture
def noon():
    """Of tomorrow, whatever the day."""
    day = timezone.now() + timedelta(days=1)
    return day.replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def deaf(teammate):
    """Somebody who is told of no appointment, and whose pages show them all the same."""
    Preference.objects.create(user=teammate, kind="event", wants=Wants.NOTHING)
    return teammate


def body(title, start, *people, minutes=30):
    end = start + timedelta(minutes=minutes)
    return {"title": title, "startsAt": start.isoformat(), "endsAt": end.isoformat(),
            "attendeeIds": [person.pk for person in people]}  # fmt: skip


@pytest.mark.parametrize("view", ["agenda", "week", "month"])
def test_what_is_made_moved_and_cancelled_shows_on_every_open_calendar(
    browser_of, rest, owner, deaf, noon, view
):
    lead = rest.make()
    path = f"/calendar/?view={view}&date={noon:%Y-%m-%d}"
    mine = browser_of(owner, path).page
    theirs = browser_of(deaf, path).page
    pages = (mine, theirs)
    appointments = f"/api/leads/{lead}/appointments/"

    def meetings(page):
        return page.locator("#calendar bdi")

    for page in pages:
        expect(meetings(page)).to_have_count(0)
    made = rest.post(appointments, json=body("Demo", noon, owner, deaf)).json()
    for page in pages:
        expect(meetings(page)).to_have_text(["Demo"])
    other = rest.post(appointments, json=body("Call", noon + timedelta(hours=2), owner, deaf))
    for page in pages:
        expect(meetings(page)).to_have_text(["Demo", "Call"])
        expect(page.locator("#calendar")).not_to_contain_text("also have")
        expect(page.locator(".conflict-word")).to_have_count(0)

    moved = body("Demo", noon + timedelta(hours=2, minutes=15), owner, deaf)
    assert rest.patch(f"/api/appointments/{made['id']}/", json=moved).status_code == 200
    for page in pages:
        expect(meetings(page)).to_have_text(["Call", "Demo"])
        said = page.locator(".conflict-word, .meeting-conflict")
        expect(said).to_have_count(2)
        if view != "month":
            expect(said.first).to_contain_text("You also have “Demo”")

    assert rest.delete(f"/api/appointments/{other.json()['id']}/").status_code == 204
    for page in pages:
        expect(meetings(page)).to_have_text(["Demo"])
    expect(toasts(mine).filter(has_text="Appointment Cancelled")).to_have_count(1)
    expect(toasts(theirs).filter(has_text="Appointment")).to_have_count(0)


def test_who_is_added_sees_it_though_nothing_rang(browser_of, rest, owner, teammate, noon):
    lead = rest.make()
    made = rest.post(f"/api/leads/{lead}/appointments/", json=body("Demo", noon, owner)).json()
    path = f"/calendar/?view=week&date={noon:%Y-%m-%d}"
    theirs = browser_of(teammate, path).page
    expect(theirs.locator("#calendar bdi")).to_have_count(0)
    change = {"attendeeIds": [owner.pk, teammate.pk]}
    assert rest.patch(f"/api/appointments/{made['id']}/", json=change).status_code == 200
    expect(theirs.locator("#calendar bdi")).to_have_text(["Demo"])


def test_what_is_moved_is_told_in_the_zone_of_who_reads_it(browser_of, rest, owner):
    lead = rest.make()
    start = datetime(2031, 3, 30, 0, 30, tzinfo=UTC)
    made = rest.post(f"/api/leads/{lead}/appointments/", json=body("Demo", start)).json()
    page = browser_of(owner, "/settings/", **BERLIN).page
    later = body("Demo", start + timedelta(hours=1))
    assert rest.patch(f"/api/appointments/{made['id']}/", json=later).status_code == 200
    toast = toasts(page).filter(has_text="Appointment Moved")
    expect(toast).to_contain_text(
        re.compile(r"Demo with Ada Lovelace at Mar 30, 2031, 03:30, not Mar 30, 2031, 01:30")
    )


def test_a_conflict_is_said_where_the_appointment_was_made(browser_of, owner, elsewhere, noon):
    def make():
        times = {"starts_at": noon, "ends_at": noon + timedelta(hours=1)}
        AppointmentFactory(title="Call", attendee_ids=[owner.pk], **times)
        return LeadFactory(owner=owner)

    lead = elsewhere(make)
    page = browser_of(owner, f"/leads/{lead.pk}/", timezone_id="UTC").page
    page.keyboard.press("a")
    form = page.locator("#appointment-form")
    form.get_by_label("Appointment").fill("Demo")
    form.get_by_label("Starts").fill(f"{noon:%Y-%m-%dT12:15}")
    form.get_by_label("Ends", exact=True).fill(f"{noon:%Y-%m-%dT12:45}")
    form.get_by_role("button", name="Add appointment").press("Enter")
    expect(page.locator("#ahead .meeting-conflict")).to_have_text(
        "You also have “Call”, 12:00–13:00"
    )
    assert Appointment.objects.filter(lead=lead).count() == 1


def test_a_time_that_no_clock_shows_is_said_beside_the_field(browser_of, owner, elsewhere):
    lead = elsewhere(lambda: LeadFactory(owner=owner))
    page = browser_of(owner, f"/leads/{lead.pk}/", **BERLIN).page
    page.keyboard.press("a")
    form = page.locator("#appointment-form")
    form.get_by_label("Appointment").fill("Demo")
    form.get_by_label("Starts").fill("2031-03-30T02:30")
    form.get_by_label("Ends", exact=True).fill("2031-03-30T04:00")
    form.get_by_role("button", name="Add appointment").click()
    expect(page.locator("#appointment-starts_at_error")).to_contain_text("The next time is 03:00.")
    expect(form.get_by_label("Starts")).to_be_focused()
    form.get_by_label("Starts").fill("2031-03-30T03:00")
    form.get_by_role("button", name="Add appointment").click()
    expect(page.locator("#ahead")).to_contain_text("Demo")


def test_the_address_is_made_copied_and_renewed(browser_of, server, owner):
    person = browser_of(owner, "/calendar/", permissions=["clipboard-read", "clipboard-write"])
    page = person.page
    page.get_by_text("Subscribe in a calendar program").press("Enter")
    page.get_by_role("button", name="Make an address").press("Enter")
    expect(page.get_by_label("Mine")).to_be_visible()
    is_live(page)
    addresses = []
    for _ in range(2):
        copy = page.locator(".subscribe-address").filter(has_text="Mine").get_by_role("button")
        copy.click()
        expect(copy).to_have_text("Copied")
        addresses.append(page.evaluate("navigator.clipboard.readText()"))
        assert addresses[-1] == page.get_by_label("Mine").input_value()
        fetched = httpx.get(addresses[-1])
        assert (fetched.status_code, fetched.text[:15]) == (200, "BEGIN:VCALENDAR")
        assert httpx.head(addresses[-1]).headers["etag"] == fetched.headers["etag"]
        assert fetched.headers.get("set-cookie") is None
        page.get_by_role("button", name="Make a new address").click()
        expect(page.get_by_label("Mine")).not_to_have_value(addresses[-1])
        is_live(page)
        assert httpx.get(addresses[-1]).status_code == 404
    assert addresses[0].startswith(f"{server.base}/calendar/feed/")
    assert addresses[0] != addresses[1]
    page.get_by_role("button", name="Remove the address").click()
    expect(page.get_by_role("button", name="Make an address")).to_be_visible()
    assert not CalendarFeed.objects.exists()
