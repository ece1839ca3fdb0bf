"""Going anywhere by the keyboard, and completing a task with a click."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from leads.models import Task
from tests.browser.people import comes_true, has_unread, is_live
from tests.factories import AppointmentFactory, LeadFactory, TaskFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def field(page):
    return page.get_by_role("combobox", name="Go to a page or a lead")


def options(page):
    return page.get_by_role("option")


def opened(page):
    page.keyboard.press("Control+k")
    expect(field(page)).to_be_focused()
    return page


def test_ctrl_k_goes_to_a_page_by_the_first_letters_of_its_name(browser_of, owner):
    page = opened(browser_of(owner).page)
    expect(options(page).first).to_contain_text("Today")
    expect(options(page).first).to_have_attribute("aria-selected", "true")
    page.keyboard.type("cal")
    expect(options(page).first).to_contain_text("Calendar")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/calendar/$"))


def test_ctrl_k_finds_leads_by_what_is_known_of_them(browser_of, owner, rest):
    lead = rest.make(company="Analytical Engines", email="ada@example.org")
    rest.make(firstName="Bob", lastName="Other")
    page = browser_of(owner, "/settings/").page
    for known in ("lovel", "ada@exa", "7946", "engines"):
        opened(page).keyboard.type(known)
        ada = options(page).filter(has_text="Ada Lovelace")
        expect(ada).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
    opened(page).keyboard.type("lovel")
    expect(ada).to_be_visible()
    page.keyboard.press("ArrowUp")  # round to the end
    expect(options(page).last).to_have_attribute("aria-selected", "true")
    ada.click()
    expect(page).to_have_url(re.compile(rf"/leads/{lead}/$"))


def test_the_field_says_which_option_the_arrows_are_at(browser_of, owner):
    page = opened(browser_of(owner).page)
    expect(options(page).first).to_be_visible()
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    at = options(page).nth(2)
    expect(field(page)).to_have_attribute("aria-activedescendant", at.get_attribute("id"))
    expect(field(page)).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("option", selected=True)).to_have_count(1)


def test_ctrl_k_works_while_one_types_elsewhere_and_gives_the_focus_back(browser_of, owner):
    page = browser_of(owner).page
    search = page.get_by_role("searchbox")
    page.keyboard.press("/")
    expect(search).to_be_focused()
    opened(page)
    page.keyboard.press("Escape")
    expect(search).to_be_focused()


def test_the_letters_go_to_tasks_and_calendar(browser_of, owner):
    page = browser_of(owner).page
    for letter, path in (("d", "/tasks/"), ("c", "/calendar/"), ("t", "/")):
        page.keyboard.press("g")
        page.keyboard.press(letter)
        expect(page).to_have_url(re.compile(rf"\w{path}$"))
        is_live(page)


def test_on_a_phone_the_rest_is_found_under_more(browser_of, owner):
    phone = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
    page = browser_of(owner, **phone).page
    bar = page.get_by_role("navigation", name="Main")
    expect(bar.get_by_role("link")).to_have_count(5)
    bar.get_by_text("More").tap()
    bar.get_by_role("link", name="Settings").tap()
    expect(page).to_have_url(re.compile(r"/settings/$"))


# Tasks


def task_of(page, title):
    return page.get_by_role("listitem").filter(has_text=title)


def test_a_completed_task_can_be_thought_of_again_before_it_rings(browser_of, owner, elsewhere):
    due = timezone.now() - timedelta(hours=1)
    task = elsewhere(lambda: TaskFactory(title="Call back", assignee=owner, due_at=due))
    page = browser_of(owner).page
    before = owner.notifications.count()
    page.get_by_role("button", name="Complete: Call back").click()
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    undo.click()
    expect(page.get_by_role("button", name="Complete: Call back")).to_be_focused()
    page.get_by_role("button", name="Complete: Call back").click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Tasks").click()
    expect(page.get_by_role("heading", name="Done in the last 7 days")).to_be_visible()
    has_unread(page, before + 1)
    task.refresh_from_db()
    assert task.completed_at
    page.get_by_role("button", name="Reopen: Call back").click()
    expect(page.get_by_role("heading", name="Late")).to_be_visible()
    task.refresh_from_db()
    assert task.completed_at is None


def test_what_a_colleague_completes_leaves_my_list_and_is_told_there(
    browser_of, owner, rest, elsewhere
):
    due = timezone.now() - timedelta(hours=1)
    task = elsewhere(lambda: TaskFactory(title="Call back", assignee=owner, due_at=due))
    page = browser_of(owner).page
    expect(task_of(page, "Call back").first).to_be_visible()
    rest.patch(f"/api/tasks/{task.pk}/", json={"completed": True})
    expect(page.get_by_text("Nothing is due today.")).to_be_visible()
    expect(page.get_by_role("main").get_by_text("Call back completed for John Doe")).to_be_visible()


def test_a_task_is_added_for_a_lead_that_is_found_by_typing(browser_of, owner, rest):
    lead = rest.make()
    page = browser_of(owner, "/tasks/").page
    page.keyboard.press("n")
    page.get_by_label("What to do").fill("Send the offer")
    page.get_by_role("combobox", name="Lead").press_sequentially("lovel")
    expect(page.get_by_role("option", name="Ada Lovelace")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Lead")).to_have_value("Ada Lovelace")
    page.get_by_role("button", name="Add task").click()
    expect(page.get_by_role("link", name="Ada Lovelace")).to_be_visible()
    assert Task.objects.get().lead_id == lead


def test_the_first_page_that_one_sees_has_the_days_of_the_browsers_zone(
    browser_of, owner, elsewhere
):
    now = timezone.now()
    times = {"starts_at": now, "ends_at": now + timedelta(minutes=5)}
    elsewhere(lambda: AppointmentFactory(title="Demo", attendee_ids=[owner.pk], **times))
    page = browser_of(owner, "/calendar/", timezone_id="Asia/Dubai").page
    expect(page.get_by_text("Times are those of Asia/Dubai.")).to_be_visible()
    comes_true(page, "document.cookie.includes('zone=Asia/Dubai')")


def test_a_new_appointment_appears_in_an_open_calendar(browser_of, owner, rest, elsewhere):
    lead = elsewhere(LeadFactory)
    page = browser_of(owner, "/calendar/?view=agenda").page
    now = timezone.now()
    body = {"title": "Demo", "attendeeIds": [owner.pk]} | {
        name: f"{now + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"
        for name, hours in (("startsAt", 1), ("endsAt", 2))
    }
    assert rest.post(f"/api/leads/{lead.pk}/appointments/", json=body).status_code == 201
    expect(page.get_by_role("link", name="Demo John Doe").first).to_be_visible()
