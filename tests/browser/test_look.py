"""How every page looks, wide and narrow, light and dark: measured, not admired."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from chat.models import Message
from crm.models import User
from leads.models import CalendarFeed, Lead
from tests.browser.people import (
    bell,
    facing,
    has_unread,
    is_live,
    items,
    opened_panel,
    panel,
    spread,
    toasts,
)
from tests.factories import AppointmentFactory, LeadFactory, TaskFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MEASURES = Path(__file__).with_name("look.js").read_text()
WIDE = {"viewport": {"width": 1280, "height": 800}}
NARROW = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
SCREENS = {"1280": WIDE, "360": NARROW}
WRITTEN = "time:is([data-age], [data-when], [data-clock]):not([data-set])"  # yet, by scripts
CONTRAST = 4.5
TARGET = 44  # pixels, under a thumb
LONG = "Anneliese Wilhelmine Konstanze von und zu Hohenlohe-Schillingsfürst-Waldenburg " * 2
ARABIC = "محمد عبد الرحمن الخوارزمي"
NAMELESS = re.compile(
    r"^ *- (button|link|textbox|searchbox|combobox|checkbox|radio|slider)( \[[^\]]*\])*:?$"
)


@pytest.fixture
def leads(owner, elsewhere):
    """Leads as they come: plain ones, one with long names, one in Arabic, one that was won."""

    def make():
        LeadFactory.create_batch(18, company="ABC Company", source="web", owner=owner)
        Lead.objects.create(
            first_name=LONG[:120],
            last_name="W" * 120,
            company=LONG[:120],
            email=f"{'a' * 60}@{'b' * 60}.example.org",
            phone="+49 " + "1234 " * 9,
            job_title="J" * 120,
            website=f"https://example.org/{'path/' * 60}",
            message="word " * 200 + "x" * 300,
            city="C" * 120,
            source="S" * 100,
        )
        Lead.objects.create(first_name=ARABIC, company=f"شركة {ARABIC}", phone="+966 11 555 1234")
        LeadFactory(stage="won")
        plan(owner)
        CalendarFeed.objects.renew(owner)
        talk(owner)
        spread(owner)

    elsewhere(make)
    by_name = dict(Lead.objects.values_list("first_name", "pk"))
    return {
        "plain": by_name["John"],
        "long": by_name[LONG[:120].strip()],
        "arabic": by_name[ARABIC],
        "talk": User.objects.get(last_name="Talker").pk,
    }


def plan(owner):
    """Tasks that are late, due today and done, and appointments of which two overlap."""
    lead, now = Lead.objects.get(first_name=LONG[:120].strip()), timezone.now()
    for hours in (-30, -1, 0.1, 90):
        due = now + timedelta(hours=hours)
        TaskFactory(lead=lead, title=LONG, assignee=owner, due_at=due)
    TaskFactory(lead=lead, title=ARABIC, assignee=owner, completed_at=now)
    for minutes in (0, 15, 60):
        begin = now + timedelta(minutes=minutes)
        times = {"starts_at": begin, "ends_at": begin + timedelta(minutes=30)}
        AppointmentFactory(lead=lead, title=LONG, attendee_ids=[owner.pk], **times)


def talk(owner):
    """Messages long and short, with links, in two directions of writing."""
    other = UserFactory(first_name=LONG[:100], last_name="Talker")
    lead = Lead.objects.get(first_name=LONG[:120].strip())
    words = (
        LONG,
        ARABIC,
        f"https://example.org/{'path/' * 60}",
        lead.get_absolute_url(),
        "x" * 500,
    )
    for body in words:
        Message.objects.create(sender=owner, recipient=other, body=body)
        Message.objects.create(sender=other, recipient=owner, body=body)


def pages(leads):
    return (
        "/",
        "/leads/",
        "/leads/?search=nobody&stage=new",
        "/leads/new/",
        f"/leads/{leads['plain']}/",
        f"/leads/{leads['long']}/",
        f"/leads/{leads['arabic']}/",
        f"/leads/{leads['long']}/edit/",
        f"/leads/{leads['long']}/delete/",
        "/leads/0/",
        "/tasks/",
        "/tasks/?who=team",
        "/tasks/new/",
        "/chat/",
        f"/chat/{leads['talk']}/",
        "/calendar/",
        "/calendar/?view=agenda&who=all",
        "/calendar/?view=month",
        "/calendar/?subscribe=1",
        "/notifications/",
        "/settings/",
        "/settings/quiet/",
        "/settings/password/",
        "/settings/sessions/",
        "/settings/two-steps/",
    )


@pytest.fixture
def look_at(browser_of, owner):
    """``look_at(screen, scheme)`` is the owner's browser, where pages can be measured."""

    def person(screen, scheme, path="/"):
        still = {"color_scheme": scheme, "reduced_motion": "reduce", "tolerate": "status of 404"}
        options = SCREENS[screen] | still
        one = browser_of(owner, path, **options)
        one.context.add_init_script(MEASURES)
        return one

    return person


@pytest.mark.parametrize("screen", ["1280", "360"])
def test_every_page_fits_names_what_it_offers_and_can_be_read(look_at, leads, screen):
    person = look_at(screen, "light")
    wrong = {}
    for path in pages(leads):
        page = person.open(path)
        expect(page.locator(WRITTEN)).to_have_count(0)
        wrong[path] = faults(page, screen)
    opened_panel(person.open("/"))
    expect(items(panel(page))).to_have_count(20)
    wrong["the panel"] = faults(page, screen)
    person.context.clear_cookies()
    page.goto("/login/")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Email")).to_have_attribute("aria-invalid", "true")
    page.wait_for_load_state()
    wrong["/login/"] = faults(page, screen)
    assert not {path: found for path, found in wrong.items() if found}


def faults(page, screen):
    """What is wrong with the page, first in the light and then in the dark."""
    snapshot = page.locator("body").aria_snapshot().splitlines()
    found = [f"nameless: {line.strip()}" for line in snapshot if NAMELESS.match(line)]
    found += page.evaluate("(width) => look.overflow(width)", int(screen))
    if screen == "360":
        found += page.evaluate("(least) => look.smallTargets(least)", TARGET)
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        pale = page.evaluate("(least) => look.paleTexts(least)", CONTRAST)
        found += [f"in the {scheme}: {text}" for text in pale]
    headings = page.get_by_role("heading", level=1).count()
    return found if headings == 1 else [*found, f"{headings} h1"]


def test_the_measures_find_what_is_wrong(look_at, leads):
    page = look_at("360", "light").open("/leads/")
    assert faults(page, "360") == []
    page.evaluate(
        """() => {
            document.querySelector("main header").insertAdjacentHTML("beforeend",
                `<h1>Again</h1><p id="pale">Pale</p><button id="tiny"></button>`);
            const [pale, tiny] = ["pale", "tiny"].map((id) => document.getElementById(id).style);
            pale.cssText = "color: #999; width: 400px; flex: none";
            tiny.cssText = "min-height: 20px; width: 20px; padding: 0";
        }"""
    )
    found = "\n".join(faults(page, "360"))
    for fault in (
        "nameless: - button",
        "px wide, of 360",
        "in the light: <p> Pale: 2.8",
        ": 20 x 20",
        "2 h1",
    ):
        assert fault in found


@pytest.mark.parametrize(("screen", "scheme"), [("1280", "light"), ("360", "dark")])
def test_the_focus_is_seen_at_every_stop(look_at, leads, screen, scheme):
    person = look_at(screen, scheme)
    unseen = {}
    for path in (
        *("/", "/leads/", f"/leads/{leads['plain']}/", "/notifications/", "/settings/"),
        *("/tasks/", "/tasks/new/", "/calendar/", "/calendar/?view=month"),
    ):
        page = person.open(path)
        unseen[path] = tour(page, 30)
    person.open("/")
    opened_panel(page)
    expect(items(panel(page))).to_have_count(20)
    unseen["the panel"] = tour(page, 16)
    assert not {path: found for path, found in unseen.items() if found}


def tour(page, steps):
    page.evaluate("look.begin()")
    for _ in range(steps):
        page.keyboard.press("Tab")
    assert page.evaluate("look.stops()") >= min(steps, 12)
    return page.evaluate("look.unseen()")


@pytest.mark.parametrize("screen", ["1280", "360"])
def test_long_names_and_arabic_do_not_break_the_rows(look_at, leads, screen):
    person = look_at(screen, "light")
    for path, row in (("/leads/", "tbody tr"), ("/notifications/", ".items > .item")):
        page = person.open(path)
        expect(page.locator(WRITTEN)).to_have_count(0)
        boxes = page.locator(f"main {row}").evaluate_all(
            """(rows) => rows.map((row) => {
                const { left, right, height } = row.getBoundingClientRect();
                const age = row.querySelector("time").getBoundingClientRect();
                return { left, right, height, name: row.querySelector("a").offsetLeft,
                         age: age.right <= innerWidth && age.left >= left && age.width > 0 };
            })"""
        )
        assert len(boxes) >= 20
        assert all(box["age"] for box in boxes)
        for measure in ("left", "right", "name"):
            assert len({box[measure] for box in boxes}) == 1, (path, measure)
        heights = {box["height"] for box in boxes}
        assert max(heights) - min(heights) <= (1 if screen == "1280" else 24), (path, heights)


def test_a_toast_with_a_long_name_fits_a_phone_and_covers_no_navigation(look_at, rest):
    page = look_at("360", "dark").page
    rest.make(firstName=LONG[:120], lastName="W" * 120, company=ARABIC)
    expect(toasts(page)).to_have_count(1)
    box, bar = toasts(page).bounding_box(), page.get_by_role("banner").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert bar["y"] + bar["height"] <= box["y"]
    assert box["height"] < 120
    has_unread(page, 1)


@pytest.mark.parametrize("screen", ["1280", "360"])
def test_what_unfolds_stays_on_the_screen(look_at, leads, screen):
    person = look_at(screen, "light")
    page = person.open(f"/leads/{leads['long']}/")
    page.locator("#following > summary").click()
    menu = page.locator("#following > .menu")
    expect(menu).to_be_visible()
    box = menu.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= int(screen)


@pytest.mark.parametrize("screen", ["1280", "360"])
def test_why_something_came_leads_to_what_one_can_see(look_at, screen):
    page = look_at(screen, "light").open("/settings/#hear-event")
    bar = page.get_by_role("banner").bounding_box()
    kind = page.locator("#hear-event").bounding_box()
    assert bar["y"] + bar["height"] <= kind["y"]
    assert kind["y"] + kind["height"] <= page.viewport_size["height"]


def test_a_task_has_the_width_of_its_row_on_a_phone(look_at, owner, leads):
    due = timezone.now() + timedelta(hours=1)
    task = TaskFactory(lead_id=leads["plain"], title=LONG[:100], assignee=owner, due_at=due)
    page = look_at("360", "light").open("/tasks/")
    title = page.locator(f"[data-task='{task.pk}'] .task-title").bounding_box()
    assert title["width"] > 200


def test_the_panel_fills_a_phone_and_closes_by_its_button(look_at, rest):
    page = look_at("360", "light").page
    rest.make()
    box = opened_panel(page).bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 360, 740)
    panel(page).get_by_role("button", name="Close").tap()
    expect(panel(page)).to_be_hidden()
    expect(bell(page)).to_be_focused()


def test_the_theme_that_was_chosen_stays_and_holds_in_every_tab(look_at):
    person = look_at("1280", "light")
    page, other = person.open("/settings/"), person.tab("/leads/")
    light, dark = "rgb(255, 255, 255)", "rgb(20, 21, 24)"
    for each in (page, other):
        expect(each.locator("body")).to_have_css("background-color", light)
    facing(page).get_by_role("radio", name="Dark").check()
    for each in (page, other):
        expect(each.locator("body")).to_have_css("background-color", dark)
    page.reload()
    is_live(page)
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    page.get_by_role("radio", name="As the system").check()
    for each in (page, other):
        expect(each.locator("body")).to_have_css("background-color", light)


def test_nothing_moves_for_who_asked_for_less_motion(browser_of, owner, rest):
    page = browser_of(owner, reduced_motion="reduce").page
    rest.make()
    expect(toasts(page)).to_have_css("animation-name", "none")


def test_a_lead_prints_without_the_frame_around_it(look_at, leads):
    page = look_at("1280", "dark").open(f"/leads/{leads['plain']}/")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for part in (page.get_by_role("banner"), page.get_by_role("navigation"), bell(page)):
        expect(part).to_be_hidden()
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
