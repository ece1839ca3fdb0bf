"""One person, many windows: they agree, and share one socket a browser."""

import pytest
from playwright.sync_api import expect

from tests.browser.people import (
    facing,
    has_rung,
    has_unread,
    items,
    listen,
    opened_panel,
    panel,
    toasts,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_what_is_done_in_one_window_is_seen_in_all_of_that_person_and_in_nobody_elses(
    browser_of, owner, teammate, rest
):
    here, phone, other = browser_of(owner), browser_of(owner), browser_of(teammate).page
    own = (here.page, here.tab("/leads/"), phone.page)
    for name in ("Ada", "Grace", "Alan"):
        rest.make(firstName=name)
    for page in own:
        expect(items(opened_panel(page))).to_have_count(3)
    have_unread(own, 3)

    ada = item(own[0], "Ada")
    press(ada, "Mark read")
    have_unread(own, 2)
    for page in own:
        expect(toasts(page).filter(has_text="Ada")).to_have_count(0, timeout=2_000)
    press(ada, "Mark unread")
    have_unread(own, 3)

    press(item(phone.page, "Grace"), "Delete")
    phone.open("/leads/")  # leaving the page ends the time to think again
    have_unread(own[:2], 2)
    opened_panel(phone.page)
    for page in own:
        expect(items(panel(page))).to_have_count(2)
        expect(panel(page).get_by_text("Grace")).to_have_count(0)

    panel(facing(own[1])).get_by_role("button", name="Mark all read").click()
    have_unread(own, 0)
    for page in own:
        expect(toasts(page)).to_have_count(0, timeout=2_000)

    has_unread(other, 3)  # and it is not deaf:
    rest.make(firstName="Fourth")
    has_unread(other, 4)


def have_unread(pages, count):
    for page in pages:
        has_unread(page, count)
        expect(panel(page).locator("[data-notification][data-unread]")).to_have_count(count)


def item(page, name):
    return items(panel(page)).filter(has_text=name)


def press(item, name):
    facing(item.page)
    item.hover()
    item.get_by_role("button", name=name).click()


def test_three_tabs_share_one_socket_and_hand_it_over_without_loss_or_doubles(
    browser_of, owner, rest
):
    person = browser_of(owner)
    tabs = [person.page, person.tab("/leads/"), person.tab("/notifications/")]
    for page in tabs:
        listen(page)
    rest.make(firstName="First")
    for page in tabs:
        has_rung(page, "First")

    (leader,) = person.sockets
    leader.close()
    rest.make(firstName="Second")
    rest.make(firstName="Third")
    left = [page for page in tabs if page is not leader]
    for page in left:
        has_unread(page, 3)
        has_rung(page, "First", "Second", "Third")
    assert len(person.sockets) == 2
    assert person.open_sockets() == 1

    leader = person.sockets[1]
    leader.close()
    (last,) = (page for page in left if page is not leader)
    rest.make(firstName="Fourth")
    has_unread(last, 4)
    has_rung(last, "First", "Second", "Third", "Fourth")
    assert person.open_sockets() == 1


def test_a_leader_that_goes_to_another_page_loses_nothing(browser_of, owner, rest):
    person = browser_of(owner)
    second = listen(person.tab("/leads/"))
    names = ("First", "Second", "Third")
    for name, path in zip(names, ("/settings/", "/notifications/", "/leads/"), strict=True):
        rest.make(firstName=name)
        person.page.goto(path, wait_until="commit")
    for page in (person.page, second):
        has_unread(page, 3)
    expect(toasts(person.page).last).to_contain_text("Third")
    has_rung(second, *names)
    assert person.open_sockets() == 1


def test_a_tab_that_opens_late_stands_where_the_others_do(browser_of, owner, rest):
    person = browser_of(owner)
    rest.make()
    has_unread(person.page, 1)
    late = listen(person.tab("/settings/"))
    has_unread(late, 1)
    expect(toasts(late)).to_have_count(0)  # it came before this tab did
    rest.make(firstName="Grace")
    has_unread(late, 2)
    has_rung(late, "Grace")
    assert len(person.sockets) == 1
