"""The pages of leads: made, mended, moved on and deleted there, and followed live."""

import re

import pytest
from playwright.sync_api import expect

from leads.models import Lead
from tests.browser.people import comes_true, has_unread, is_live
from tests.factories import LeadFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NOT_FOUND = "status of 404"


def rows(page):
    return page.locator("tbody").get_by_role("row")


def heading(page):
    return page.get_by_role("heading", level=1)


def test_a_name_and_a_phone_number_make_a_lead(browser_of, owner):
    page = browser_of(owner, "/leads/").page
    page.keyboard.press("n")
    expect(page.get_by_label("First name")).to_be_focused()
    page.get_by_label("First name").fill("Ada")
    page.get_by_label("Phone").fill("+44 20 7946 0000")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Ada")
    expect(page.get_by_role("link", name="Call +44 20 7946 0000")).to_have_attribute(
        "href", "tel:+442079460000"
    )
    has_unread(page, 1)


def test_mistakes_stand_beside_their_fields_and_what_was_typed_stays(browser_of, owner):
    page = browser_of(owner, "/leads/new/").page
    page.get_by_label("Last name").fill("Lovelace")
    page.get_by_label("Email").fill("not an address")
    page.get_by_text("More details").click()
    page.get_by_label("Website").fill("javascript:alert(1)")
    page.get_by_label("City").fill("London")
    page.get_by_role("button", name="Save lead").click()

    expect(page.get_by_label("Email")).to_have_accessible_description(
        re.compile("valid email address")
    )
    expect(page.get_by_label("Email")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Email")).to_have_value("not an address")
    expect(page.get_by_label("Website")).to_be_visible()
    expect(page.get_by_label("Website")).to_have_accessible_description(re.compile("web address"))
    expect(page.get_by_label("Last name")).to_have_value("Lovelace")
    expect(page.get_by_label("City")).to_have_value("London")
    has_unread(page, 0)

    page.get_by_label("Email").fill("ada@example.org")
    page.get_by_label("Website").fill("example.org")
    page.get_by_role("button", name="Save lead").click()
    expect(heading(page)).to_have_text("Lovelace")
    expect(page.get_by_role("link", name="https://example.org")).to_be_visible()
    has_unread(page, 1)


def test_a_lead_without_a_name_or_a_way_to_answer_is_told_of_both(browser_of, owner):
    page = browser_of(owner, "/leads/new/").page
    page.get_by_role("button", name="Save lead").click()
    expect(page.get_by_label("First name")).to_have_accessible_description(
        re.compile("Give a name")
    )
    expect(page.get_by_label("Email")).to_have_accessible_description(
        re.compile("Give a way to answer")
    )


def test_an_edit_is_seen_by_who_has_the_lead_open_and_stands_in_its_history(
    browser_of, owner, teammate, rest
):
    lead = rest.make()
    writer = browser_of(owner, f"/leads/{lead}/").page
    reader = browser_of(teammate, f"/leads/{lead}/").page
    writer.get_by_role("link", name="Edit").click()
    expect(writer.get_by_label("First name")).to_have_value("Ada")
    writer.get_by_label("Company").fill("Analytical Engines")
    writer.get_by_role("button", name="Save lead").click()
    for page in (writer, reader):
        expect(page.get_by_role("main")).to_contain_text("Analytical Engines")
        expect(page.locator("#entries > li").first).to_contain_text(
            re.compile("changed contact details.*Analytical Engines", re.DOTALL)
        )
        has_unread(page, 3)  # the contact, and the score that follows from it


def test_a_change_of_stage_is_saved_at_once_and_moves_open_lists(browser_of, owner, teammate, rest):
    lead = rest.make()
    writer = browser_of(owner, f"/leads/{lead}/").page
    reader = browser_of(teammate, "/leads/")
    today = reader.tab("/")
    expect(today.get_by_role("main").get_by_role("link", name="Ada Lovelace")).to_be_visible()
    writer.get_by_label("Stage").select_option("Contacted")
    expect(rows(reader.page)).to_contain_text("Contacted")
    expect(today.get_by_text("Everybody has an answer")).to_be_visible()
    expect(writer.get_by_label("Stage")).to_have_value("contacted")
    writer.reload()
    expect(writer.get_by_label("Stage")).to_have_value("contacted")


def test_deleting_a_lead_asks_first_and_tells_who_reads_it(browser_of, owner, teammate, rest):
    lead = rest.make()
    person = browser_of(owner, f"/leads/{lead}/", tolerate=NOT_FOUND)
    reader = browser_of(teammate, f"/leads/{lead}/", tolerate=NOT_FOUND).page
    page, dialog = person.page, person.page.get_by_role("dialog")
    page.get_by_role("link", name="Delete").click()
    expect(dialog).to_have_accessible_name("Delete Ada Lovelace?")
    dialog.get_by_role("button", name="Keep it").click()
    expect(dialog).to_be_hidden()
    expect(heading(page)).to_have_text("Ada Lovelace")

    page.get_by_role("link", name="Delete").click()
    dialog.get_by_role("button", name="Delete lead").click()
    expect(page).to_have_url(re.compile("/leads/$"))
    expect(page.get_by_text("No leads yet")).to_be_visible()
    expect(reader.get_by_text("This lead was deleted.")).to_be_visible()
    expect(reader.get_by_role("link", name="Edit")).to_be_hidden()
    person.open(f"/leads/{lead}/")
    expect(heading(page)).to_have_text("This lead is not here")


def test_a_rep_sees_anothers_lead_but_is_offered_no_change(browser_of, owner, teammate, rest):
    lead = rest.make(ownerId=teammate.pk)
    person = browser_of(owner, f"/leads/{lead}/", tolerate="status of 403")
    page = person.page
    expect(heading(page)).to_have_text("Ada Lovelace")
    expect(page.get_by_role("link", name="Edit")).to_have_count(0)
    expect(page.get_by_role("link", name="Delete")).to_have_count(0)
    expect(page.get_by_label("Stage")).to_have_count(0)
    person.open(f"/leads/{lead}/edit/")
    expect(heading(page)).to_have_text("Not allowed")


def test_a_new_lead_appears_on_top_of_an_open_list(browser_of, owner, rest):
    page = browser_of(owner, "/leads/").page
    expect(page.get_by_text("No leads yet")).to_be_visible()
    rest.make()
    expect(rows(page)).to_have_count(1)
    rest.make(firstName="Grace", lastName="Hopper")
    expect(rows(page)).to_have_count(2)
    expect(rows(page).first).to_contain_text("Grace Hopper")
    expect(rows(page).first).to_have_attribute("data-new", "")


def test_a_list_that_has_scrolled_says_so_instead_of_moving(browser_of, owner, rest, elsewhere):
    elsewhere(lambda: LeadFactory.create_batch(40, last_name="Old"))
    page = browser_of(owner, "/leads/").page
    page.mouse.move(600, 400)
    page.mouse.wheel(0, 600)
    comes_true(page, "scrollY > 300")
    before = page.evaluate("[...document.querySelectorAll('tbody tr')].map((row) => row.offsetTop)")
    rest.make()
    rest.make(firstName="Grace", lastName="Hopper")
    pill = page.get_by_role("button", name="2 new leads")
    expect(pill).to_be_visible()
    after = page.evaluate("[...document.querySelectorAll('tbody tr')].map((row) => row.offsetTop)")
    assert after == before
    pill.click()
    expect(rows(page)).to_have_count(42)
    expect(rows(page).first).to_contain_text("Grace Hopper")
    expect(rows(page).first).to_be_in_viewport()
    expect(pill).to_be_hidden()


def test_a_narrowed_list_takes_only_the_leads_that_match(browser_of, owner, rest):
    person = browser_of(owner, "/leads/?source=web")
    searched = person.tab("/leads/?search=hopper")
    rest.make(source="fair")
    rest.make(firstName="Grace", lastName="Hopper", source="web")
    for page in (person.page, searched):
        expect(rows(page)).to_have_count(1)
        expect(rows(page)).to_contain_text("Grace Hopper")


def test_the_choices_above_the_list_narrow_it_and_stand_in_the_address(browser_of, owner, rest):
    rest.make(stage="won", source="web")
    rest.make(firstName="Grace", stage="lost", ownerId=owner.pk)
    page = browser_of(owner, "/leads/").page
    page.locator(".filters").get_by_label("Stage").select_option("Won")
    expect(page).to_have_url(re.compile("stage=won"))
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Ada")
    is_live(page)
    page.locator(".filters").get_by_label("Owner").select_option("Olga Owner")
    expect(page.get_by_text("No lead matches")).to_be_visible()
    is_live(page)
    page.locator(".filters").get_by_label("Stage").select_option("Stage")
    expect(rows(page)).to_contain_text("Grace")


def test_the_keys_search_list_themselves_and_go_places(browser_of, owner, rest):
    rest.make()
    rest.make(firstName="Grace", lastName="Hopper")
    page = browser_of(owner).page
    page.keyboard.press("/")
    search = page.get_by_role("searchbox", name="Search leads")
    expect(search).to_be_focused()
    expect(search).to_have_value("")
    page.keyboard.type("hop")
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Grace Hopper")
    page.get_by_role("link", name="Clear search").click()
    expect(rows(page)).to_have_count(2)

    is_live(page)
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("Search leads")
    page.keyboard.press("n")  # a dialog has the keyboard for itself
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(heading(page)).to_have_text("Settings")
    page.get_by_label("First name").fill("")
    page.get_by_label("First name").press_sequentially("gl?n/")
    expect(page.get_by_label("First name")).to_have_value("gl?n/")


def test_long_lists_go_on_where_the_page_ended_whatever_arrives(browser_of, owner, rest, elsewhere):
    elsewhere(lambda: Lead.objects.bulk_create(LeadFactory.build_batch(60)))
    page = browser_of(owner, "/leads/").page
    expect(rows(page)).to_have_count(50)
    rest.make()
    expect(rows(page)).to_have_count(51)
    page.get_by_role("link", name="Show more").click()
    expect(rows(page)).to_have_count(10)
    rest.make(firstName="Grace")
    has_unread(page, 62)
    expect(rows(page)).to_have_count(10)
    page.get_by_role("link", name="Back to the newest").click()
    expect(rows(page).first).to_contain_text("Grace")
