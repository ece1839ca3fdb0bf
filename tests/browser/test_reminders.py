"""Reminders on pages: set in the form, put off by the keyboard, and shown where the task is."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from leads.models import Lead, Task
from tests.browser.people import is_live
from tests.factories import TaskFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def task(owner, rest):
    """Due an hour ago, and nobody reminds of it."""
    lead = Lead.objects.get(pk=rest.make())
    due = timezone.now() - timedelta(hours=1)
    return TaskFactory(lead=lead, assignee=owner, due_at=due)


def opener(page):
    return page.locator("summary", has_text="Remind me later: Send the offer")


@pytest.mark.parametrize("path", ["/tasks/", "/", "/leads/{lead}/"])
def test_a_reminder_is_put_off_by_the_keyboard(path, browser_of, owner, task):
    page = browser_of(owner, path.format(lead=task.lead_id)).page
    is_live(page)
    opener(page).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="10 minutes")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="10 minutes")).to_be_hidden()
    expect(opener(page)).to_be_focused()
    assert not Task.objects.get().ring_at

    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="1 hour")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".task-mark")).to_have_accessible_name(re.compile("^Reminder "))
    expect(page.locator("[aria-live=polite]", has_text="You will be reminded on")).to_be_attached()
    expect(page.get_by_role("button", name="1 hour")).to_be_hidden()
    expect(opener(page)).to_be_focused()
    ahead = Task.objects.get().ring_at - timezone.now()
    assert timedelta(minutes=59) < ahead <= timedelta(minutes=60)


@pytest.mark.parametrize("path", ["/tasks/", "/", "/leads/{lead}/"])
def test_what_could_not_be_put_off_says_so_to_everybody(path, browser_of, owner, task):
    path = path.format(lead=task.lead_id)
    person = browser_of(owner, path, tolerate="ERR_INTERNET|Failed to fetch|status of 404")
    page = person.page
    problem = page.locator("[data-task-problem]")
    later = page.get_by_role("button", name="10 minutes")
    opener(page).click()
    person.context.set_offline(True)
    later.click()
    expect(problem).to_have_text("Not saved: the server cannot be reached. Try again.")
    expect(problem).to_be_visible()
    expect(opener(page)).to_be_focused()

    person.context.set_offline(False)
    is_live(page)
    opener(page).click()
    later.click()
    expect(page.locator(".task-mark")).to_be_visible()
    expect(problem).to_be_hidden()


def test_a_form_shows_what_is_chosen_alone_and_says_what_is_wrong(browser_of, owner, task):
    page = browser_of(owner, f"/leads/{task.lead_id}/").page
    is_live(page)
    page.keyboard.press("t")
    form = page.locator("#task-form")
    form.get_by_label("Task", exact=True).fill("Report")
    for label in ("Remind at", "Every how many", "Until, if it ends"):
        expect(form.get_by_label(label)).to_be_hidden()
    form.get_by_label("Reminder", exact=True).select_option("At a time")
    form.get_by_label("Repeat", exact=True).select_option("Weekly")
    form.get_by_label("Every how many").fill("2")
    form.get_by_label("Remind at").fill("2020-01-01T09:00")
    form.get_by_role("button", name="Add task").click()
    expect(form.get_by_label("Due")).to_have_accessible_description(
        "Give a due date: it repeats from there."
    )
    form.get_by_label("Due").fill("2199-01-01T09:00")
    form.get_by_role("button", name="Add task").click()
    expect(form.get_by_label("Remind at")).to_have_accessible_description(
        "This time has passed: give a later one."
    )
    form.get_by_label("Reminder", exact=True).select_option("A day before")
    expect(form.get_by_label("Remind at")).to_be_hidden()
    form.get_by_role("button", name="Add task").click()
    row = page.locator("#todo li", has_text="Report")
    expect(row.locator(".task-mark")).to_have_count(2)
    expect(row).to_contain_text("Repeats every 2 weeks")
    report = Task.objects.get(title="Report")
    assert (report.remind_minutes_before, report.repeat_every) == (24 * 60, 2)
