"""The page of a lead, lived in: written on, changed in place, by two at once, with the keyboard."""

import re

import pytest
from django.db import transaction
from playwright.sync_api import expect

from leads.models import Comment, Interaction, Lead, Merge, Task
from leads.models.merge import both
from tests.browser.people import has_unread, is_live
from tests.factories import CommentFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def entries(page):
    return page.locator("#entries > li")


def composer(page):
    return page.get_by_label("Text", exact=True)


def opener(page, label):
    return page.get_by_role("button", name=re.compile(f"Change {label}$"))


def test_what_one_writes_is_sent_by_ctrl_enter_and_seen_by_who_reads(
    browser_of, owner, teammate, rest
):
    lead = rest.make()
    writer = browser_of(owner, f"/leads/{lead}/").page
    reader = browser_of(teammate, f"/leads/{lead}/").page
    composer(reader).fill("Half a thought")
    writer.keyboard.press("m")
    writer.keyboard.type("They want an offer.")
    writer.keyboard.press("Control+Enter")
    for page in (writer, reader):
        expect(entries(page).first).to_contain_text("Olga Owner commented")
        expect(entries(page).first).to_contain_text("They want an offer.")
    expect(composer(writer)).to_have_value("")
    expect(composer(writer)).to_be_focused()
    expect(composer(reader)).to_have_value("Half a thought")
    expect(composer(reader)).to_be_focused()
    expect(entries(reader)).to_have_count(2)


def test_a_call_is_logged_and_nothing_said_is_told(browser_of, owner, rest):
    lead = rest.make()
    page = browser_of(owner, f"/leads/{lead}/").page
    page.get_by_label("Call", exact=True).check()
    page.get_by_label("From them").check()
    page.locator("#composer").get_by_role("button", name="Save").click()
    expect(composer(page)).to_have_accessible_description(re.compile("Write something"))
    expect(composer(page)).to_be_focused()
    expect(page.get_by_label("Call", exact=True)).to_be_checked()
    composer(page).fill("They rang back.")
    page.locator("#composer").get_by_role("button", name="Save").click()
    expect(entries(page).first).to_contain_text("logged a call from them")
    expect(page.get_by_label("Comment", exact=True)).to_be_checked()
    assert Interaction.objects.get().direction == "in"


def test_ones_own_comment_is_mended_and_taken_back_in_place(browser_of, owner, rest):
    lead = rest.make()
    page = browser_of(owner, f"/leads/{lead}/").page
    composer(page).fill("They want a ofer.")
    page.keyboard.press("Control+Enter")
    entry = entries(page).first
    entry.get_by_role("link", name="Edit").click()
    expect(entry.get_by_label("Text")).to_be_focused()
    page.keyboard.press("Escape")
    expect(entry.get_by_role("link", name="Edit")).to_be_focused()
    page.keyboard.press("Enter")
    entry.get_by_label("Text").fill("They want an offer.")
    page.keyboard.press("Control+Enter")
    expect(entry).to_contain_text("They want an offer.")
    expect(entry).to_contain_text("edited")
    entry.get_by_role("link", name="Edit").click()
    entry.get_by_role("button", name="Delete").click()
    expect(entries(page)).to_have_count(1)
    assert not Comment.objects.exists()


def test_a_field_is_changed_with_the_keyboard_alone(browser_of, owner, rest):
    lead = rest.make()
    page = browser_of(owner, f"/leads/{lead}/").page
    opener(page, "Company").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Company", exact=True)).to_be_focused()
    page.keyboard.type("Nothing")
    page.keyboard.press("Escape")
    expect(opener(page, "Company")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Company", exact=True)).to_have_value("")
    page.keyboard.type("Analytical Engines")
    page.keyboard.press("Enter")
    expect(opener(page, "Company")).to_have_text(re.compile("Analytical Engines"))
    expect(opener(page, "Company")).to_be_focused()
    expect(entries(page).first).to_contain_text("Analytical Engines")

    opener(page, "Email").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("not an address")
    page.keyboard.press("Enter")
    field = page.get_by_label("Email", exact=True)
    expect(field).to_have_accessible_description(re.compile("valid email address"))
    expect(field).to_have_value("not an address")
    expect(field).to_be_focused()
    assert Lead.objects.get().company == "Analytical Engines"


def test_of_two_editors_the_later_sees_both_values_and_chooses(browser_of, owner, manager, rest):
    lead = rest.make(company="Was")
    slow = browser_of(owner, f"/leads/{lead}/", tolerate="status of 409").page
    quick = browser_of(manager, f"/leads/{lead}/").page
    field = slow.get_by_label("Company", exact=True)
    for choice, left in (("Save mine", "Mine"), ("Keep theirs", "Theirs again")):
        opener(slow, "Company").click()
        field.fill("Mine" if choice == "Save mine" else "Mine again")
        opener(quick, "Company").click()
        theirs = "Theirs" if choice == "Save mine" else "Theirs again"
        quick.get_by_label("Company", exact=True).fill(theirs)
        quick.keyboard.press("Enter")
        expect(entries(slow).first).to_contain_text(theirs)  # it came, and took nothing away
        field.press("Enter")
        expect(slow.get_by_text(f"It is now: {theirs}")).to_be_visible()
        expect(field).to_have_value("Mine" if choice == "Save mine" else "Mine again")
        slow.locator("#fact-company").get_by_text(choice).click()
        for page in (slow, quick):
            expect(opener(page, "Company")).to_have_text(re.compile(f"^{left}"))
    assert Lead.objects.get().company == "Theirs again"


def test_a_lead_that_nobody_has_is_claimed(browser_of, owner, teammate, rest):
    lead = rest.make()
    page = browser_of(owner, f"/leads/{lead}/").page
    reader = browser_of(teammate, f"/leads/{lead}/").page
    page.get_by_role("button", name="Claim").click()
    expect(page.get_by_label("Owner", exact=True)).to_have_value(str(owner.pk))
    expect(page.get_by_role("button", name="Claim")).to_have_count(0)
    expect(reader.get_by_role("button", name="Claim")).to_have_count(0)
    expect(reader.get_by_label("Owner", exact=True)).to_have_count(0)


def test_a_task_is_added_completed_and_taken_back(browser_of, owner, rest):
    lead = rest.make()
    page = browser_of(owner, f"/leads/{lead}/").page
    page.keyboard.press("t")
    expect(page.get_by_label("Task", exact=True)).to_be_focused()
    page.keyboard.type("Send the offer")
    page.keyboard.press("Enter")
    complete = page.get_by_role("button", name="Complete Send the offer")
    complete.click()
    page.get_by_role("button", name="Undo Send the offer").click()
    expect(complete).to_be_visible()
    expect(complete).to_be_focused()
    assert Task.objects.get().completed_at is None


def test_an_appointment_that_ends_too_soon_says_so_and_is_mended(browser_of, owner, rest):
    lead = rest.make()
    page = browser_of(owner, f"/leads/{lead}/").page
    page.get_by_text("Add an appointment").click()
    page.get_by_label("Appointment", exact=True).fill("Demo")
    page.get_by_label("Starts").fill("2031-05-04T10:30")
    page.get_by_label("Ends", exact=True).fill("2031-05-04T10:00")
    page.get_by_role("button", name="Add appointment").click()
    expect(page.get_by_label("Ends", exact=True)).to_have_accessible_description(
        re.compile("after it starts")
    )
    expect(page.get_by_label("Appointment", exact=True)).to_have_value("Demo")
    page.get_by_label("Ends", exact=True).fill("2031-05-04T11:00")
    page.get_by_role("button", name="Add appointment").click()
    expect(page.locator("#appointments li")).to_contain_text("Demo")
    has_unread(page, 2)


def test_a_permalink_opens_an_entry_beyond_the_first_page(browser_of, owner, rest, elsewhere):
    lead = Lead.objects.get(pk=rest.make())
    said = elsewhere(lambda: [CommentFactory(lead=lead, body=f"No. {n}") for n in range(40)])
    page = browser_of(owner, f"/leads/{lead.pk}/").page
    expect(entries(page)).to_have_count(30)
    first = elsewhere(lambda: said[0].activity.pk)
    page.goto(f"/leads/{lead.pk}/#entry-{first}")
    expect(page).to_have_url(re.compile(rf"\?entry={first}#entry-{first}$"))
    expect(page.locator(f"#entry-{first}")).to_be_in_viewport()
    is_live(page)
    page.get_by_role("link", name="Back to the newest").click()
    expect(entries(page)).to_have_count(30)
    page.get_by_role("link", name="Changes").click()
    expect(entries(page)).to_have_count(1)


def test_all_of_it_works_without_scripts(browser_of, owner, rest):
    lead = rest.make()
    page = browser_of(owner, f"/leads/{lead}/", java_script_enabled=False).page
    composer(page).fill("They want an offer.")
    page.locator("#composer").get_by_role("button", name="Save").click()
    expect(entries(page).first).to_contain_text("They want an offer.")
    entries(page).first.get_by_role("link", name="Edit").click()
    entries(page).first.get_by_label("Text").fill("They want two.")
    entries(page).first.get_by_role("button", name="Save").click()
    expect(entries(page).first).to_contain_text("They want two.")
    page.get_by_text("Add a task").click()
    page.get_by_label("Task", exact=True).fill("Send it")
    page.get_by_role("button", name="Add task").click()
    page.get_by_role("button", name="Complete Send it").click()
    expect(page.get_by_role("button", name="Undo Send it")).to_be_visible()
    page.get_by_role("button", name="Claim").click()
    expect(page.get_by_role("button", name="Claim")).to_have_count(0)


@pytest.mark.parametrize("merged", [False, True])
def test_what_one_writes_on_a_lead_that_goes_meanwhile_stays_and_one_is_told_where_it_went(
    browser_of, owner, rest, elsewhere, merged
):
    lead, kept = rest.make(), rest.make()
    page = browser_of(owner, f"/leads/{lead}/", tolerate="status of 404").page
    is_live(page)
    composer(page).fill("They want an offer.")
    elsewhere(lambda: gone(lead, kept if merged else None, owner))
    composer(page).press("Control+Enter")
    note = page.locator("#composer [data-failed]")
    expect(note).to_contain_text("Not saved: this lead was")
    expect(note).to_contain_text("What you typed is still here")
    expect(composer(page)).to_have_value("They want an offer.")
    expect(note.get_by_role("link")).to_have_count(1 if merged else 0)
    if merged:
        note.get_by_role("link", name="See the lead that was kept").click()
        expect(page).to_have_url(re.compile(f"/leads/{kept}/$"))


def gone(lead, kept, by):
    with transaction.atomic():
        if kept:
            Merge.objects.merge(*both(kept, lead), (), by=by)
        else:
            Lead.objects.get(pk=lead).delete()


def test_what_one_mends_that_is_deleted_meanwhile_says_so(browser_of, owner, rest, elsewhere):
    lead = rest.make()
    comment = elsewhere(lambda: CommentFactory(lead_id=lead, created_by=owner))
    tolerated = "status of 404|Content Security Policy"  # of Django's page for developers
    path = f"/leads/{lead}/?edit={comment.activity.pk}"
    page = browser_of(owner, path, tolerate=tolerated).page
    words = entries(page).first.get_by_role("textbox")
    words.fill("They want two offers.")
    elsewhere(comment.delete)
    words.press("Control+Enter")
    expect(page.locator("[data-failed]")).to_contain_text("Not saved: it was deleted meanwhile.")
    expect(words).to_have_value("They want two offers.")
