"""Browsers of people, on a real server. One browser program and one server serve the whole run;
every test has people and windows of its own.

Playwright's loop runs in the thread of the test, so what pushes (a lead that is created, say)
goes through the server, or through ``elsewhere``.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from channels.layers import channel_layers
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection, connections
from django.test import Client
from playwright.sync_api import expect, sync_playwright

from crm.models import User
from tests.browser.people import PATIENCE, Person, Rest
from tests.factories import PASSWORD
from tests.servers import serving

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


@pytest.fixture(scope="session", autouse=True)
def _own_groups():
    """Redis's channels know no databases: runs beside each other must not share a name."""
    config = settings.CHANNEL_LAYERS["default"]["CONFIG"]
    config["prefix"] = f"test-browser-{os.getpid()}"
    channel_layers.backends.clear()


@pytest.fixture(scope="session", autouse=True)
def _orm_beside_a_loop():
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE)
    yield
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def chromium():
    program = os.environ.get("CHROMIUM") or None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(django_db_setup, tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def stored_password():
    """Of PASSWORD, as the server stores it: the suite's own cheap hashes mean nothing to it."""
    return PBKDF2PasswordHasher().encode(PASSWORD, "a salt of the tests")


@pytest.fixture
def people(transactional_db):
    """Everybody who has a browser. At the end their windows close, the server comes to rest, so
    that the tables can be emptied, and what went wrong in a window fails the test."""
    everybody = []
    yield everybody
    for person in everybody:
        person.leave()
    _rest()
    problems = [problem for person in everybody for problem in person.problems()]
    assert not problems, "\n".join(problems)


@pytest.fixture
def visit(chromium, server, people):
    """``visit()`` is a browser in which nobody is signed in. Options: ``at``, another server;
    ``tolerate``, a pattern of the errors that are part of the test; and a browser context's."""

    def person(at=server, **options):
        people.append(Person(chromium, at.base, **options))
        return people[-1]

    return person


@pytest.fixture
def sign_in(visit, stored_password):
    """``sign_in(user)`` opens a browser and signs in there as people do, by the page."""

    def person(user, **options):
        User.objects.filter(pk=user.pk).update(password=stored_password)
        one = visit(**options)
        one.sign_in(user.email, PASSWORD)
        return one

    return person


@pytest.fixture
def browser_of(visit):
    """``browser_of(user, path)`` opens the page in a browser in which the user is signed in."""

    def person(user, path="/", **options):
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        one = visit(**options)
        one.take_session(client.cookies["sessionid"].value)
        one.open(path)
        return one

    return person


@pytest.fixture
def rest(server, manager):
    """The REST API, as the manager, who has no browser unless the test gives one."""
    with Rest(server.base, manager) as client:
        yield client


@pytest.fixture
def elsewhere():
    """``elsewhere(function)`` gives its answer from a thread without a loop, where pushes go."""

    def run(function):
        with ThreadPoolExecutor(1) as thread:
            try:
                return thread.submit(function).result()
            finally:
                thread.submit(connections.close_all).result()

    return run


def _rest():
    """Waits until no other connection to the database is at work."""
    busy = """SELECT count(*), pg_sleep(0.02) FROM pg_stat_activity
              WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"""
    with connection.cursor() as cursor:
        for _ in range(500):
            cursor.execute(busy)
            if cursor.fetchone()[0] == 0:
                return
    raise AssertionError("The server does not come to rest")
