"""What people typed is text wherever it is shown, whatever it looks like."""

import re

import pytest
from playwright.sync_api import expect

from notifications.models import Notification
from tests.browser.people import has_unread, items, opened_panel, toasts

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ATTACK = "<img src=x onerror=alert(1)><script>alert(2)</script>"
LEAD = {
    "firstName": ATTACK,
    "lastName": '"><svg onload=alert(3)>',
    "email": '"<b>bold</b>"@example.org',
    "phone": "555 1234 <i>",
    "company": "</title></textarea><script>alert(4)</script>",
    "jobTitle": "{{ 7*7 }}{% now 'Y' %}${7*7}",
    "website": "https://example.org/?q='\"><script>alert(5)</script>",
    "message": "first line\n<iframe src=javascript:alert(6)></iframe>",
    "city": "<!--",
    "region": "--><b>",
    "postalCode": "&lt;&amp;",
    "country": "<base href=//evil.example>",
    "source": "' onclick='alert(7)",
}
NAME = f"{LEAD['firstName']} {LEAD['lastName']}"


def test_html_in_a_lead_is_text_on_every_page_and_runs_nowhere(browser_of, owner, rest):
    person = browser_of(owner, "/leads/")
    page = person.page
    lead = rest.make(**LEAD)
    said = f"{NAME} ({LEAD['company']}) added to pipeline"

    expect(toasts(page)).to_contain_text(said)
    expect(page.get_by_role("row").nth(1)).to_contain_text(NAME)  # came live
    expect(items(opened_panel(page))).to_contain_text(said)
    person.open("/notifications/")
    expect(items(page.get_by_role("main"))).to_contain_text(said)
    person.open("/")
    expect(page.get_by_role("main").get_by_role("link", name=NAME)).to_be_visible()
    person.open(f"/leads/?search={LEAD['source']}&source={LEAD['source']}")
    expect(page.get_by_text(f"“{LEAD['source']}”", exact=True)).to_be_visible()

    person.open(f"/leads/{lead}/")
    expect(page).to_have_title(f"(1) {NAME} · Leadbell")
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    for name in ("email", "phone", "company", "jobTitle", "website", "city", "region"):
        expect(page.get_by_role("main")).to_contain_text(LEAD[name])
    for line in LEAD["message"].splitlines():
        expect(page.get_by_role("main")).to_contain_text(line)
    mail = page.get_by_role("link", name=re.compile("^Mail"))
    expect(mail).to_have_attribute("href", "mailto:%22%3Cb%3Ebold%3C%2Fb%3E%22@example.org")
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text(f"Delete {NAME}?")

    person.open(f"/leads/{lead}/edit/")
    expect(page.get_by_label("First name")).to_have_value(ATTACK)
    expect(page.get_by_label("Message")).to_have_value(LEAD["message"])
    person.open(f"/leads/{lead}/delete/")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Delete {NAME}?")


def test_html_in_an_announcement_and_a_persons_name_is_text(browser_of, owner, elsewhere):
    owner.first_name, owner.last_name = ATTACK, "</script>"
    owner.save()
    page = browser_of(owner, "/settings/").page
    elsewhere(
        lambda: Notification(
            recipient=owner, type="system", title=ATTACK, message=ATTACK, url="javascript:alert(8)"
        ).save()
    )
    expect(toasts(page)).to_contain_text(ATTACK)
    expect(toasts(page).get_by_role("link")).to_have_count(0)
    item = items(opened_panel(page))
    expect(item).to_contain_text(ATTACK)
    expect(item.locator("a:not([href^='/settings/'])")).to_have_count(0)
    has_unread(page, 1)
    expect(page.get_by_role("banner")).to_contain_text(f"{ATTACK} </script>")


def test_a_script_that_gets_into_a_page_is_not_run_and_these_tests_would_notice(visit):
    person = visit(tolerate="Content Security Policy|status of 404")
    person.page.goto("/login/")
    person.page.evaluate(
        """() => {
            document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=alert(1)>");
            document.body.append(Object.assign(document.createElement("script"),
                                               { textContent: "alert(2)" }));
        }"""
    )
    expect(person.page.locator("img")).to_be_attached()
    violations = [said for said in person.said if "Content Security Policy" in said]
    assert len(violations) == 2
    assert not any("alert" in said for said in person.said if said not in violations)
