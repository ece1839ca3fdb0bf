"""Two at one lead: they see each other, what the other does comes while one writes, and who is
mentioned is told."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from leads.models import Appointment, Comment, Lead, Looking, Mention
from tests.browser.people import facing
from tests.factories import AppointmentFactory, CommentFactory, TaskFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SOON = 1_500  # milliseconds: "within about a second", on a busy machine


def composer(page):
    return page.get_by_label("Text", exact=True)


def entries(page):
    return page.locator("#entries > li")


def test_who_comes_and_goes_is_seen_by_who_is_there(browser_of, owner, teammate, rest):
    lead = rest.make()
    mine = browser_of(owner, f"/leads/{lead}/").page
    expect(mine.locator("#looking")).to_have_text("")
    his = browser_of(teammate, f"/leads/{lead}/").page
    expect(mine.locator("#looking")).to_contain_text("Tom is here too", timeout=SOON)
    expect(his.locator("#looking")).to_contain_text("Olga is here too", timeout=SOON)
    composer(mine).fill("Half a thought")
    his.goto("/leads/")
    expect(mine.locator("#looking")).to_have_text("", timeout=SOON)
    expect(composer(mine)).to_have_value("Half a thought")
    his.go_back()
    expect(mine.locator("#looking")).to_contain_text("Tom is here too")


def test_a_second_tab_of_somebody_is_no_second_person(browser_of, owner, teammate, rest):
    lead = rest.make()
    mine = browser_of(owner, f"/leads/{lead}/")
    his = browser_of(teammate, f"/leads/{lead}/").page
    second = mine.tab(f"/leads/{lead}/")
    expect(his.locator("#looking")).to_contain_text("Olga is here too")
    second.close()
    facing(mine.page)
    expect(his.locator("#looking")).to_contain_text("Olga is here too")
    mine.page.goto("/leads/")
    expect(his.locator("#looking")).to_have_text("")
    mine.page.go_back()
    expect(his.locator("#looking")).to_contain_text("Olga is here too")
    assert Looking.objects.filter(user=owner).count() == 1


def test_who_is_mentioned_by_the_keyboard_finds_it_on_today_until_they_have_read_it(
    browser_of, owner, teammate, rest
):
    lead = rest.make()
    today = browser_of(teammate, "/").page
    expect(today.get_by_role("heading", name="Mentions of you")).to_have_count(0)
    page = browser_of(owner, f"/leads/{lead}/").page
    composer(page).focus()
    page.keyboard.type("Please call, @to")
    options = page.locator("#composer [role=option]:visible")
    expect(options).to_have_text(["Tom Teammate"])
    expect(composer(page)).to_have_attribute("aria-haspopup", "listbox")
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    page.keyboard.type("m")
    expect(options).to_have_count(1)
    page.keyboard.press("Enter")
    page.keyboard.type("soon")
    expect(composer(page)).to_have_value("Please call, @Tom Teammate soon")
    page.keyboard.press("Control+Enter")
    expect(entries(page).first.locator(".mention")).to_have_text("@Tom Teammate")
    part = today.locator("#mentions")
    expect(part.get_by_role("heading", name="Mentions of you")).to_be_visible()
    expect(part).to_contain_text("Please call, @Tom Teammate soon")
    part.get_by_role("link").click()
    expect(today.locator(".mention.is-me")).to_be_visible()
    today.goto("/")
    expect(today.get_by_role("heading", name="Mentions of you")).to_have_count(0)
    assert Mention.objects.get().seen_at


def test_a_mention_is_marked_as_seen_on_today_in_every_tab(
    browser_of, owner, teammate, rest, elsewhere
):
    lead = Lead.objects.get(pk=rest.make())
    elsewhere(lambda: CommentFactory(lead=lead, created_by=owner, body="@Tom Teammate: look"))
    tom = browser_of(teammate, "/")
    other = tom.tab("/")
    tom.page.get_by_role("button", name="Seen").click()
    for page in (tom.page, other):
        expect(page.get_by_role("heading", name="Mentions of you")).to_have_count(0)


def test_arrows_move_in_the_text_while_nobody_is_offered(browser_of, owner, rest):
    page = browser_of(owner, f"/leads/{rest.make()}/").page
    composer(page).focus()
    page.keyboard.type("one")
    page.keyboard.press("Enter")
    page.keyboard.type("two")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    page.keyboard.type("0 ")
    expect(composer(page)).to_have_value("0 one\ntwo")


def test_what_comes_while_one_reads_and_writes_moves_nothing(
    browser_of, owner, teammate, rest, elsewhere
):
    lead = Lead.objects.get(pk=rest.make())
    elsewhere(lambda: [CommentFactory(lead=lead, body=f"No. {n}") for n in range(25)])
    mine = browser_of(owner, f"/leads/{lead.pk}/").page
    composer(mine).fill("Half a thought")
    row = mine.locator("#entries > li", has_text=re.compile(r"No\. 5\b"))
    row.evaluate("row => { row.scrollIntoView({ block: 'center' }); window.row = row; }")
    there = row.bounding_box()["y"]
    his = browser_of(teammate, f"/leads/{lead.pk}/").page
    composer(his).fill("Something new")
    his.keyboard.press("Control+Enter")
    expect(entries(mine).first).to_contain_text("Something new")
    assert mine.evaluate("window.row.isConnected")
    assert abs(row.bounding_box()["y"] - there) < 2
    expect(composer(mine)).to_have_value("Half a thought")


def test_an_appointment_that_one_moves_moves_for_the_other_who_keeps_what_they_type(
    browser_of, owner, manager, rest, elsewhere
):
    lead = Lead.objects.get(pk=rest.make())
    begin = datetime(2031, 5, 4, 10, tzinfo=UTC)
    times = {"starts_at": begin, "ends_at": begin + timedelta(hours=1)}
    made = elsewhere(lambda: AppointmentFactory(lead=lead, created_by=owner, **times))
    mine = browser_of(owner, f"/leads/{lead.pk}/", tolerate="status of 409").page
    boss = browser_of(manager, f"/leads/{lead.pk}/").page
    row = mine.locator(f"#appointment-{made.pk}")
    row.get_by_role("link", name="Edit").click()
    expect(row.get_by_label("Appointment")).to_be_focused()
    row.get_by_label("Appointment").fill("Mine")
    theirs = boss.locator(f"#appointment-{made.pk}")
    theirs.get_by_role("link", name="Edit").click()
    theirs.get_by_label("Appointment").fill("Theirs")
    theirs.get_by_label("Ends", exact=True).fill("2031-05-04T12:00")
    theirs.get_by_role("button", name="Save").click()
    expect(entries(mine).first).to_contain_text("changed an appointment")
    row.get_by_role("button", name="Save").click()
    expect(row.get_by_text("It is now: Theirs")).to_be_visible()
    expect(row.get_by_label("Appointment")).to_have_value("Mine")
    row.get_by_role("button", name="Save").click()
    for place in (row, theirs):
        expect(place.locator(".task-title")).to_have_text("Mine")
    made.refresh_from_db()
    assert (made.title, f"{made.ends_at:%H:%M}") == ("Mine", "12:00")
    row.get_by_role("link", name="Edit").click()
    row.get_by_role("button", name="Cancel appointment").click()
    expect(theirs).to_have_count(0)
    assert not Appointment.objects.exists()


def test_a_task_is_changed_in_place_and_escape_leaves_it(browser_of, owner, rest, elsewhere):
    lead = Lead.objects.get(pk=rest.make())
    task = elsewhere(lambda: TaskFactory(lead=lead, created_by=owner))
    page = browser_of(owner, f"/leads/{lead.pk}/").page
    row = page.locator(f"#task-{task.pk}")
    row.get_by_role("link", name="Edit").click()
    row.get_by_label("Task").fill("Nothing")
    page.keyboard.press("Escape")
    expect(row.get_by_role("link", name="Edit")).to_be_focused()
    page.keyboard.press("Enter")
    row.get_by_label("Task").fill("Send two offers")
    page.keyboard.press("Enter")
    expect(row.locator(".task-title")).to_have_text("Send two offers")
    row.get_by_role("link", name="Edit").click()
    row.get_by_role("button", name="Delete task").click()
    expect(row).to_have_count(0)


def test_a_lead_that_is_deleted_meanwhile_says_so_and_offers_the_list(browser_of, owner, rest):
    lead = rest.make()
    page = browser_of(owner, f"/leads/{lead}/", tolerate="status of 404").page
    composer(page).fill("Half a thought")
    rest.delete(f"/api/leads/{lead}/")
    expect(page.get_by_text("This lead was deleted.")).to_be_visible()
    expect(page.get_by_role("link", name="See the leads")).to_be_visible()
    assert not Comment.objects.exists()
