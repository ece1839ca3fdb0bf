"""Two leads that are one, merged and given back through the pages, with the keyboard as well."""

import re

import pytest
from playwright.sync_api import expect

from leads.models import Lead
from tests.browser.people import has_unread

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def duplicates(page):
    return page.get_by_role("region", name="Possible duplicates")


def test_a_lead_that_is_there_twice_becomes_one_and_two_again(browser_of, owner, teammate, rest):
    first = rest.make_and_tell(firstName="Ada", email="ada@example.org")
    page = browser_of(owner, "/leads/new/").page
    page.get_by_label("First name").fill("Adah")
    page.get_by_label("Email").fill("ADA@example.org")
    page.get_by_role("button", name="Save lead").click()
    expect(
        page.get_by_text("There is a lead with the same e-mail or phone already")
    ).to_be_visible()
    expect(duplicates(page)).to_contain_text("Ada Lovelace")
    expect(duplicates(page)).to_contain_text("same e-mail")
    second = Lead.objects.get(first_name="Adah").pk
    has_unread(page, 2)
    page.get_by_label("Text", exact=True).fill("They wrote again.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#entries > li")).to_have_count(2)
    reader = browser_of(teammate, f"/leads/{first}/").page
    expect(duplicates(reader)).to_contain_text("Adah")
    writer = browser_of(teammate, f"/leads/{second}/").page
    writer.get_by_label("Text", exact=True).fill("Half a thought")
    moved = writer.get_by_text("This lead was merged into another.")
    expect(moved).to_be_hidden()

    duplicates(page).get_by_role("link", name="Merge… Ada Lovelace").press("Enter")
    expect(page.get_by_role("group", name="Stays").get_by_label("Ada Lovelace")).to_be_checked()
    name = page.get_by_role("group", name="First name")
    expect(name.get_by_label("Adah")).to_be_checked()
    name.get_by_label("Adah").press("ArrowLeft")
    expect(name.get_by_label("Ada", exact=True)).to_be_checked()
    page.get_by_role("button", name="Merge").click()

    expect(page).to_have_url(re.compile(rf"/leads/{first}/\?merged=\d+$"))
    expect(page.get_by_text("Adah was merged into this lead.")).to_be_visible()
    expect(page.locator("#entries")).to_contain_text("merged another lead into this one")
    expect(page.locator("#entries")).to_contain_text("They wrote again.")
    expect(reader.locator("#entries")).to_contain_text("They wrote again.")
    expect(duplicates(reader)).to_have_count(0)
    expect(moved.get_by_role("link")).to_have_attribute("href", re.compile(rf"/leads/{first}/$"))
    expect(writer.get_by_label("Text", exact=True)).to_have_value("Half a thought")
    expect(duplicates(page)).to_have_count(0)
    page.goto(f"/leads/{second}/")
    expect(page).to_have_url(re.compile(rf"/leads/{first}/$"))

    page.locator("#entries").get_by_role("button", name="Undo merge").click()
    expect(page).to_have_url(re.compile(rf"/leads/{second}/$"))
    expect(page.get_by_text("The merge was undone: Adah is back.")).to_be_visible()
    expect(page.locator("#entries")).to_contain_text("They wrote again.")
    expect(duplicates(page)).to_contain_text("Ada Lovelace")
    expect(duplicates(reader)).to_contain_text("Adah")
    expect(reader.locator("#entries")).not_to_contain_text("They wrote again.")
    expect(moved).to_be_hidden()
    expect(writer.get_by_label("Text", exact=True)).to_have_value("Half a thought")
    has_unread(page, 3)  # the two leads, and the comment


def test_without_scripts_the_same_is_done_by_forms(browser_of, owner, rest):
    first = rest.make(email="ada@example.org")
    second = rest.make(email="ADA@example.org", phone="")
    page = browser_of(owner, f"/leads/{second}/", java_script_enabled=False).page
    page.get_by_role("link", name="Merge… Ada Lovelace").click()
    page.get_by_role("button", name="Merge").click()
    expect(page).to_have_url(re.compile(rf"/leads/{first}/"))
    page.get_by_role("button", name="Undo merge").first.click()
    expect(page).to_have_url(re.compile(rf"/leads/{second}/$"))
