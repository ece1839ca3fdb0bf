"""Two people who write to each other, each in a browser of their own."""

import re

import pytest
from playwright.sync_api import expect

from chat.models import Message
from tests.browser.people import comes_true, connection, is_live, toasts
from tests.factories import LeadFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


OFFLINE = "ERR_INTERNET_DISCONNECTED"


@pytest.fixture
def two(browser_of, owner, teammate):
    """The owner and the teammate, each at their conversation with the other."""
    mine = browser_of(owner, f"/chat/{teammate.pk}/").page
    theirs = browser_of(teammate, f"/chat/{owner.pk}/", tolerate=OFFLINE).page
    return mine, theirs


def composer(page):
    return page.get_by_label("Message", exact=True)


def write(page, words):
    composer(page).fill(words)
    composer(page).press("Enter")
    expect(composer(page)).to_have_value("")


def has_said(page, *words):
    expect(page.locator(".message-body")).to_have_text(list(words))


def state(page):
    return page.locator(".message.is-mine [data-state]").last


def unread(page):
    return page.get_by_role("link", name=re.compile(r"^Chat")).first.locator("[data-chat-count]")


def test_two_people_talk_and_see_what_was_read(two):
    mine, theirs = two
    write(mine, "Are you there?")
    has_said(theirs, "Are you there?")
    expect(state(mine)).to_contain_text("Read")
    write(theirs, "Yes")
    write(theirs, "What is it?")
    for page in two:
        has_said(page, "Are you there?", "Yes", "What is it?")
        expect(page.locator("[data-chat-badge]").first).to_be_hidden()
    expect(state(theirs)).to_contain_text("Read")
    expect(toasts(mine)).to_have_count(0)


def test_lines_are_kept_and_control_and_enter_sends_too(two):
    mine, theirs = two
    composer(mine).fill("One")
    composer(mine).press("Shift+Enter")
    composer(mine).type("Two")
    composer(mine).press("Control+Enter")
    expect(composer(mine)).to_have_value("")
    has_said(theirs, "One\nTwo")


def test_that_somebody_writes_is_shown_until_they_sent_it(two):
    mine, theirs = two
    composer(mine).press_sequentially("Well")
    expect(theirs.locator("[data-chat-typing]")).to_have_text("Olga is writing …")
    composer(mine).press("Enter")
    has_said(theirs, "Well")
    expect(theirs.locator("[data-chat-typing]")).to_have_text("")


def test_who_was_offline_in_the_middle_finds_everything_once(two):
    mine, theirs = two
    write(mine, "1")
    has_said(theirs, "1")
    theirs.context.set_offline(True)
    expect(connection(theirs)).to_have_text("Offline")
    write(mine, "2")
    write(mine, "3")
    expect(state(mine)).to_contain_text("Sent")
    composer(theirs).fill("4")
    composer(theirs).press("Enter")
    expect(theirs.locator("[data-chat-problem]")).to_contain_text("Not saved")
    expect(composer(theirs)).to_have_value("4")
    has_said(theirs, "1")

    theirs.context.set_offline(False)
    is_live(theirs)
    has_said(theirs, "1", "2", "3")
    expect(state(mine)).to_contain_text("Read")
    composer(theirs).press("Enter")
    for page in two:
        has_said(page, "1", "2", "3", "4")
    expect(theirs.locator("[data-chat-problem]")).to_have_text("")
    assert Message.objects.count() == 4


def test_a_message_pops_up_elsewhere_and_leads_to_its_conversation(two, browser_of, teammate):
    mine, theirs = two
    theirs.goto("/leads/")
    is_live(theirs)
    write(mine, "Look at this")
    expect(toasts(theirs)).to_have_count(1)
    expect(toasts(theirs)).to_contain_text("Olga Owner")
    expect(toasts(theirs)).to_contain_text("Look at this")
    expect(unread(theirs)).to_have_text("1")
    expect(state(mine)).to_contain_text("Delivered")
    toasts(theirs).get_by_role("link").click()
    has_said(theirs, "Look at this")
    expect(theirs.locator("[data-chat-badge]").first).to_be_hidden()
    expect(state(mine)).to_contain_text("Read")


def test_it_does_not_pop_up_where_another_tab_shows_it(two):
    mine, theirs = two
    other = theirs.context.new_page()
    other.goto("/leads/")
    is_live(other)
    other.evaluate("window.heard = 0; document.addEventListener('leadbell:toast', () => heard++)")
    theirs.bring_to_front()
    comes_true(
        other,
        "navigator.locks.query().then(({ held }) =>"
        " held.some(({ name }) => name.startsWith('leadbell:chat:')))",
    )
    write(mine, "Seen at once")
    has_said(theirs, "Seen at once")
    expect(state(mine)).to_contain_text("Read")
    assert other.evaluate("window.heard") == 0

    theirs.goto("/tasks/")
    is_live(theirs)
    write(mine, "Not seen")
    comes_true(other, "window.heard === 1")


def test_what_came_while_one_was_away_is_one_popup(browser_of, owner, teammate, elsewhere):
    theirs = browser_of(teammate, "/leads/", tolerate=OFFLINE).page
    theirs.context.set_offline(True)
    expect(connection(theirs)).to_have_text("Offline")

    def send():
        for n in range(3):
            Message.objects.create(sender=owner, recipient=teammate, body=f"{n}")

    elsewhere(send)
    theirs.context.set_offline(False)
    expect(toasts(theirs)).to_have_count(1)
    expect(toasts(theirs)).to_contain_text("3 new messages while you were away")
    expect(unread(theirs)).to_have_text("3")


def test_a_link_to_a_lead_unfolds(two, elsewhere):
    mine, theirs = two
    lead = elsewhere(lambda: LeadFactory(company="ABC Company"))
    write(mine, f"{mine.url.split('/chat/')[0]}/leads/{lead.pk}/")
    unfolded = theirs.locator(".message-lead")
    expect(unfolded).to_have_text(re.compile(r"John Doe\s*ABC Company\s*New"))
    unfolded.click()
    expect(theirs.get_by_role("heading", level=1)).to_have_text("John Doe")


def test_earlier_messages_come_in_above_and_stay_there(browser_of, owner, teammate, elsewhere):
    def send():
        for n in range(120):
            Message.objects.create(sender=owner, recipient=teammate, body=f"{n}")

    elsewhere(send)
    mine = browser_of(owner, f"/chat/{teammate.pk}/").page
    last = mine.locator(".message-body").last
    expect(last).to_be_in_viewport()
    has_said(mine, *[f"{n}" for n in range(70, 120)])
    for first in (20, 0):
        mine.get_by_role("link", name="Show earlier").click()
        has_said(mine, *[f"{n}" for n in range(first, 120)])
    expect(mine.get_by_role("link", name="Show earlier")).to_have_count(0)
    write(mine, "120")
    has_said(mine, *[f"{n}" for n in range(121)])
    expect(last).to_be_in_viewport()


def test_the_keyboard_goes_to_the_chat_and_writes(browser_of, owner, teammate):
    mine = browser_of(owner, "/leads/").page
    mine.keyboard.press("g")
    mine.keyboard.press("m")
    expect(mine.get_by_role("heading", level=1)).to_have_text("Chat")
    mine.get_by_label("Write to").select_option("Tom Teammate")
    mine.get_by_role("button", name="Open").click()
    expect(composer(mine)).to_be_focused()
    mine.keyboard.type("Hello")
    mine.keyboard.press("Enter")
    has_said(mine, "Hello")
