"""A window that was away says so, comes back, and knows what it missed."""

import os
import subprocess
import sys
import textwrap

import pytest
from django.conf import settings
from playwright.sync_api import expect

from tests.browser.people import (
    Rest,
    connection,
    has_rung,
    has_unread,
    is_live,
    items,
    listen,
    opened_panel,
    pause,
    toasts,
)
from tests.factories import LeadFactory
from tests.servers import ROOT, _database_url, serving

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What a browser says of a network, or of a server, that is not there.
AWAY = r"ERR_INTERNET_DISCONNECTED|ERR_CONNECTION|Failed to fetch|WebSocket connection"


def test_a_browser_that_was_offline_catches_up(browser_of, owner, rest):
    person = browser_of(owner, "/leads/", tolerate=AWAY)
    rest.make(firstName="Before")
    has_unread(person.page, 1)
    person.context.set_offline(True)
    expect(connection(person.page)).to_have_text("Offline")
    rest.make_and_tell(firstName="During")
    rest.make_and_tell(firstName="During too")
    has_unread(person.page, 1)

    person.context.set_offline(False)
    is_live(person.page)
    expect(toasts(person.page).filter(has_text="You missed 2 while away")).to_have_count(1)
    has_unread(person.page, 3)
    expect(toasts(person.page).filter(has_text="During")).to_have_count(0)
    expect(person.page.get_by_role("row").filter(has_text="During")).to_have_count(2)
    rest.make(firstName="After")
    expect(toasts(person.page).filter(has_text="After")).to_have_count(1)
    has_unread(person.page, 4)


def test_what_other_windows_did_meanwhile_is_known_after(browser_of, owner, rest):
    away, phone = browser_of(owner, tolerate=AWAY), browser_of(owner)
    rest.make()
    item = items(opened_panel(away.page))
    expect(item).to_have_count(1)
    away.context.set_offline(True)
    expect(connection(away.page)).to_have_text("Offline")
    opened_panel(phone.page).get_by_role("button", name="Mark all read").click()
    has_unread(phone.page, 0)

    has_unread(away.page, 1)
    away.context.set_offline(False)
    has_unread(away.page, 0)
    expect(item.get_by_role("button", name="Mark unread")).to_be_attached()
    expect(toasts(away.page).filter(has_text="You missed")).to_have_count(0)


def test_a_page_that_was_rendered_before_the_last_change_is_brought_up_to_date(
    browser_of, owner, rest, server
):
    """While the next page is on its way, the one on screen learns of something that it lacks."""
    page = browser_of(owner).page
    rest.make()
    has_unread(page, 1)

    rendered = page.request.get("/notifications/")
    with Rest(server.base, owner) as own:
        assert own.post("/api/notifications/mark-all-read/").json() == {"count": 1}
    has_unread(page, 0)
    page.context.grant_permissions(["local-network-access"])  # for a page that no server sent
    page.route("**/notifications/", lambda route: route.fulfill(response=rendered), times=1)
    page.goto("/notifications/")
    is_live(page)
    has_unread(page, 0)
    main = page.get_by_role("main")
    expect(items(main)).to_have_count(1)
    expect(main.locator("[data-notification][data-unread]")).to_have_count(0)


def test_tabs_survive_a_restart_of_the_server(browser_of, owner, elsewhere, tmp_path, monkeypatch):
    with serving(tmp_path) as first:
        person = browser_of(owner, at=first, tolerate=AWAY)
        pause(person.page)  # so that only the button tries
        pages = [person.open("/"), person.tab("/leads/")]
    for page in pages:
        expect(connection(page)).to_have_text("Reconnecting…")
    expect(pages[0].get_by_text("next try in")).to_be_visible()
    elsewhere(lambda: LeadFactory(first_name="Ada", last_name="Lovelace"))

    monkeypatch.setattr("tests.servers._free_port", lambda: first.port)
    with serving(tmp_path):
        pages[1].get_by_role("button", name="Try now").click()
        for page in pages:
            is_live(page)
            has_unread(page, 1)
            missed = toasts(page).filter(has_text="You missed 1 while away")
            expect(missed).to_have_count(1)
            expect(missed).to_contain_text("Ada Lovelace added to pipeline")
        page.clock.run_for(1_000)
        expect(page.get_by_role("row").filter(has_text="Ada Lovelace")).to_have_count(1)
        assert person.open_sockets() == 1
        person.leave()


def test_a_rollback_rings_nowhere_and_the_commit_after_it_rings_once(
    browser_of, owner, teammate, server
):
    pages = [listen(browser_of(user, "/leads/").page) for user in (owner, teammate)]
    in_a_shell(
        """
        from django.db import transaction
        from leads.models import Lead
        try:
            with transaction.atomic():
                Lead.objects.create(first_name="Rolled", last_name="Back", phone="555 1234")
                raise ValueError
        except ValueError:
            pass
        Lead.objects.create(first_name="Committed", last_name="Lovelace", phone="555 1234")
        """
    )
    for page in pages:
        has_unread(page, 1)
        has_rung(page, "Committed")
        expect(items(opened_panel(page))).to_have_count(1)
        page.clock.run_for(1_000)
        expect(page.get_by_role("row").filter(has_text="Committed")).to_have_count(1)
        expect(page.get_by_text("Rolled Back")).to_have_count(0)


def in_a_shell(code):
    """Runs ``code`` in ``manage.py shell``, a process of its own."""
    prefix = settings.CHANNEL_LAYERS["default"]["CONFIG"]["prefix"]
    known = {"DATABASE_URL": _database_url(), "REDIS_PREFIX": prefix, "DEBUG": "true"}
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", textwrap.dedent(code)],
        cwd=ROOT,
        env=os.environ | known,
        check=True,
        capture_output=True,
        timeout=60,
    )
