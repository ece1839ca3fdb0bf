"""Sources in browsers: made, connected, filled in by a stranger, routed, mended; and tags."""

import json
import re

import pytest
from playwright.sync_api import expect

from leads.models import Delivery, Lead, Rule, Source, Tag
from tests.browser.people import facing, is_live, listen
from tests.browser.test_look import MEASURES, NARROW, faults
from tests.factories import LeadFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

UNKNOWN = {"who": "Zed Zephyr", "reach": {"mail_me": "zed@example.org"}, "land": "DE"}


def of_page(page, name):
    return page.get_by_role("region", name=name)


def test_a_manager_makes_a_form_that_a_stranger_fills_in_and_it_rings_for_whom_a_rule_says(
    browser_of, visit, manager, owner
):
    page = browser_of(manager, "/leads/").page
    page.get_by_role("link", name="Sources", exact=True).first.click()
    expect(page.get_by_text("No sources yet")).to_be_visible()
    page.get_by_role("link", name="New source").first.click()
    page.get_by_role("link", name="Website form").click()
    page.get_by_label("Name", exact=True).fill("Contact form")
    page.get_by_label("Seconds to fill it in").fill("0")
    page.get_by_label("Tags").fill("web, spring")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Contact form")
    expect(page.get_by_label("The form")).to_have_value(re.compile(r"^<form action=.*/in/"))

    page.get_by_role("link", name="Add a rule").click()
    page.get_by_label("Field 1").fill("Company")
    page.get_by_label("How it compares 1").select_option("contains")
    page.get_by_label("Value 1").fill("engines")
    page.get_by_label("One person").check()
    page.get_by_label("Person", exact=True).select_option("Olga Owner")
    page.get_by_role("button", name="Save rule").click()
    expect(of_page(page, "Who gets its leads")).to_contain_text("company contains engines")
    is_live(page)
    ring = listen(browser_of(owner, "/").page)

    stranger = visit().page
    stranger.goto(page.get_by_label("Its address").input_value())
    stranger.get_by_label("First name").fill("Ada")
    stranger.get_by_label("Email").fill("ada@example.org")
    stranger.get_by_label("Company").fill("Analytical Engines")
    stranger.get_by_role("button", name="Send").click()
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Thank you")

    expect(facing(ring).get_by_role("status")).to_contain_text("Ada (Analytical Engines)")
    log = of_page(facing(page), "Deliveries")
    expect(log).to_contain_text("Made a lead")  # without a reload
    log.get_by_role("link", name="Ada (Analytical Engines)").click()
    expect(page.locator("#timeline")).to_contain_text(
        "Olga Owner: rule 1: company contains engines"
    )
    expect(page.locator("#tags")).to_contain_text("spring")
    assert Lead.objects.get().owner == owner


def test_what_failed_is_mended_against_what_came_and_replayed(browser_of, visit, manager):
    source = Source.objects.create(name="Shop", kind="json")
    person = browser_of(manager, source.get_absolute_url())
    page = person.page
    sent = {"data": json.dumps(UNKNOWN), "headers": {"Content-Type": "application/json"}}
    for _ in range(2):
        assert visit().context.request.post(person.base + source.path, **sent).status == 202
    page.reload()
    expect(of_page(page, "Deliveries")).to_contain_text("Failed")
    page.get_by_role("link", name="2 failed").click()
    page.locator(".delivery-when").first.click()
    page.get_by_role("link", name="Mend the mapping").click()
    page.get_by_label("Whole name").select_option("who: Zed Zephyr")
    page.get_by_label("Email").select_option("reach.mail_me: zed@example.org")
    page.get_by_role("button", name="Preview").click()
    expect(of_page(page, "The lead that it would make")).to_contain_text("zed@example.org")
    assert Source.objects.get().mapping == {}
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved. What comes from now on is taken like that.")).to_be_visible()
    is_live(page)
    page.get_by_role("button", name="Replay 2 that failed").click()
    expect(page.get_by_text("2 made a lead each.")).to_be_visible()
    assert {lead.name for lead in Lead.objects.all()} == {"Zed Zephyr"}


def test_what_is_kept_aside_rings_when_it_is_accepted(browser_of, manager, owner):
    source = Source.objects.create(name="Form", kind="form")
    suspect = Delivery.objects.create(
        source=source,
        state="suspect",
        reason="It was filled in too quickly.",
        payload=b"first_name=Ada&email=ada%40example.org",
    )
    assert not Lead.objects.exists()
    ring = listen(browser_of(owner, "/").page)
    page = browser_of(manager, "/sources/").page
    page.get_by_role("link", name="1 kept aside").click()
    page.locator(".delivery-when").click()
    expect(page.get_by_text("It was filled in too quickly.")).to_be_visible()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("It made a lead: Ada")).to_be_visible()
    expect(facing(ring).get_by_role("status")).to_contain_text("Ada added to pipeline")
    suspect.refresh_from_db()
    assert suspect.lead == Lead.objects.get()


def test_rules_are_moved_by_the_keyboard(browser_of, manager, owner):
    source = Source.objects.create(name="Shop", kind="json")
    for country in ("DE", "FR"):
        condition = {"field": "country", "op": "is", "value": country}
        Rule(source=source, conditions=[condition], to="user", user=owner).save()
    page = browser_of(manager, source.get_absolute_url()).page
    page.get_by_role("button", name="Move rule 2 up").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".rules li").first).to_contain_text("FR")
    assert [rule.conditions[0]["value"] for rule in Rule.objects.all()] == ["FR", "DE"]


@pytest.mark.parametrize("scripts", [True, False])
def test_tags_are_given_and_taken_in_place(browser_of, manager, owner, elsewhere, scripts):
    lead = elsewhere(lambda: LeadFactory(first_name="Ada", owner=owner))
    path = f"/leads/{lead.pk}/"
    page = browser_of(owner, path, java_script_enabled=scripts).page
    other = browser_of(manager, path).page
    for name in ("demo", "vip"):
        page.get_by_label("Add a tag").fill(name)
        page.keyboard.press("Enter")
        expect(page.locator("#tags").get_by_role("link", name=name)).to_be_visible()
        if scripts:
            expect(page.get_by_label("Add a tag")).to_be_focused()  # for the next one
    expect(other.locator("#tags")).to_contain_text("vip")  # told without a reload
    page.get_by_role("button", name="Take the tag demo away").click()
    expect(page.locator("#tags")).not_to_contain_text("demo")
    expect(other.locator("#tags")).not_to_contain_text("demo")
    page.get_by_label("Add a tag").fill("x" * 51)
    page.keyboard.press("Enter")
    expect(page.get_by_text("A tag has up to 50 characters.")).to_be_visible()
    expect(page.get_by_label("Add a tag")).to_have_value("x" * 51)
    assert Tag.objects.names(lead) == ["vip"]


def test_a_tag_narrows_the_list_and_many_leads_get_one_at_once(browser_of, owner, rest):
    for name in ("Ada", "Bea", "Cleo"):
        rest.make(firstName=name)
    page = browser_of(owner, "/leads/").page
    for name in ("Ada", "Bea"):
        page.get_by_label(f"Select {name} Lovelace").check()
    page.get_by_label("Tag to add").fill("fair")
    page.get_by_role("button", name="Add tag").click()
    expect(page.get_by_text("2 leads have the tag fair.")).to_be_visible()
    is_live(page)
    page.locator(".filters").get_by_label("Tag", exact=True).select_option("fair")
    expect(page.locator("[data-lead]")).to_have_count(2)
    expect(page).to_have_url(re.compile("tag=fair"))


@pytest.mark.parametrize("screen", ["1280", "360"])
def test_the_pages_of_sources_fit_and_can_be_read(browser_of, manager, owner, elsewhere, screen):
    house = elsewhere(lambda: sources_with_all(manager, owner))
    options = NARROW if screen == "360" else {"viewport": {"width": 1280, "height": 800}}
    person = browser_of(manager, "/", **options, reduced_motion="reduce")
    person.context.add_init_script(MEASURES)
    wrong = {path: faults(person.open(path), screen) for path in source_pages(house)}
    assert not {path: found for path, found in wrong.items() if found}


def sources_with_all(manager, owner) -> dict:
    """A source of each kind, with long names, rules, and deliveries in every state."""
    long = "Anneliese Hohenlohe-Schillingsfürst " * 2
    made = {}
    for kind in Source.Kind.values:
        source = Source(name=f"{long}{kind}", kind=kind, secret="s" * 40, owner=owner)
        source.verify_token, source.access_token, source.created_by = "v" * 40, "a", manager
        source.save()
        made[kind] = source.pk
        source.send_test(by=manager)
    source = Source.objects.get(kind="json")
    rule = Rule(source=source, conditions=[{"field": long, "op": "is", "value": "x" * 200}])
    rule.to = "people"
    rule.save()
    rule.people.set([manager, owner])
    Source.objects.filter(kind="form").update(secret="")
    source.note_refusal("The header X-Signature-256 is not the body’s signature.")
    body = json.dumps({"name": long, "url": "x" * 600, "arabic": "محمد عبد الرحمن"}).encode()
    for state in Delivery.State.values:
        row = Delivery(source=source, state=state, payload=body, content_type="application/json")
        row.reason, row.headers = (
            "" if state == "made" else "It was filled in too quickly.",
            {"a": "b"},
        )
        row.save()
        made[state] = row.pk
    return made | {"rule": rule.pk}


def source_pages(house):
    shop = f"/sources/{house['json']}/"
    return (
        *("/sources/", "/sources/new/", "/sources/new/form/", "/sources/new/meta/"),
        *(f"/sources/{house[kind]}/" for kind in Source.Kind.values),
        *(f"{shop}{path}/" for path in ("renew", "secret", "delete", "rules/new", "mapping")),
        f"{shop}rules/{house['rule']}/",
        *(f"{shop}deliveries/", f"{shop}deliveries/?state=failed"),
        *(f"{shop}deliveries/{house[state]}/" for state in Delivery.State.values),
    )
