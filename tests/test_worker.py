"""The worker: what nobody did is done, by exactly one of them, and a bad row holds up no other."""

import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from crm.jobs import JOBS
from leads.models import IdempotencyKey
from notifications.jobs import fan_out_overdue
from notifications.models import Event, Inbox, Notification, WorkerProcess
from notifications.models.attempts import BACKOFF
from notifications.worker import Job, Worker
from tests.factories import LeadFactory
from tests.servers import ROOT, environment
from tests.waiting import somebody_waits, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def _nobody_fans_out(monkeypatch):
    """As if the process died between the commit and its hook."""
    monkeypatch.setattr("notifications.models.event.fan_out.wake", lambda: None)


@pytest.fixture
def poisoned(monkeypatch):
    """An event that cannot be delivered, whatever one tries."""
    deliver = Event.notification_for

    def fail(event, user_id):
        if "Poison" in event.message:
            raise ValueError("cannot be told")
        return deliver(event, user_id)

    monkeypatch.setattr(Event, "notification_for", fail)


@pytest.mark.usefixtures("_nobody_fans_out")
def test_an_event_that_nobody_fanned_out_is_overdue_after_two_seconds(owner):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        LeadFactory()
        assert fan_out_overdue() == 0
        clock.shift(1.9)
        assert fan_out_overdue() == 0
        clock.shift(0.2)
        assert fan_out_overdue() == 1

    assert Notification.objects.get().recipient == owner


@pytest.mark.usefixtures("_nobody_fans_out")
@pytest.mark.postgres
def test_eight_racing_workers_deliver_each_event_once(owner, monkeypatch):
    monkeypatch.setattr("notifications.models.event.BATCH_EVENTS", 3)
    LeadFactory.create_batch(60)
    Event.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    counts = []

    def work():
        worker = Worker([Job("overdue events", 1, fan_out_overdue)])
        try:
            while Event.objects.pending().exists():
                worker.due_at.clear()
                worker.due_at["overdue events"] = 0.0
                worker.tick()
            counts.append(1)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(counts) == 8
    assert Notification.objects.values("event").distinct().count() == 60
    assert Notification.objects.count() == Inbox.objects.of(owner).seq == 60
    assert WorkerProcess.objects.alive().count() == 8


def test_a_poisoned_event_backs_off_and_holds_up_no_other(owner, poisoned):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        LeadFactory.create_batch(2)
        bad = LeadFactory(first_name="Poison")
        LeadFactory.create_batch(2)
        assert Notification.objects.count() == 4

        waits = []
        while (event := Event.objects.get(related_lead=bad)).parked_at is None:
            waits.append(event.next_attempt_at - timezone.now())
            assert Event.objects.fan_out() == 0
            clock.shift(waits[-1].total_seconds())
            assert Event.objects.fan_out() == 1
        clock.shift(10**6)
        assert Event.objects.fan_out() == 0

    assert [wait.total_seconds() for wait in waits] == list(BACKOFF)
    assert event.error == "ValueError: cannot be told"
    assert list(Event.objects.parked()) == [event]


def test_a_parked_event_is_delivered_when_somebody_tries_it_again(owner, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(Event, "notification_for", lambda *_: 1 / 0)
        LeadFactory()
    Event.objects.update(parked_at=timezone.now(), next_attempt_at=None, attempts=10)
    assert Event.objects.fan_out() == 0

    assert Event.objects.parked().try_again() == 1
    assert Event.objects.fan_out() == 1
    assert Notification.objects.get().recipient == owner


@pytest.mark.failing_hooks
def test_trouble_of_the_database_is_no_fault_of_an_event(owner, monkeypatch):
    def away(*_):
        raise OperationalError("the server closed the connection")

    with monkeypatch.context() as broken:
        broken.setattr(Event, "notification_for", away)
        LeadFactory()
    assert Event.objects.get().attempts == 0

    assert Event.objects.fan_out() == 1


def test_a_failing_job_costs_no_other_its_turn(caplog):
    done = []
    worker = Worker([Job("bad", 1, lambda: 1 / 0), Job("good", 1, lambda: done.append(1))])
    worker.tick()

    assert done == [1]
    assert "The job 'bad' failed" in caplog.text


def test_a_job_is_done_until_nothing_is_left_and_then_when_it_is_due(monkeypatch):
    now, left, calls = [100.0], [3], []
    monkeypatch.setattr("notifications.worker.monotonic", lambda: now[0])

    def work():
        calls.append(now[0])
        left[0] = max(0, left[0] - 1)
        return left[0]

    worker = Worker([Job("work", 10, work)])
    worker.tick()
    assert len(calls) == 3
    now[0] += 9
    worker.tick()
    assert len(calls) == 3
    now[0] += 1
    worker.tick()
    assert len(calls) == 4


def test_readyz_asks_for_a_worker_that_is_alive(client):
    assert client.get("/readyz").json()["problems"].keys() == {"worker"}
    with time_machine.travel(timezone.now(), tick=False) as clock:
        Worker([]).tick()
        assert client.get("/readyz").status_code == 200
        clock.shift(31)
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "manage.py worker" in answer.json()["problems"]["worker"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_who_asks_for_health_by_address_needs_no_name_of_the_site(path, client, settings):
    settings.ALLOWED_HOSTS = ["crm.example"]
    Worker([]).tick()
    for host, login in (("10.1.2.3:8000", 400), ("crm.example", 200)):
        assert client.get(path, headers={"host": host}).status_code == 200
        assert client.get("/login/", headers={"host": host}).status_code == login


def test_workers_that_are_long_gone_are_forgotten():
    with time_machine.travel(timezone.now(), tick=False) as clock:
        Worker([]).tick()
        clock.shift(2 * 86_400)
        Worker([]).tick()
        assert WorkerProcess.objects.count() == 1


def test_every_job_can_be_done():
    for job in JOBS:
        assert job.work() == 0


def test_expired_idempotency_keys_leave(owner):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        IdempotencyKey.objects.create(user=owner, key="old", fingerprint="x")
        clock.shift(86_401)
        IdempotencyKey.objects.create(user=owner, key="new", fingerprint="x")
        assert IdempotencyKey.objects.forget_expired() == 1
    assert IdempotencyKey.objects.get().key == "new"


@pytest.fixture
def worker_process(tmp_path):
    with (tmp_path / "worker.log").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "worker"],
            cwd=ROOT,
            env=environment(),
            stdout=output,
            stderr=output,
        )
    yield process
    process.kill()
    process.wait()


@pytest.mark.usefixtures("_nobody_fans_out")
def test_the_command_fans_out_what_is_overdue_shows_life_and_ends_in_order(owner, worker_process):
    until(lambda: WorkerProcess.objects.alive().exists())
    LeadFactory()
    until(lambda: Notification.objects.exists())

    worker_process.send_signal(signal.SIGTERM)
    assert worker_process.wait(10) == 0
    assert not WorkerProcess.objects.exists()


@pytest.mark.usefixtures("_nobody_fans_out")
@pytest.mark.postgres
def test_a_worker_killed_in_the_middle_leaves_its_events_to_another(owner, worker_process):
    """It is killed while it holds its claim, waiting for an inbox that this test has locked."""
    until(lambda: WorkerProcess.objects.alive().exists())
    with transaction.atomic():
        Inbox.objects.lock_one(owner.pk)
        in_thread(LeadFactory)
        until(somebody_waits)
        worker_process.kill()
        worker_process.wait()
    assert Notification.objects.count() == 0

    until(lambda: fan_out_overdue() == 1)
    assert Notification.objects.count() == 1


def in_thread(work):
    found = []

    def run():
        found.append(work())
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]
