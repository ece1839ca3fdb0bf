"""A day of a rep and a day of a manager: what they come for, through the pages alone, from signing
in to going home."""

import re

import pytest
from playwright.sync_api import expect

from leads.models import Lead
from tests.browser.people import Rest, has_unread, is_live, opened_panel, toasts
from tests.browser.test_board import card, cards
from tests.browser.test_lead_page import composer, entries
from tests.browser.test_lead_selection import bar
from tests.browser.test_leads_pages import rows
from tests.browser.test_views import tabs

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def door(server, administrator):
    """Where leads come from: nobody who sits at one of the pages."""
    with Rest(server.base, administrator) as client:
        yield client


def waiting(page):
    return page.locator("#unanswered li")


def region(page, name):
    return page.get_by_role("region", name=name, exact=True)


def submit(page, button):
    page.get_by_role("button", name=button, exact=True).click()


def test_the_day_of_a_rep(sign_in, owner, teammate, door):
    page = sign_in(owner, tolerate="response code: 403").page  # a socket, once signed out
    expect(page.get_by_text("Everybody has an answer")).to_be_visible()
    is_live(page)

    # It rings: who it is and what they want is there at once, and it is claimed.
    door.make(company="Analytical Engines", message="Please call me about your offer.")
    expect(waiting(page)).to_contain_text("Ada Lovelace")
    expect(waiting(page)).to_contain_text("Analytical Engines")
    expect(waiting(page).locator("time")).to_have_text(re.compile(r"^0:\d\d$"))
    has_unread(page, 1)
    toasts(page).get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Lovelace")
    expect(page.get_by_text("Please call me about your offer.")).to_be_visible()
    expect(page.get_by_role("link", name="Call +44 20 7946 0000")).to_have_attribute(
        "href", "tel:+442079460000"
    )
    has_unread(page, 0)
    is_live(page)
    page.keyboard.press("c")
    expect(entries(page).first).to_contain_text("changed the owner")

    # The call is made and logged, the lead moves on, and what comes next is noted.
    page.keyboard.press("m")
    page.get_by_label("Call", exact=True).check()
    composer(page).fill("They want an offer for twelve engines.")
    page.keyboard.press("Control+Enter")
    expect(entries(page).first).to_contain_text("logged a call to them")
    page.get_by_label("Stage", exact=True).select_option("Contacted")
    expect(entries(page).first).to_contain_text("New → Contacted")
    page.get_by_text("Add a task").click()
    page.locator("#new-task").get_by_label("Task").fill("Send the offer")
    submit(page, "Add task")
    expect(region(page, "Next").locator("#todo")).to_contain_text("Send the offer")

    # The offer is written: the task is done where the tasks are, and Tom hears of it.
    colleague = sign_in(teammate).page
    is_live(colleague)
    page.keyboard.press("g")
    page.keyboard.press("d")
    expect(page).to_have_url(re.compile("/tasks/$"))
    is_live(page)
    page.get_by_role("button", name=re.compile("Complete")).click()
    expect(toasts(colleague)).to_contain_text("Send the offer completed for Ada Lovelace")

    # They sign: the card goes to Won by the keyboard, and the board says so to everybody.
    page.keyboard.press("g")
    page.keyboard.press("b")
    expect(page).to_have_url(re.compile("/leads/board/$"))
    expect(cards(page, "contacted")).to_have_count(1)
    is_live(page)
    card(page).get_by_role("link").first.focus()
    page.keyboard.press("]")
    page.keyboard.press("]")
    expect(cards(page, "won")).to_have_count(1)
    expect(page.locator("[data-board-said]")).to_have_text("Ada Lovelace is in Won now.")
    card(page).get_by_role("link").first.click()
    expect(entries(page).first).to_contain_text("Qualified → Won")

    # The day ends.
    page.get_by_role("banner").locator("summary").click()
    submit(page, "Sign out")
    expect(page).to_have_url(re.compile("/login/"))
    lead = Lead.objects.get()
    assert (lead.stage, lead.owner) == ("won", owner)


def test_the_day_of_a_manager(sign_in, manager, owner, door):
    rep = sign_in(owner).page
    page = sign_in(manager).page
    is_live(page)
    for name in ("Ada", "Grace", "Alan"):
        door.make(firstName=name, email=f"{name.lower()}@example.org", phone="")
    expect(waiting(page)).to_have_count(3)

    # Who waits gets an owner, several at once; who it is sees the work come.
    page.get_by_role("link", name="Leads", exact=True).click()
    expect(rows(page)).to_have_count(3)
    page.get_by_label("Select Ada Lovelace").check()
    page.get_by_label("Select Grace Lovelace").check()
    bar(page).get_by_label("Assign to").select_option("Olga Owner")
    bar(page).get_by_role("button", name="Assign").click()
    expect(page.get_by_text("2 leads have the owner Olga Owner.")).to_be_visible()
    is_live(page)

    # A view for the team, and what it shows goes to whoever asks for a table.
    page.locator(".filters").get_by_label("Owner").select_option("Nobody’s")
    expect(rows(page)).to_have_count(1)
    is_live(page)
    page.get_by_role("link", name="Save as view").click()
    dialog = page.get_by_role("dialog", name="Save as view")
    dialog.get_by_label("Name").fill("Nobody has them")
    dialog.get_by_label("Everybody sees it").check()
    submit(page, "Save view")
    expect(tabs(page).locator("[aria-current]")).to_contain_text("Nobody has them")
    page.locator("summary", has_text="Export CSV").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="The columns shown").click()
    table = download.value.path().read_text("utf-8-sig")
    assert "Alan Lovelace" in table
    assert "Grace" not in table

    # Whom the news has reached, and a word to who has it now.
    page.goto(f"/leads/{Lead.objects.get(first_name='Ada').pk}/")
    is_live(page)
    page.locator("summary", has_text="reached").click()
    expect(page.locator("#receipts li").filter(has_text="Olga Owner")).to_contain_text(
        re.compile("reached|seen|read")
    )
    composer(page).focus()
    page.keyboard.type("Please call today, @ol")
    expect(page.locator("#composer [role=option]:visible")).to_have_text(["Olga Owner"])
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(entries(page).first.locator(".mention")).to_have_text("@Olga Owner")
    expect(rep.locator("#mentions")).to_contain_text("Please call today")
    rep.locator("#mentions").get_by_role("link").click()
    expect(rep.locator("#looking")).to_contain_text("Mia")
    expect(page.locator("#looking")).to_contain_text("Olga")

    # One lead is there twice, another is nonsense.
    double = door.make(firstName="Adah", email="ADA@example.org", phone="")
    page.goto(f"/leads/{double}/")
    region(page, "Possible duplicates").get_by_role("link", name=re.compile("^Merge")).click()
    submit(page, "Merge")
    expect(page.get_by_text("Adah Lovelace was merged into this lead.")).to_be_visible()
    page.goto(f"/leads/{Lead.objects.get(first_name='Alan').pk}/")
    page.get_by_role("link", name="Delete", exact=True).click()
    submit(page, "Delete lead")
    expect(page).to_have_url(re.compile("/leads/$"))
    expect(rows(page)).to_have_count(2)

    # Nothing is left unread.
    is_live(page)
    opened_panel(page).get_by_role("button", name="Mark all read").click()
    has_unread(page, 0)
