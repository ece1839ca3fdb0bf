"""The list of leads in browsers: selected, acted on together, and sorted."""

import re

import pytest
from playwright.sync_api import expect

from leads.models import Lead
from tests.browser.people import is_live
from tests.browser.test_leads_pages import rows
from tests.browser.test_look import NARROW

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def bar(page):
    return page.get_by_role("form", name="What to do with the selected leads")


def test_selected_leads_move_together_and_the_result_says_so(browser_of, owner, teammate, rest):
    rest.make()
    rest.make(firstName="Grace", ownerId=teammate.pk)
    page = browser_of(owner, "/leads/").page
    expect(bar(page)).to_be_hidden()
    page.get_by_role("link", name="Ada Lovelace").focus()
    page.keyboard.press("x")
    expect(bar(page)).to_contain_text("1 selected")
    page.get_by_label("Select all on this page").check()
    expect(bar(page)).to_contain_text("2 selected")
    rest.make(firstName="Later")  # a row that comes in leaves the selection alone
    expect(rows(page)).to_have_count(3)
    expect(bar(page)).to_contain_text("2 selected")
    bar(page).get_by_label("Move to").select_option("Won")
    bar(page).get_by_role("button", name="Move").click()
    expect(page.get_by_text("1 lead is in Won.")).to_be_visible()
    expect(page.get_by_text("1 lead stays as it was: Grace Lovelace.")).to_be_visible()
    expect(bar(page)).to_be_hidden()
    assert Lead.objects.get(stage="won").first_name == "Ada"


def test_deleting_several_asks_first_on_a_phone_too(browser_of, owner, rest):
    for name in ("Ada", "Grace", "Alan"):
        rest.make(firstName=name)
    page = browser_of(owner, "/leads/", **NARROW).page
    for name in ("Ada", "Grace"):
        page.get_by_label(f"Select {name} Lovelace").tap()
    expect(page).to_have_url(re.compile("/leads/$"))
    bar(page).get_by_role("button", name="Delete").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Delete 2 leads?")
    page.get_by_role("button", name="Delete 2 leads").tap()
    expect(page.get_by_text("2 leads deleted.")).to_be_visible()
    expect(rows(page)).to_have_count(1)


def test_a_head_sorts_by_its_column_and_the_choice_says_so(browser_of, owner, rest):
    for name in ("Cleo", "Ada", "Bea"):
        rest.make(firstName=name)
    page = browser_of(owner, "/leads/").page
    page.get_by_role("columnheader").get_by_role("link", name="Name").click()
    expect(rows(page)).to_have_text([re.compile(name) for name in ("Ada", "Bea", "Cleo")])
    expect(page.get_by_label("Order")).to_have_value("name")
    page.get_by_role("columnheader").get_by_role("link", name="Name").click()
    expect(rows(page).first).to_contain_text("Cleo")
    is_live(page)
    page.get_by_label("Order").select_option("Oldest first")
    expect(page).to_have_url(re.compile("sort=created"))
    expect(rows(page)).to_have_text([re.compile(name) for name in ("Cleo", "Ada", "Bea")])
