"""Saved views, chosen columns, and the way from lead to lead, in browsers."""

import re

import pytest
from playwright.sync_api import expect

from leads.models import SavedView
from tests.browser.people import is_live
from tests.browser.test_leads_pages import heading, rows
from tests.browser.test_look import MEASURES, NARROW, faults

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def tabs(page):
    return page.get_by_role("navigation", name="Views", exact=True)


def test_a_view_is_saved_changed_shared_and_used_by_somebody_else(
    browser_of, owner, teammate, rest
):
    rest.make()
    rest.make(firstName="Grace", stage="won")
    page = browser_of(owner, "/leads/").page
    page.locator(".filters").get_by_label("Stage").select_option("Won")
    expect(rows(page)).to_have_count(1)
    is_live(page)
    page.get_by_role("link", name="Save as view").click()
    dialog = page.get_by_role("dialog", name="Save as view")
    dialog.get_by_label("Name").fill("Won ones")
    dialog.get_by_label("Everybody sees it").check()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/leads/\?view=\d+$"))
    expect(tabs(page).locator("[aria-current]")).to_contain_text("Won ones")
    expect(rows(page)).to_contain_text("Grace")

    is_live(page)
    page.locator(".filters").get_by_label("Stage").select_option("New")
    expect(rows(page)).to_contain_text("Ada")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("“Won ones” is saved as you see it.")).to_be_visible()
    page.get_by_role("link", name="Edit view").click()
    page.get_by_label("Name").fill("New ones")
    page.get_by_role("button", name="Save view").click()
    expect(tabs(page).locator("[aria-current]")).to_contain_text("New ones")

    other = browser_of(teammate, "/leads/").page
    tabs(other).get_by_role("link", name="New ones").click()
    expect(rows(other)).to_contain_text("Ada")
    is_live(other)
    rest.make(firstName="Later")  # a view is live as the list is
    expect(rows(other)).to_have_count(2)


def test_columns_are_chosen_and_stay(browser_of, owner, rest):
    rest.make(city="London")
    page = browser_of(owner, "/leads/").page
    expect(page.get_by_role("columnheader", name="City")).to_have_count(0)
    page.locator("summary", has_text="Columns").click()
    page.get_by_label("City").check()
    page.get_by_label("Score").uncheck()
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("columnheader", name="City")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Score")).to_have_count(0)
    expect(rows(page)).to_contain_text("London")
    page.goto("/leads/?stage=new")
    expect(rows(page)).to_contain_text("London")


def test_j_and_k_go_through_the_list_and_from_lead_to_lead(browser_of, owner, rest):
    for name in ("Cleo", "Bea", "Ada"):
        rest.make(firstName=name)
    page = browser_of(owner, "/leads/?sort=name").page
    for key, name in (("j", "Ada"), ("j", "Bea"), ("j", "Cleo"), ("j", "Cleo"), ("k", "Bea")):
        page.keyboard.press(key)
        expect(page.get_by_role("link", name=f"{name} Lovelace")).to_be_focused()
    page.keyboard.press("Enter")
    for key, name in (("k", "Ada"), ("j", "Bea"), ("j", "Cleo"), ("j", "Cleo"), ("k", "Bea")):
        expect(heading(page)).not_to_have_text("Leads")
        is_live(page)
        page.keyboard.press(key)
        expect(heading(page)).to_have_text(f"{name} Lovelace")
    page.reload()
    page.get_by_role("navigation", name="The list that this lead is in").get_by_role(
        "link", name="Leads"
    ).click()
    expect(page).to_have_url(re.compile(r"/leads/\?sort=name$"))


def test_one_who_writes_stays_on_the_lead_and_keeps_its_list(browser_of, owner, rest):
    for name in ("Bea", "Ada"):
        rest.make(firstName=name)
    page = browser_of(owner, "/leads/?sort=name").page
    page.get_by_role("link", name="Ada Lovelace").click()
    is_live(page)
    page.keyboard.press("m")
    page.keyboard.type("just kidding")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#entries")).to_contain_text("just kidding")
    page.locator("body").click(position={"x": 5, "y": 500})
    page.keyboard.press("j")
    expect(heading(page)).to_have_text("Bea Lovelace")


@pytest.mark.parametrize("screen", ["1280", "360"])
def test_views_fit_and_can_be_read(browser_of, owner, elsewhere, rest, screen):
    rest.make(firstName="W" * 60, city="C" * 60, company="A" * 60)

    def make():
        every = "name,company,stage,job-title,email,phone,city,region,country,last,source,age"
        for number in range(8):
            query = {"columns": every, "search": "w"}
            name = f"{number} {'Wide ' * 11}"
            SavedView.objects.create(owner=owner, name=name, shared=number > 3, query=query)

    elsewhere(make)
    options = NARROW if screen == "360" else {"viewport": {"width": 1280, "height": 800}}
    person = browser_of(owner, "/leads/", reduced_motion="reduce", **options)
    person.context.add_init_script(MEASURES)
    view = SavedView.objects.order_by("-pk").first().pk
    wrong = {}
    for path in (f"/leads/?view={view}&stage=new", f"/leads/views/{view}/", "/leads/views/new/"):
        wrong[path] = faults(person.open(path), screen)
    assert not {path: found for path, found in wrong.items() if found}
