"""The page on which administrators see how Leadbell runs, and try again what failed."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.operations import delays
from crm.templatetags.durations import lasting
from crm.webhooks.delivery import WebhookDelivery
from crm.webhooks.endpoint import WebhookEndpoint
from leads.models import Delivery, Source
from notifications.models import Event, Inbox, MeasuredProcess, Notification, WorkerProcess
from tests.factories import LeadFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

PAGE, TRY_AGAIN = "/operations/", "/operations/try-again/"
NOW = timezone.now().replace(microsecond=0)


@pytest.fixture
def desk(browser_as, administrator):
    return browser_as(administrator)


@pytest.fixture
def text(desk):
    """``text()``: what the page says, without its markup."""

    def read():
        html = desk.get(PAGE).content.decode()
        shown = html.partition('id="operations"')[2].partition("</main>")[0]
        return " ".join(re.sub(r"<[^>]*>", " ", shown).split())

    return read


@pytest.fixture
def failed(monkeypatch):
    """``failed(n)``: events that nobody could deliver."""

    def make(count=1):
        with monkeypatch.context() as broken:
            broken.setattr("notifications.models.event.fan_out.wake", lambda: None)
            leads = LeadFactory.create_batch(count)
        events = Event.objects.filter(related_lead__in=leads)
        events.update(parked_at=timezone.now(), attempts=10, error="ValueError: no <way>")
        return list(events.order_by("pk"))

    return make


# What it shows


def test_processes_their_sockets_and_what_they_do(text):
    with time_machine.travel(NOW, tick=False) as clock:
        MeasuredProcess.objects.create(role="serve", name="gone:1", sockets=9)
        clock.shift(60)
        MeasuredProcess.objects.create(role="serve", name="web:2", sockets=3)
        MeasuredProcess.objects.create(role="serve", name="web:3", sockets=1)
        MeasuredProcess.objects.create(role="worker", name="dyno:4")
        for name in ("web:3", "dyno:4"):
            WorkerProcess.objects.create(name=name)
        clock.shift(4)
        shown = text()
    assert "Servers 2 Open sockets 4 Workers 2" in shown
    assert re.search(r"gone:1 serves · since [^·]* silent for 1 min", shown)
    assert re.search(r"web:2 serves · 3 sockets · since [^·]* alive 4.0 s ago", shown)
    assert re.search(r"web:3 serves and works · 1 socket · since", shown)
    assert re.search(r"dyno:4 works · since", shown)
    assert "No worker" not in shown


def test_what_waits_and_what_failed(text, failed, monkeypatch):
    assert "No worker gives a sign of life" in text()
    assert "None. What fails is tried ten times" in text()
    (event,) = failed()
    Event.objects.update(request_id="a-request-of-somebody")
    monkeypatch.setattr("notifications.models.event.fan_out.wake", lambda: None)
    with time_machine.travel(NOW, tick=False) as clock:
        LeadFactory.create_batch(2)
        clock.shift(90)
        shown = text()
    assert "1 event failed and waits for somebody to look." in shown
    assert "Events that wait 2 oldest 1 min" in shown
    assert f"{event.get_kind_display()} {event.pk} given up" in shown
    assert "· a-request-of-somebody ValueError: no &lt;way&gt;" in shown


def test_deliveries_by_state(text):
    source = Source.objects.create(name="Site")
    for state in ("made", "made", "failed"):
        Delivery.objects.create(source=source, state=state)
    assert "waiting 0 made a lead 2 failed 1" in text()


def test_webhooks_by_state(text, administrator):
    hook = WebhookEndpoint.objects.create(owner=administrator, url="https://a.example/", events=[])
    WebhookDelivery.objects.create(endpoint=hook, kind="lead.created", body="", attempts=1)
    assert "waiting 0 failed, is tried again 1 delivered 0 given up 0" in text()


def test_it_fills_itself_anew_before_long(desk):
    assert 'id="operations" data-live="" data-every="10"' in desk.get(PAGE).content.decode()


def test_it_takes_as_many_queries_for_much_as_for_nothing(desk, owner, failed):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(PAGE).status_code == 200
        return len(captured)

    failed(1)
    queries()
    few = queries()
    failed(30)
    LeadFactory.create_batch(9)
    for number in range(9):
        MeasuredProcess.objects.create(role="serve", name=f"host:{number}")
        WorkerProcess.objects.create(name=f"host:{number}")
    assert queries() == few == 13


# How long it took


def test_percentiles_are_of_the_last_hour_by_the_nearest_rank(owner):
    with time_machine.travel(NOW, tick=False) as clock:
        record(seconds=500)
        clock.shift(3601)
        for seconds in range(1, 101):
            record(seconds=seconds / 100)
        record(seconds=None)
        found = delays.pushed()
    assert (found.count, found.there, found.capped) == (101, 100, False)
    assert found.percentiles == {50: 0.5, 95: 0.95, 99: 0.99}


def record(seconds):
    now = timezone.now()
    at = None if seconds is None else now + timedelta(seconds=seconds)
    Event.objects.bulk_create([Event(kind="system", title="Tea", fanned_out_at=now)])
    Event.objects.filter(pk=Event.objects.latest("pk").pk).update(pushed_at=at)


def test_a_client_has_it_when_it_says_so(owner, teammate):
    with time_machine.travel(NOW, tick=False) as clock:
        LeadFactory()
        clock.shift(3)
        Inbox.objects.of(owner).acknowledge(1)
        found = delays.received()
    assert (found.count, found.there) == (2, 1)
    assert found.percentiles == {50: 3.0, 95: 3.0, 99: 3.0}


def test_where_nothing_happened_there_are_dashes(text):
    assert delays.pushed() == (0, 0, False, {})
    assert "Until it was pushed – – – 0 Until a client had it – – – 0" in text()


def test_only_the_latest_are_looked_at(text, monkeypatch, owner):
    monkeypatch.setattr(delays, "LATEST", 2)
    LeadFactory.create_batch(5)
    assert "2 / the latest 2" in text()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "–"), (0, "0 ms"), (0.0124, "12 ms"), (0.9994, "999 ms"), (1, "1.0 s"),
        (1.44, "1.4 s"), (10, "10 s"), (59.9, "59 s"), (60, "1 min"), (7200, "2 h"),
        (200_000, "2 d"),
    ],
)  # fmt: skip
def test_how_long_is_said_in_a_few_characters(seconds, said):
    assert lasting(seconds) == said


# Trying again


def test_one_that_failed_is_tried_again_and_rings(desk, owner, failed):
    first, second = failed(2)
    answer = desk.post(TRY_AGAIN, {"event": first.pk}, follow=True)
    assert "1 event is tried again." in answer.content.decode()
    assert set(Notification.objects.values_list("event", flat=True)) == {first.pk}
    second.refresh_from_db()
    assert second.parked_at is not None


def test_all_that_failed_are_tried_again_at_once(desk, owner, failed):
    failed(3)
    answer = desk.post(TRY_AGAIN, follow=True)
    assert "3 events are tried again." in answer.content.decode()
    assert Notification.objects.filter(recipient=owner).count() == 3
    assert "None. What fails" in answer.content.decode()


def test_what_did_not_fail_is_left_alone(desk, owner, failed):
    (event,) = failed()
    done = LeadFactory().events.get()
    for wanted in (done.pk, 10**18, "x", "-1", "²", "9" * 99, "1 or 1", "\0"):
        answer = desk.post(TRY_AGAIN, {"event": wanted}, follow=True)
        assert "It did not fail, or was tried again already." in answer.content.decode()
    event.refresh_from_db()
    assert event.parked_at is not None
    assert Notification.objects.filter(event=done, recipient=owner).count() == 1


# Who may


@pytest.mark.parametrize("role", ["rep", "manager"])
def test_nobody_else_sees_it_or_tries_again(role, browser_as, failed):
    (event,) = failed()
    browser = browser_as(UserFactory(role=role))
    for refused in (browser.get(PAGE), browser.post(TRY_AGAIN, {"event": event.pk})):
        assert refused.status_code == 403
        assert "Only administrators see how Leadbell runs" in refused.content.decode()
    event.refresh_from_db()
    assert event.parked_at is not None
    assert f'href="{PAGE}"' not in browser.get("/settings/").content.decode()


def test_administrators_are_led_there_and_who_is_signed_out_is_sent_to_sign_in(
    client, desk, administrator
):
    assert f'href="{PAGE}"' in desk.get("/settings/").content.decode()
    for path in (PAGE, TRY_AGAIN):
        assert client.get(path)["Location"] == f"/login/?next={path}"
    assert desk.get(TRY_AGAIN).status_code == desk.post(PAGE).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(administrator, backend="django.contrib.auth.backends.ModelBackend")
    assert strict.post(TRY_AGAIN).status_code == 403
