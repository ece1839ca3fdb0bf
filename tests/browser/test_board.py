"""The pipeline board in browsers: cards dragged, moved by keys and chosen, and followed live."""

import re

import pytest
from playwright.sync_api import expect

from leads.models import Lead
from tests.browser.test_look import NARROW, faults, leads, look_at, tour  # noqa: F401
from tests.factories import LeadFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CONFLICT = "status of 409"
BOARD = "/leads/board/"


def column(page, stage):
    return page.locator(f"[data-column={stage}]")


def cards(page, stage):
    return column(page, stage).locator("[data-lead]")


def card(page, name="Ada Lovelace"):
    return page.locator("[data-lead]").filter(has_text=name)


def said(page):
    return page.locator("[data-board-said]")


def stage_of(lead):
    return Lead.objects.get(pk=lead).stage


def test_a_dragged_card_shows_where_it_lands_and_moves_for_everybody(
    browser_of, owner, teammate, rest
):
    rest.make(firstName="Old", stage="qualified")
    lead = rest.make()
    rest.make(firstName="Young", stage="qualified")
    page = browser_of(owner, BOARD).page
    other = browser_of(teammate, BOARD).page
    expect(column(page, "qualified").locator("[data-count]")).to_have_text("2")

    box, target = card(page).bounding_box(), column(page, "qualified").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(target["x"] + 40, target["y"] + 200, steps=4)
    page.mouse.move(target["x"] + 44, target["y"] + 204)
    expect(page.locator(".landing")).to_be_visible()
    expect(page.locator(".landing + .card")).to_contain_text("Old")
    page.mouse.up()

    for each in (page, other):
        expect(cards(each, "qualified")).to_have_count(3)
        expect(cards(each, "qualified").nth(1)).to_contain_text("Ada")
        expect(cards(each, "new")).to_have_count(0)
        expect(column(each, "new")).to_contain_text("No leads")
        expect(column(each, "qualified").locator("[data-count]")).to_have_text("3")
    expect(said(page)).to_have_text("Ada Lovelace is in Qualified now.")
    expect(page.locator(".landing")).to_have_count(0)
    assert stage_of(lead) == "qualified"


def test_brackets_move_the_card_that_has_the_focus_and_it_keeps_it(browser_of, owner, rest):
    lead = rest.make()
    page = browser_of(owner, BOARD).page
    link = page.get_by_role("link", name="Ada Lovelace")
    link.focus()
    page.keyboard.press("[")  # there is nothing before the first
    for stage in ("contacted", "qualified"):
        page.keyboard.press("]")
        expect(cards(page, stage)).to_have_count(1)
        expect(card(page)).not_to_have_attribute("data-busy", "")
        expect(link).to_be_focused()
        expect(said(page)).to_have_text(f"Ada Lovelace is in {stage.capitalize()} now.")
    page.keyboard.press("[")
    expect(said(page)).to_have_text("Ada Lovelace is in Contacted now.")
    assert stage_of(lead) == "contacted"
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/leads/{lead}/$"))


def test_of_two_who_move_the_same_card_the_later_is_told_and_sees_where_it_is(
    browser_of, owner, teammate, rest
):
    lead = rest.make()
    first = browser_of(owner, BOARD).page
    later = browser_of(teammate, BOARD, tolerate=CONFLICT).page
    held = []  # what would tell the later one in time
    later.route("**/card/**", lambda route: held.append(route), times=1)
    first.get_by_role("link", name="Ada Lovelace").focus()
    first.keyboard.press("]")
    expect(said(first)).to_have_text("Ada Lovelace is in Contacted now.")
    expect(cards(later, "new")).to_have_count(1)
    later.get_by_label("Stage of Ada Lovelace").select_option("Lost")
    expect(said(later)).to_have_text("Ada Lovelace: Olga Owner moved it to Contacted a moment ago.")
    expect(cards(later, "contacted")).to_have_count(1)
    assert stage_of(lead) == "contacted"
    for route in held:
        route.continue_()
    later.get_by_role("link", name="Ada Lovelace").focus()
    later.keyboard.press("]")
    expect(said(later)).to_have_text("Ada Lovelace is in Qualified now.")
    expect(cards(first, "qualified")).to_have_count(1)


def test_a_card_of_somebody_else_stays_and_says_why(browser_of, owner, teammate, rest):
    lead = rest.make(ownerId=teammate.pk)
    page = browser_of(owner, BOARD).page
    expect(card(page)).not_to_have_attribute("draggable", "true")
    reason = card(page).get_by_text("This lead belongs to somebody else")
    expect(reason).to_be_hidden()
    page.get_by_role("link", name="Ada Lovelace").focus()
    expect(reason).to_be_visible()
    page.keyboard.press("]")
    expect(said(page)).to_contain_text("This lead belongs to somebody else")
    card(page).drag_to(column(page, "won"))
    expect(cards(page, "new")).to_have_count(1)
    assert stage_of(lead) == "new"


def test_leads_come_change_and_go_on_an_open_board(browser_of, owner, rest):
    page = browser_of(owner, f"{BOARD}?owner=nobody").page
    expect(cards(page, "new")).to_have_count(0)
    lead = rest.make()
    rest.make(firstName="Mine", ownerId=owner.pk)
    rest.make(firstName="Won", stage="won")
    expect(cards(page, "new")).to_have_text([re.compile("Ada")])
    expect(cards(page, "won")).to_have_text([re.compile("Won")])
    expect(column(page, "won").locator("[data-count]")).to_have_text("1")
    rest.patch(f"/api/leads/{lead}/", json={"company": "Engines", "stage": "contacted"})
    expect(cards(page, "contacted")).to_contain_text("Engines")
    expect(cards(page, "new")).to_have_count(0)
    rest.patch(f"/api/leads/{lead}/", json={"ownerId": owner.pk})
    expect(cards(page, "contacted")).to_have_count(0)
    rest.remove(Lead.objects.get(first_name="Won").pk)
    expect(cards(page, "won")).to_have_count(0)


def test_a_burst_of_leads_and_more_cards_come_without_leaving_the_page(
    browser_of, owner, rest, elsewhere
):
    elsewhere(lambda: Lead.objects.bulk_create(LeadFactory.build_batch(30)))
    page = browser_of(owner, BOARD).page
    expect(cards(page, "new")).to_have_count(20)
    page.evaluate("window.same = true")
    column(page, "new").get_by_role("link", name="Show more").click()
    expect(cards(page, "new")).to_have_count(30)
    expect(page).to_have_url(re.compile("more=new"))
    for number in range(12):
        rest.make(firstName=f"Late{number}")
    expect(cards(page, "new").first).to_contain_text("Late11")
    expect(column(page, "new").locator("[data-count]")).to_have_text("42")
    assert page.evaluate("window.same")


def test_a_finger_chooses_the_stage(browser_of, owner, rest):
    lead = rest.make()
    page = browser_of(owner, BOARD, **NARROW).page
    page.get_by_label("Stage of Ada Lovelace").select_option("Won")
    expect(cards(page, "won")).to_have_count(1)
    expect(said(page)).to_have_text("Ada Lovelace is in Won now.")
    assert stage_of(lead) == "won"


def test_without_scripts_a_button_moves_the_card(browser_of, owner, rest):
    lead = rest.make()
    page = browser_of(owner, BOARD, java_script_enabled=False).page
    page.get_by_label("Stage of Ada Lovelace").select_option("Qualified")
    card(page).get_by_role("button", name="Move").click()
    expect(cards(page, "qualified")).to_have_count(1)
    expect(page).to_have_url(re.compile("/leads/board/"))
    assert stage_of(lead) == "qualified"


@pytest.mark.parametrize("screen", ["1280", "360"])
def test_the_board_fits_names_what_it_offers_and_can_be_read(
    look_at,  # noqa: F811
    leads,  # noqa: F811
    screen,
):
    page = look_at(screen, "light").open(BOARD)
    expect(page.locator("time:not([data-set])")).to_have_count(0)
    assert faults(page, screen) == []
    page.get_by_role("link", name=re.compile("Anneliese")).focus()
    assert tour(page, 12) == []
