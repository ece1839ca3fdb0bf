"""The entrance in a browser: every page of it judged, the second step by keyboard, and the page of
the API under the policy of contents."""

import re

import pyotp
import pytest
from playwright.sync_api import expect

from crm.entrance.second import SecondStep
from crm.models import User
from tests.browser.people import is_live
from tests.browser.test_accessibility import axe, judge_as  # noqa: F401 (fixtures)
from tests.factories import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STEPS = "/settings/two-steps/"


def test_axe_finds_nothing_at_the_entrance(judge_as, owner, stored_password):  # noqa: F811
    User.objects.filter(pk=owner.pk).update(password=stored_password)
    owner.refresh_from_db()
    judge = judge_as(owner)
    page = judge.person.open(STEPS)
    judge.judge("off")
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    is_live(page)
    judge.judge("set-up")
    page.get_by_label("Code", exact=True).fill("12")
    page.get_by_role("button", name="Turn it on").click()
    expect(page.locator(".error")).to_have_count(1)
    is_live(page)
    judge.judge("a wrong code")
    page.get_by_label("Code", exact=True).fill(pyotp.TOTP(SecondStep.objects.get().secret).now())
    page.keyboard.press("Enter")
    expect(page.locator(".codes li")).to_have_count(10)
    is_live(page)
    judge.judge("recovery codes")
    judge.person.open(STEPS)
    judge.judge("on")
    judge.person.context.clear_cookies()
    for path in ("/password/", "/password/asked/", "/password/eA/x-y/"):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        judge.judge(path)
    page.goto("/login/")
    page.get_by_label("Email").fill(owner.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/login/code/")  # and for its stylesheet
    judge.judge("the second step")
    judge.finds_nothing()


def test_axe_finds_nothing_on_the_page_of_personal_data(judge_as, manager, lead):  # noqa: F811
    judge = judge_as(manager)
    judge.open(f"/leads/{lead.pk}/personal/")
    judge.finds_nothing()


def test_who_has_a_second_step_signs_in_by_keyboard(visit, owner, stored_password):
    User.objects.filter(pk=owner.pk).update(password=stored_password)
    step = SecondStep.begin(owner)
    step.turn_on()
    page = visit().page
    page.goto("/leads/?stage=new")
    page.keyboard.type(owner.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code", exact=True)).to_be_focused()
    page.keyboard.type("000 000")
    page.keyboard.press("Enter")
    expect(page.locator(".error")).to_have_text(
        "That code is wrong or was used: take the next one."
    )
    page.get_by_label("Code", exact=True).fill(pyotp.TOTP(step.secret).now())
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/leads/\?stage=new$"))
    is_live(page)


def test_what_is_signed_out_on_the_list_is_out_at_once(browser_of, owner):
    refused = {"tolerate": r"status of 40[13]|WebSocket connection"}
    here = browser_of(owner, "/settings/sessions/")
    there = browser_of(owner, "/", **refused)
    is_live(there.page)
    page = here.open("/settings/sessions/")
    expect(page.locator(".sign-in")).to_have_count(2)
    expect(page.locator(".sign-in").first).to_contain_text("this one")
    page.get_by_role("button", name=re.compile("^Sign out ?:")).click()
    expect(page.locator(".sign-in")).to_have_count(1)
    expect(there.page.get_by_role("link", name="Sign in again")).to_be_visible()


def test_swagger_ui_works_under_the_policy_of_contents(visit):
    page = visit().page  # whose console fails the test when the policy refuses something
    page.goto("/api/docs/")
    operation = page.locator(".opblock").first
    expect(operation).to_be_visible()
    operation.locator(".opblock-summary-control").click()
    expect(operation.get_by_role("button", name="Try it out")).to_be_visible()
