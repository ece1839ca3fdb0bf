"""Signing in and out, by the page, and what other windows make of it."""

import re

import pytest
from playwright.sync_api import expect

from crm.models import User
from tests.browser.people import connection, facing, has_unread, is_live, toasts
from tests.factories import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

REFUSED = r"status of 40[13]|WebSocket connection"


def test_a_wrong_password_is_said_and_the_address_stays(visit, owner, stored_password):
    User.objects.filter(pk=owner.pk).update(password=stored_password)
    page = visit().page
    page.goto("/leads/?stage=won")
    expect(page).to_have_title("Sign in · Leadbell")
    page.get_by_label("Email").fill("Owner@Example.com")
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("That e-mail and password do not match.")
    expect(page.get_by_label("Email")).to_have_value("Owner@Example.com")
    expect(page.get_by_label("Password")).to_have_value("")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/leads/\?stage=won$"))  # where they wanted to go
    is_live(page)


def test_signing_out_ends_the_socket_and_every_tab_offers_to_sign_in_again(sign_in, owner, rest):
    person = sign_in(owner, tolerate=REFUSED)
    is_live(person.page)
    other = person.tab("/leads/")
    page = facing(person.page)
    page.get_by_role("banner").locator("summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/login/"))
    again = other.get_by_role("link", name="Sign in again")
    expect(again).to_be_visible()
    expect(connection(other)).to_have_text("Reconnecting…")
    rest.make()
    facing(other)
    again.click()
    other.get_by_label("Email").fill(owner.email)
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    expect(other).to_have_url(re.compile(r"/leads/$"))
    is_live(other)
    has_unread(other, 1)


def test_an_open_page_follows_when_somebody_else_signs_in_there(
    sign_in, owner, teammate, rest, stored_password
):
    person = sign_in(owner, tolerate=REFUSED)
    is_live(person.page)
    other = person.tab("/leads/")
    User.objects.filter(pk=teammate.pk).update(password=stored_password)
    page = facing(person.page)
    page.get_by_role("banner").locator("summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Email").fill(teammate.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    is_live(page)
    facing(other).evaluate("dispatchEvent(new Event('online'))")  # which is a reason to try now
    expect(other.get_by_role("banner").locator("summary")).to_contain_text("Tom Teammate")
    is_live(other)
    rest.make()
    for each in (page, other):
        expect(toasts(each)).to_have_count(1)


def test_a_name_that_is_changed_in_the_settings_is_shown(browser_of, owner):
    page = browser_of(owner, "/settings/").page
    page.get_by_label("First name").fill("Olivia")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_role("banner").locator("summary")).to_contain_text("Olivia Owner")
