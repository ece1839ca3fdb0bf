"""The small world of the tests: an owner and a teammate who work here, a manager, an
administrator, and an outsider who does not work here any more."""

import logging
import os
import threading

import hypothesis
import pytest
import pytest_asyncio
from asgiref.sync import SyncToAsync
from channels.layers import channel_layers
from django.conf import settings as django_settings
from django.db import connections
from django.test import Client
from rest_framework.test import APIClient

from crm import asgi
from crm.models import User
from crm.webhooks import endpoint
from leads.models import score_rules
from leads.scoring import Rules
from notifications import consumers
from tests.factories import LeadFactory, UserFactory
from tests.sockets import stop_process

FAILED = object()

# Where nobody looks on, the same examples every time: new ones are for who can mend what they find.
hypothesis.settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")


@pytest.fixture(scope="session", autouse=True)
def _own_groups(worker_id):
    """Parallel runs share one Redis: each has groups of its own."""
    config = django_settings.CHANNEL_LAYERS["default"]["CONFIG"]
    if "prefix" in config:
        config["prefix"] = f"test-{worker_id}"
        channel_layers.backends.clear()


@pytest.fixture(scope="session", autouse=True)
def _no_collected_files(tmp_path_factory):
    """Every client looks through what was collected, and a server may be collecting it just now."""
    django_settings.STATIC_ROOT = tmp_path_factory.mktemp("static")


@pytest.fixture(scope="session", autouse=True)
def _close_connections_of_threads(django_db_setup):
    """Async tests reach the database from a thread, whose connection would outlive the database."""
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()
    for handler in asgi.handlers.values():
        handler.close()


@pytest.fixture(autouse=True)
def _cheap_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _default_rules_of_scores():
    """What a process knows of the rules outlives the test that changed them."""
    score_rules.keep(Rules())


@pytest.fixture(autouse=True)
def _no_webhooks():
    """What a process knows of them outlives the test that made one."""
    endpoint.keep(())


@pytest.fixture(autouse=True)
def _no_failing_hooks(caplog, request):
    """robust=True swallows what an on_commit hook raises: here it fails the test."""
    yield
    if request.node.get_closest_marker("failing_hooks"):
        return
    failed = [
        record.getMessage()
        for when in ("setup", "call")
        for record in caplog.get_records(when)
        if record.name == "django.db.backends.base" and record.levelno >= logging.ERROR
    ]
    assert not failed, failed


@pytest_asyncio.fixture
async def in_process(settings, monkeypatch):
    """The application serves in the process of the test (tests/sockets.py)."""
    settings.ALLOWED_HOSTS = ["testserver"]
    monkeypatch.setattr(consumers, "ON_THE_WAY", 0)
    yield
    await stop_process()


@pytest.fixture
def owner(db):
    return UserFactory(email="owner@example.com", first_name="Olga", last_name="Owner")


@pytest.fixture
def teammate(db):
    return UserFactory(email="teammate@example.com", first_name="Tom", last_name="Teammate")


@pytest.fixture
def manager(db):
    return UserFactory(email="manager@example.com", first_name="Mia", role=User.Role.MANAGER)


@pytest.fixture
def administrator(db):
    return UserFactory(email="admin@example.com", first_name="Ada", role=User.Role.ADMIN)


@pytest.fixture
def outsider(db):
    return UserFactory(email="outsider@example.com", first_name="Otto", is_active=False)


@pytest.fixture
def lead(db):
    return LeadFactory(company="ABC Company")


@pytest.fixture
def api_of():
    """A REST client signed in as a user."""

    def client(user):
        api = APIClient()
        api.force_authenticate(user)
        return api

    return client


@pytest.fixture
def api(api_of, owner):
    return api_of(owner)


@pytest.fixture
def browser_as():
    """``browser_as(user)`` is a client in which the user is signed in."""

    def client(user):
        browser = Client()
        browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return browser

    return client


@pytest.fixture
def page(browser_as, owner):
    """A browser without JavaScript, signed in as the owner."""
    return browser_as(owner)


@pytest.fixture
def committing(django_capture_on_commit_callbacks):
    """``with committing():`` runs the on_commit hooks of what happens within."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def at_once():
    """``at_once(*acts)``: what each returns, in a thread and with a connection of its own."""

    def run_all(*acts):
        found = [FAILED] * len(acts)

        def run(place):
            try:
                found[place] = acts[place]()
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert FAILED not in found
        return found

    return run_all
