"""Quiet hours: nothing pops up or rings until they end, then one summary does; also on the days on
which the clocks change."""

from datetime import datetime, time

import pytest
from playwright.sync_api import expect

from crm.models import User
from notifications.models import Notification
from tests.browser.people import (
    bell,
    comes_true,
    has_unread,
    is_live,
    items,
    opened_panel,
    toasts,
)
from tests.browser.test_sound_and_desktop import COUNT_TONES, SHOWN, rings

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AT = """async ([zone, from, until, moments]) => {
    const { QuietHours } = await import(document.querySelector("link[href*='quiet-hours']").href);
    const hours = new QuietHours({ from, until, zone });
    return moments.map((moment) => {
        const { quiet, changes } = hours.at(Date.parse(moment));
        return `${quiet ? "quiet" : "loud"} until ${new Date(changes).toISOString().slice(0, 16)}`;
    });
}"""


def at(page, zone, hours, *moments):
    return page.evaluate(AT, [zone, *hours.split("-"), moments])


@pytest.fixture
def quiet(owner):
    """From ten to seven in Berlin."""
    User.objects.filter(pk=owner.pk).update(
        quiet_from=time(22), quiet_until=time(7), zone="Europe/Berlin"
    )


@pytest.fixture
def sleeper(browser_of, owner, quiet):
    """The owner's browser, with sound on and alerts allowed, at 23:30 in Berlin."""
    person = browser_of(owner)
    person.context.grant_permissions(["notifications"])
    person.context.add_init_script(COUNT_TONES)
    person.page.clock.install(time=datetime.fromisoformat("2026-07-01T21:30:00+00:00"))
    person.open("/")
    opened_panel(person.page).get_by_role("button", name="Turn sound on").click()
    comes_true(person.page, "window.tones === 3")
    person.page.keyboard.press("Escape")
    person.page.clock.pause_at(datetime.fromisoformat("2026-07-01T21:31:00+00:00"))
    return person


def to(page, moment):
    page.clock.fast_forward(
        page.evaluate("(moment) => Date.parse(moment) - Date.now()", f"2026-{moment}Z")
    )


def wake(page):
    """After hours that were skipped the socket comes back first, and then what was missed."""
    is_live(page)
    page.clock.run_for(3_000)


def test_nothing_pops_up_until_they_end_and_then_one_summary_does(sleeper, rest):
    page = sleeper.page
    tab = sleeper.tab("/leads/")
    page.bring_to_front()
    look(tab, "hidden")  # without a screen, a browser takes all its tabs for seen
    for name in ("One", "Two", "Three"):
        rest.make(firstName=name)
    for each in (page, tab):
        has_unread(each, 3)  # stored and counted as ever
        expect(toasts(each)).to_have_count(0)
    assert rings(page) == 1  # the one that tells how it sounds
    assert page.evaluate(SHOWN) == []

    to(page, "07-02T04:59:30")
    page.clock.run_for(10_000)
    expect(toasts(page)).to_have_count(0)
    page.clock.run_for(20_500)
    wake(page)
    expect(toasts(page)).to_have_count(1)
    expect(toasts(page)).to_contain_text("3 notifications came in your quiet hours")
    expect(toasts(page).get_by_role("link")).to_have_attribute("href", "/notifications/")
    comes_true(page, "window.tones === 6")
    page.clock.run_for(20_000)
    expect(toasts(page)).to_have_count(0)
    assert rings(page, tab) == 2

    rest.make(firstName="Awake")
    expect(toasts(page)).to_contain_text("Awake Lovelace")
    comes_true(page, "window.tones === 9")


def look(page, state):
    page.evaluate(
        """(state) => {
            const as = { value: state, configurable: true };
            Object.defineProperty(document, "visibilityState", as);
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        state,
    )


def test_who_is_away_when_they_end_is_rung_for_and_told_when_they_look(sleeper, rest):
    page = sleeper.page
    for name in ("One", "Two"):
        rest.make(firstName=name)
    has_unread(page, 2)
    look(page, "hidden")
    to(page, "07-02T04:59:59")
    page.clock.run_for(2_000)
    wake(page)
    page.clock.run_for(2_000)
    comes_true(page, "window.tones === 6")
    expect(toasts(page)).to_have_count(0)
    page.clock.run_for(62_000)  # longer than a silence may be: the socket goes and comes back
    wake(page)
    rest.make(firstName="Awake")  # nothing waits for them to look
    comes_true(page, "window.tones === 9")
    expect(toasts(page)).to_contain_text("Awake Lovelace")
    page.clock.run_for(20_000)
    expect(toasts(page)).to_have_count(0)

    look(page, "visible")
    page.clock.run_for(3_000)
    expect(toasts(page)).to_contain_text("2 notifications came in your quiet hours")
    page.clock.run_for(20_000)
    expect(toasts(page)).to_have_count(0)
    assert rings(page) == 3
    look(page, "visible")
    page.clock.run_for(3_000)
    expect(toasts(page)).to_have_count(0)


def test_the_bell_says_until_when_and_keeps_its_name(sleeper, rest):
    page = sleeper.page
    moon = bell(page).locator("[data-moon]")
    expect(moon).to_be_visible()
    expect(bell(page)).to_have_accessible_name("Notifications")
    expect(bell(page)).to_have_accessible_description("Quiet until 07:00")
    rest.make()
    expect(bell(page)).to_have_accessible_name("Notifications, 1 unread")
    expect(items(opened_panel(page))).to_have_count(1)
    to(page, "07-02T04:59:59")
    page.clock.run_for(2_000)
    expect(moon).to_be_hidden()
    expect(bell(page)).to_have_accessible_description("")


def test_what_was_read_meanwhile_is_nothing_to_tell_of(sleeper, rest, elsewhere, owner):
    page = sleeper.page
    rest.make()
    has_unread(page, 1)
    elsewhere(lambda: Notification.objects.get(recipient=owner).mark_read())
    has_unread(page, 0)
    to(page, "07-02T04:59:59")
    page.clock.run_for(20_000)
    wake(page)
    expect(toasts(page)).to_have_count(0)
    rest.make()
    expect(toasts(page)).to_have_count(1)


def test_a_browser_that_is_opened_after_them_is_told(browser_of, owner, quiet, rest):
    person = browser_of(owner)
    page = person.page
    page.clock.install(time=datetime.fromisoformat("2026-07-01T21:30:00+00:00"))
    person.open("/")
    rest.make()
    rest.make(firstName="Grace")
    has_unread(page, 2)
    comes_true(page, "Object.keys(localStorage).some((key) => key.includes('quiet'))")
    page.close()
    page = person.context.new_page()
    page.clock.install(time=datetime.fromisoformat("2026-07-02T08:00:00+00:00"))
    page.goto("/leads/")
    is_live(page)
    expect(toasts(page)).to_contain_text("2 notifications came in your quiet hours")
    expect(toasts(page)).to_have_count(1)


def test_who_has_none_hears_at_night(browser_of, owner, rest):
    person = browser_of(owner)
    person.page.clock.install(time=datetime.fromisoformat("2026-07-01T23:30:00+00:00"))
    person.open("/")
    expect(bell(person.page).locator("[data-moon]")).to_be_hidden()
    rest.make()
    expect(toasts(person.page)).to_have_count(1)


# When they are


def test_they_begin_and_end_where_the_person_is(browser_of, owner):
    page = browser_of(owner, timezone_id="America/New_York").page
    berlin = at(
        page, "Europe/Berlin", "22:00-07:00",
        *("2026-07-01T19:59:59Z", "2026-07-01T20:00:00Z"),
        *("2026-07-02T04:59:59Z", "2026-07-02T05:00:00Z"),
    )  # fmt: skip
    assert berlin == [
        "loud until 2026-07-01T20:00",
        "quiet until 2026-07-02T05:00",
        "quiet until 2026-07-02T05:00",
        "loud until 2026-07-02T20:00",
    ]
    kathmandu = at(page, "Asia/Kathmandu", "12:00-13:00", "2026-07-01T06:14:59Z")
    assert kathmandu == ["loud until 2026-07-01T06:15"]
    kathmandu = at(page, "Asia/Kathmandu", "12:00-13:00", "2026-07-01T07:14:59Z")
    assert kathmandu == ["quiet until 2026-07-01T07:15"]
    for zone in ("", "Nowhere/At_all"):  # the browser's own
        assert at(page, zone, "00:00-06:00", "2026-07-01T05:00:00Z") == [
            "quiet until 2026-07-01T10:00"
        ]


def test_a_night_in_which_the_clocks_go_forward_is_an_hour_shorter(browser_of, owner):
    page = browser_of(owner).page
    assert at(page, "Europe/Berlin", "22:00-07:00", "2026-03-28T21:00:00Z") == [
        "quiet until 2026-03-29T05:00"
    ]
    # Half past two does not come: the moment at which the clocks skip it.
    assert at(page, "Europe/Berlin", "22:00-02:30", "2026-03-29T00:59:00Z") == [
        "quiet until 2026-03-29T01:00"
    ]
    assert at(page, "Europe/Berlin", "02:30-07:00", "2026-03-29T00:59:00Z") == [
        "loud until 2026-03-29T01:00"
    ]


def test_a_night_in_which_the_clocks_go_back_is_an_hour_longer(browser_of, owner):
    page = browser_of(owner).page
    assert at(page, "Europe/Berlin", "22:00-07:00", "2026-10-24T20:00:00Z") == [
        "quiet until 2026-10-25T06:00"
    ]
    # Half past two comes twice: quiet from the first, until the second, and not loud between them.
    between = ("2026-10-25T00:29:00Z", "2026-10-25T00:45:00Z", "2026-10-25T01:10:00Z")
    assert at(page, "Europe/Berlin", "22:00-02:30", *between) == [
        "quiet until 2026-10-25T01:30",
        "quiet until 2026-10-25T01:30",
        "quiet until 2026-10-25T01:30",
    ]
    assert at(page, "Europe/Berlin", "02:30-07:00", *between) == [
        "loud until 2026-10-25T00:30",
        "quiet until 2026-10-25T06:00",
        "quiet until 2026-10-25T06:00",
    ]


def test_the_settings_take_them(browser_of, owner):
    person = browser_of(owner, "/settings/", timezone_id="Asia/Tokyo")
    page = person.open("/settings/")
    form = page.get_by_role("main").locator("#quiet")
    expect(form.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    form.get_by_label("Quiet from").fill("22:00")
    form.get_by_role("button", name="Save quiet hours").click()
    expect(page.get_by_text("Give both times, or leave both empty.")).to_be_visible()
    page.get_by_label("Until").fill("07:00")
    page.get_by_role("button", name="Save quiet hours").click()
    expect(page).to_have_url(f"{person.base}/settings/")
    expect(page.get_by_label("Until")).to_have_value("07:00")
