"""/metrics: whoever has the token learns from any process what all of them counted."""

import asyncio
import re
import signal
from datetime import timedelta

import httpx
import pytest
import time_machine
from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from crm.webhooks.delivery import WebhookDelivery
from crm.webhooks.endpoint import WebhookEndpoint
from leads.models import Delivery, Source
from notifications import metrics, sockets
from notifications.jobs import take_leave_of_silent
from notifications.measuring import Measuring
from notifications.models import Event, MeasuredProcess, Notification
from notifications.worker import Worker
from tests.factories import LeadFactory
from tests.importing import imported
from tests.servers import ROOT, RunningServer, serving
from tests.sockets import Socket, tokens
from tests.test_server import connect, frame, post_lead
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "a-token-of-the-tests"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def scrape(client, settings):
    """``scrape()``: each sample's value, by its name; by name and labels where it has some."""
    settings.METRICS_TOKEN = TOKEN
    return lambda: samples(client.get("/metrics", headers=HEADERS).content.decode())


def samples(text):
    return {
        sample.name + "".join(f"[{value}]" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def measuring():
    """As in a process that serves, from now on."""
    measuring = Measuring()
    measuring.begin("serve")
    return measuring


# Who may


def test_without_a_token_in_the_environment_there_is_no_such_page(client, settings):
    settings.METRICS_TOKEN = ""
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer"}, HEADERS):
        assert client.get("/metrics", headers=headers).status_code == 404


def test_only_the_token_opens_it(client, scrape, browser_as, administrator):
    bad = "Bearer x", "Bearer ümläut", "Bearer \ud800", "Bearer \0", "Bearer " * 99
    for value in ("", "Bearer", f"Basic {TOKEN}", TOKEN, *bad):
        value = value.encode("utf-8", "surrogatepass").decode("latin1")
        assert client.get("/metrics", HTTP_AUTHORIZATION=value).status_code == 404
    assert browser_as(administrator).get("/metrics").status_code == 404
    answer = client.get("/metrics", headers=HEADERS)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "no-store" in answer["Cache-Control"]
    assert client.post("/metrics", headers=HEADERS).status_code == 405


# What it says


def test_a_lead_is_counted_with_its_notifications_and_how_long_they_took(
    scrape, measuring, owner, teammate
):
    measuring.beat()
    before = scrape()
    LeadFactory()
    measuring.beat()
    after = scrape()
    grown = {name: after[name] - before[name] for name in after}
    assert grown["leadbell_leads_created_total"] == 1
    assert grown["leadbell_events_fanned_out_total"] == 1
    assert grown["leadbell_notifications_stored_total"] == 2
    for name in ("fan_out", "push", "delivery"):
        assert grown[f"leadbell_{name}_seconds_count"] == 1
        assert grown[f"leadbell_{name}_seconds_bucket[30.0]"] == 1
        assert 0 < grown[f"leadbell_{name}_seconds_sum"] < 30


def test_a_happening_that_is_no_lead_is_an_event_alone(scrape, measuring, owner):
    Event.objects.create(kind="system", title="Tea")
    measuring.beat()
    after = scrape()
    assert after["leadbell_events_fanned_out_total"] == 1
    assert after["leadbell_leads_created_total"] == 0


def test_the_leads_of_a_file_are_counted_though_it_rings_once(scrape, measuring, owner, manager):
    imported("Name,E-mail\nAda,ada@example.org\nAlan,alan@example.org\n", by=manager)
    measuring.beat()
    after = scrape()
    assert after["leadbell_leads_created_total"] == 2
    assert after["leadbell_events_fanned_out_total"] == 1


def test_what_was_rolled_back_is_not_counted(scrape, measuring, owner, monkeypatch):
    monkeypatch.setattr("notifications.models.event.fan_out.wake", lambda: None)
    LeadFactory()
    with monkeypatch.context() as broken:
        broken.setattr(Event, "notification_for", lambda *_: 1 / 0)
        Event.objects.fan_out()
    measuring.beat()
    failed = scrape()
    assert failed["leadbell_fan_outs_failed_total"] == 1
    assert failed["leadbell_events_fanned_out_total"] == 0
    Event.objects.try_again()
    Event.objects.fan_out()
    measuring.beat()
    assert scrape()["leadbell_events_fanned_out_total"] == 1


def test_events_that_wait_or_failed_and_a_worker_that_is_silent(scrape, owner, monkeypatch):
    monkeypatch.setattr("notifications.models.event.fan_out.wake", lambda: None)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        Worker([]).tick()
        LeadFactory.create_batch(3)
        Event.objects.filter(pk=Event.objects.first().pk).update(parked_at=timezone.now())
        clock.shift(7)
        found = scrape()
        assert found["leadbell_events_pending"] == 2
        assert found["leadbell_events_oldest_seconds"] == pytest.approx(7)
        assert found["leadbell_events_parked"] == 1
        assert (found["leadbell_workers"], found["leadbell_worker_silent_seconds"]) == (1, 7)
        clock.shift(60)
        assert scrape()["leadbell_workers"] == 0
    Event.objects.update(parked_at=None)
    Event.objects.fan_out()
    found = scrape()
    assert found["leadbell_events_pending"] == found["leadbell_events_oldest_seconds"] == 0
    assert found["leadbell_events_parked"] == 0


def test_without_any_worker_ever_its_silence_is_no_figure(scrape):
    found = scrape()
    assert found["leadbell_workers"] == 0
    assert "leadbell_worker_silent_seconds" not in found


def test_deliveries_by_state_also_those_there_are_none_of(scrape):
    source = Source.objects.create(name="Site")
    for state in ("made", "made", "failed"):
        Delivery.objects.create(source=source, state=state)
    found = scrape()
    assert found["leadbell_deliveries[made]"] == 2
    assert found["leadbell_deliveries[failed]"] == 1
    assert found["leadbell_deliveries[waiting]"] == 0


def test_webhooks_by_state_as_their_log_calls_it(scrape, manager):
    hook = WebhookEndpoint.objects.create(owner=manager, url="https://hook.example/", events=[])
    now = timezone.now()
    for state, fields in {
        "waiting": {},
        "trying": {"attempts": 2},
        "delivered": {"attempts": 1, "delivered_at": now},
        "failed": {"attempts": 10, "parked_at": now},
    }.items():
        row = WebhookDelivery.objects.create(endpoint=hook, kind="lead.created", body="", **fields)
        assert row.state == state
    WebhookDelivery.objects.create(endpoint=hook, kind="lead.created", body="")
    found = scrape()
    assert found["leadbell_webhook_deliveries[waiting]"] == 2
    for state in ("trying", "delivered", "failed"):
        assert found[f"leadbell_webhook_deliveries[{state}]"] == 1


def test_it_takes_as_many_queries_for_many_processes_as_for_none(scrape):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            scrape()
        return len(captured)

    few = queries()
    for number in range(9):
        MeasuredProcess.objects.create(name=f"host:{number}", role="serve", figures={"x": 1})
    assert queries() == few == 7


def test_every_metric_is_documented_and_only_those(scrape):
    Worker([]).tick()
    exposed = {re.sub(r"_(total|bucket|count|sum)(\[.*)?$|\[.*$", "", name) for name in scrape()}
    page = (ROOT / "docs" / "operations.md").read_text()
    documented = set(re.findall(r"^\| `(leadbell_\w+?)(?:_total)?`", page, re.MULTILINE))
    assert len(exposed) > 15
    assert documented == exposed


def test_counting_takes_no_query(owner, django_assert_num_queries):
    with django_assert_num_queries(0):
        metrics.leads_created.add()
        metrics.delivery_seconds.observe(0.01, 0.02)
        metrics.figures()


def test_what_takes_longest_and_shortest_has_a_bucket_too():
    histogram = metrics.Histogram("x", "X.")
    histogram.observe(0, 0.0025, 0.0026, 30, 31, 10**9)
    figures = histogram.figures()
    assert (figures["x/0.0025"], figures["x/0.005"]) == (2, 1)
    assert (figures["x/30"], figures["x/+Inf"]) == (1, 2)


# Healing


@pytest.mark.usefixtures("in_process")
async def test_a_round_that_finds_a_socket_which_missed_something_is_counted(owner, monkeypatch):
    async with Socket((await sync_to_async(tokens)(owner))["access"]) as socket:
        before = metrics.figures()
        await sockets.beat()
        assert (await socket.next())["type"] == "heartbeat"
        with monkeypatch.context() as lost:
            lost.setattr("notifications.realtime.publish", lambda *_: None)
            await sync_to_async(tell)(owner)
        await sockets.beat()
        assert (await socket.next())["type"] == "sync"
        counted = metrics.difference(metrics.figures(), before)
        assert counted["leadbell_heartbeat_rounds"] == 2
        assert counted["leadbell_healing_rounds"] == counted["leadbell_sockets_healed"] == 1


def tell(user):
    return Notification.objects.create(recipient=user, type="system", title="Tea")


# What is written down


def test_figures_are_written_once_however_often_a_process_shows_life(measuring, scrape):
    metrics.rounds.add(3)
    for _ in range(3):
        measuring.beat()
    assert scrape()["leadbell_heartbeat_rounds_total"] == 3
    metrics.rounds.add()
    measuring.beat()
    assert scrape()["leadbell_heartbeat_rounds_total"] == 4
    assert MeasuredProcess.objects.count() == 1


def test_what_could_not_be_written_is_written_with_the_next(measuring, scrape, monkeypatch, caplog):
    measuring.beat()
    metrics.rounds.add()
    with monkeypatch.context() as broken:

        def away(*_, **__):
            raise DatabaseError("it is away, and here is its password")

        broken.setattr("notifications.models.measured.MeasuredQuerySet.update", away)
        measuring.beat()
    assert "could not be written: DatabaseError" in caplog.text
    assert "password" not in caplog.text
    assert scrape()["leadbell_heartbeat_rounds_total"] == 0
    measuring.beat()
    assert scrape()["leadbell_heartbeat_rounds_total"] == 1


def test_the_sums_do_not_shrink_when_a_process_ends(measuring, scrape):
    metrics.rounds.add(2)
    measuring.beat(5)
    assert scrape()["leadbell_sockets"] == 5
    metrics.rounds.add()
    measuring.end()
    measuring.end()
    found = scrape()
    assert found["leadbell_heartbeat_rounds_total"] == 3
    assert found["leadbell_sockets"] == found["leadbell_servers"] == 0


def test_a_command_leaves_what_it_counted_when_it_ends_and_nothing_if_it_counted_nothing(scrape):
    command = Measuring()
    command.kept = metrics.figures()
    command.end()
    assert not MeasuredProcess.objects.exists()
    metrics.leads_created.add(9)
    command.end()
    assert scrape()["leadbell_leads_created_total"] == 9


def test_a_process_that_was_killed_counts_no_sockets_and_is_taken_leave_of(measuring, scrape):
    metrics.rounds.add(2)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        measuring.beat(7)
        clock.shift(31)
        assert scrape()["leadbell_sockets"] == 0
        assert take_leave_of_silent() == 0
        clock.shift(timedelta(hours=1))
        assert take_leave_of_silent() == 1
        assert take_leave_of_silent() == 0
        assert scrape()["leadbell_heartbeat_rounds_total"] == 2

        metrics.rounds.add()
        measuring.beat(7)  # it had only been frozen
        found = scrape()
        assert found["leadbell_heartbeat_rounds_total"] == 3
        assert (found["leadbell_sockets"], found["leadbell_servers"]) == (7, 1)


def test_processes_that_end_at_once_leave_all_they_counted(at_once, scrape):
    for number in range(8):
        figures = {metrics.rounds.name: 1}
        MeasuredProcess.objects.create(name=f"host:{number}", role="serve", figures=figures)
    rows = [MeasuredProcess.objects.filter(name=f"host:{number}") for number in range(8)]
    at_once(*(row.take_leave for row in rows))
    assert scrape()["leadbell_heartbeat_rounds_total"] == 8


# Real processes


@pytest.mark.redis
@pytest.mark.postgres
async def test_either_of_two_servers_answers_for_both_and_for_one_that_was_killed(tmp_path, owner):
    token = (await sync_to_async(tokens)(owner))["access"]
    starting = [RunningServer(tmp_path, METRICS_TOKEN=TOKEN) for _ in range(2)]
    first, second = [await asyncio.to_thread(each.wait) for each in starting]
    try:
        async with connect(first, token) as one, connect(second, token) as another:
            for server in (first, second, first):
                assert (await post_lead(server, token)).status_code == 201
            for socket in (one, another):
                while (await frame(socket, "notification:created"))["seq"] < 3:
                    pass
            expected = {
                "leadbell_leads_created_total": 3,
                "leadbell_notifications_stored_total": 3,
                "leadbell_delivery_seconds_count": 3,
                "leadbell_sockets": 2,
                "leadbell_servers": 2,
            }
            for server in (first, second):
                await comes_to(server, expected)
        second.process.send_signal(signal.SIGKILL)
        second.process.wait()
        counted = {name: n for name, n in expected.items() if name.endswith(("total", "count"))}
        await comes_to(first, counted)
    finally:
        for each in starting:
            each.stop()


async def comes_to(server, expected):
    """Each process writes down every five seconds what it counted."""
    found = {}
    async with asyncio.timeout(20), httpx.AsyncClient() as client:
        while {name: found.get(name) for name in expected} != expected:
            answer = await client.get(f"{server.base}/metrics", headers=HEADERS)
            found = samples(answer.text)
            await asyncio.sleep(0.2)


def test_a_server_that_ends_leaves_what_it_counted(tmp_path, owner):
    with serving(tmp_path) as server:
        until(MeasuredProcess.objects.alive().exists)
        assert MeasuredProcess.objects.get().role == "serve"
        headers = {"Authorization": f"Bearer {tokens(owner)['access']}"}
        lead = {"firstName": "Jo", "email": "jo@example.org"}
        httpx.post(f"{server.base}/api/leads/", json=lead, headers=headers).raise_for_status()
        until(lambda: Event.objects.filter(pushed_at__isnull=False).exists())
    assert not MeasuredProcess.objects.running().exists()
    assert MeasuredProcess.objects.figures()["leadbell_leads_created"] == 1
