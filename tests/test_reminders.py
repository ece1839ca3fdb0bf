"""Reminders: each rings once, at its time or as soon as there is a worker, for whom it concerns."""

import subprocess
import sys
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.jobs import ring_reminders
from leads.models import Appointment, Lead, Task
from notifications.models import Event, Notification
from notifications.sentences import message_of, title_of
from tests.factories import AppointmentFactory, LeadFactory, TaskFactory
from tests.servers import ROOT, environment
from tests.waiting import somebody_waits, until

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)
REMINDED = "Send the offer for John Doe at 2026-03-02 10:00 UTC"
MET = "Demo with John Doe at 2026-03-02 10:00 UTC"


@pytest.fixture
def clock():
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def work(committing):
    """The worker's turn; what it rang is delivered."""

    def turn():
        with committing():
            return ring_reminders()

    return turn


def at(hour, minute=0, day=2):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def rung(*people):
    """What reminded somebody, in order: ``(first name, title, message)``."""
    rows = Notification.objects.filter(type="event", title__in=("Appointment", "Task Due"))
    rows = rows.order_by("recipient__email", "seq")
    rows = rows.filter(recipient__in=people) if people else rows
    return [(row.recipient.first_name, row.title, row.message) for row in rows]


def due_at_ten(**fields):
    fields = {"lead": LeadFactory(), "due_at": at(10), "remind_minutes_before": 60} | fields
    return TaskFactory(**fields)


def appointment_at_ten(**fields):
    times = {"starts_at": at(10), "ends_at": at(11), "remind_minutes_before": 15}
    appointment = AppointmentFactory(**times | fields)
    Event.objects.all().delete()  # that it was made is told elsewhere
    return appointment


# For whom


def test_a_task_reminds_its_assignee_once_and_nobody_else(clock, work, owner, teammate, manager):
    task = due_at_ten(assignee=teammate, created_by=owner)
    assert task.ring_at == at(9)
    clock.move_to(at(8, 59))
    assert work() == 0
    clock.move_to(at(9))
    assert work() == 1
    assert rung() == [("Tom", "Task Due", REMINDED)]
    row = Notification.objects.get(type="event")
    assert (row.related_lead, row.url, row.actor) == (task.lead, f"/leads/{task.lead_id}/", None)
    clock.move_to(at(12))
    assert work() == 0
    assert len(rung()) == 1


@pytest.mark.parametrize("gone", [0, 1, 2, 3])
def test_of_a_task_without_who_does_it_the_next_concerned_is_reminded(
    gone, clock, work, owner, teammate, manager, outsider
):
    """Whose the lead is, then who made it; who left is passed over."""
    people = [teammate, owner, manager]
    for person in people[:gone]:
        person.is_active = False
        person.save()
    task = due_at_ten(
        assignee=teammate, lead=LeadFactory(owner=owner, created_by=outsider), created_by=manager
    )
    clock.move_to(at(9))
    work()
    assert [name for name, _, _ in rung()] == [person.first_name for person in people[gone:][:1]]
    task.refresh_from_db()
    assert task.ring_at is None


def test_an_appointment_reminds_everybody_who_works_here(clock, work, owner, teammate, outsider):
    appointment_at_ten(created_by=owner)
    clock.move_to(at(9, 44))
    assert work() == 0
    clock.move_to(at(9, 45))
    assert work() == 1
    assert rung() == [(name, "Appointment", MET) for name in ("Olga", "Tom")]
    assert work() == 0


def test_how_it_is_told_when_there_is_no_due_date(clock, work, owner):
    due_at_ten(due_at=None, remind_minutes_before=None, remind_at=at(9, 30), assignee=owner)
    clock.move_to(at(9, 30))
    work()
    assert rung() == [("Olga", "Task Due", "Send the offer for John Doe at 2026-03-02 09:30 UTC")]


# Exactly once


def test_what_was_due_while_no_worker_ran_is_rung_late_and_in_order(clock, work, owner):
    for title, minutes in (("Second", 30), ("First", 60), ("Third", 0)):
        due_at_ten(title=title, assignee=owner, remind_minutes_before=minutes)
    clock.move_to(at(10, day=5))
    assert work() == 3
    assert [message.split()[0] for _, _, message in rung()] == ["First", "Second", "Third"]
    assert work() == 0


@pytest.mark.parametrize("make", [due_at_ten, appointment_at_ten])
def test_who_saves_what_they_read_before_it_rang_does_not_ring_it_again(make, clock, work, owner):
    row = make(created_by=owner)
    early = type(row).objects.get(pk=row.pk)
    clock.move_to(at(9, 50))
    assert work() == 1
    early.title = "Renamed"
    early.save(by=owner)
    assert work() == 0
    row.refresh_from_db()
    assert (row.title, row.ring_at) == ("Renamed", None)


def test_a_turn_rings_a_batch_and_the_next_turns_the_rest(clock, work, owner):
    lead = LeadFactory()
    for minutes in range(7):
        due_at_ten(lead=lead, assignee=owner, remind_minutes_before=minutes)
    clock.move_to(at(11))
    assert [Task.objects.ring(batch=3) for _ in range(4)] == [3, 3, 1, 0]
    assert Event.objects.filter(kind="event").count() == 7


def test_what_is_rolled_back_is_not_rung_and_rings_at_the_next_turn(
    clock, work, owner, monkeypatch
):
    due_at_ten(assignee=owner)
    due_at_ten(assignee=owner, title="Call")
    clock.move_to(at(9))
    tell, told = Task.tell_reminder, []

    def die(task):
        tell(task)
        told.append(task)
        if len(told) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(Task, "tell_reminder", die)
        with pytest.raises(KeyboardInterrupt):
            ring_reminders()
    assert Event.objects.filter(kind="event").count() == 0
    assert work() == 2
    assert len(rung(owner)) == 2


def test_what_is_done_or_deleted_rings_for_nobody(clock, work, owner):
    lead = LeadFactory(owner=owner)
    done, deleted, with_lead, stays = (due_at_ten(assignee=owner, lead=lead) for _ in range(4))
    elsewhere = LeadFactory()
    Task.objects.filter(pk=with_lead.pk).update(lead=elsewhere)
    cancelled = appointment_at_ten(lead=lead)
    done.complete(by=owner)
    deleted.delete(by=owner)
    cancelled.delete(by=owner)
    elsewhere.delete()
    clock.move_to(at(12))
    assert work() == 1
    assert rung() == [("Olga", "Task Due", REMINDED)]
    stays.refresh_from_db()
    assert stays.ring_at is None


def test_a_reminder_that_passed_while_the_task_was_done_stays_silent(clock, work, owner):
    passed, ahead = due_at_ten(assignee=owner), due_at_ten(assignee=owner, title="Later")
    for task in (passed, ahead):
        task.complete(by=owner)
    clock.move_to(at(8, 30))
    _reopen(ahead, owner)
    clock.move_to(at(9, 30))
    _reopen(passed, owner)
    assert work() == 1
    assert rung() == [("Olga", "Task Due", REMINDED.replace("Send the offer", "Later"))]


def _reopen(task, by):
    task.refresh_from_db()
    task.mark(completed=False)
    task.save(by=by)


# Armed anew


def test_a_relative_reminder_moves_with_the_due_date_and_rings_again(clock, work, owner):
    task = due_at_ten(assignee=owner)
    task.due_at = at(12)
    task.save(by=owner)
    clock.move_to(at(9, 30))
    assert work() == 0
    clock.move_to(at(11))
    assert work() == 1
    task.refresh_from_db()
    task.due_at = at(10, day=3)
    task.save(by=owner)
    clock.move_to(at(9, day=3))
    assert work() == 1
    assert len(rung()) == 2


@pytest.mark.parametrize(
    "change", [{"starts_at": at(10, 30)}, {"remind_minutes_before": 0}], ids=["time", "minutes"]
)
def test_an_appointment_that_was_moved_rings_anew(change, clock, work, owner):
    appointment = appointment_at_ten()
    clock.move_to(at(9, 50))
    assert work() == 1
    appointment.refresh_from_db()
    for name, value in change.items():
        setattr(appointment, name, value)
    appointment.save(by=owner)
    assert work() == 0
    clock.move_to(appointment.reminds_at)
    assert work() == 1
    assert len(rung(owner)) == 2


def test_an_appointment_that_is_nearer_than_its_reminder_rings_none(clock, work, owner):
    """That it was made has rung just now."""
    near = appointment_at_ten(starts_at=at(8, 5), ends_at=at(9), remind_minutes_before=10)
    assert (near.remind_minutes_before, near.ring_at) == (10, None)
    clock.move_to(at(8, 30))
    assert work() == 0
    moved = appointment_at_ten()
    moved.starts_at = at(8, 35)
    moved.save(by=owner)
    assert work() == 0
    assert rung() == []


@pytest.mark.parametrize("field", ["title", "assignee"])
def test_what_moves_no_reminder_arms_none(field, clock, work, owner, teammate):
    task = due_at_ten(assignee=owner)
    clock.move_to(at(9))
    work()
    task.refresh_from_db()
    setattr(task, field, {"title": "Other", "assignee": teammate}[field])
    task.save(by=owner)
    assert work() == 0


# Snooze


def test_a_snoozed_reminder_comes_again_once(clock, work, owner):
    task = due_at_ten(assignee=owner)
    clock.move_to(at(9))
    work()
    task.snooze(at(9, 10))
    assert work() == 0
    clock.move_to(at(9, 10))
    assert work() == 1
    assert work() == 0
    assert rung() == [("Olga", "Task Due", REMINDED)] * 2


def test_snoozing_puts_off_what_has_not_rung_and_a_new_date_takes_its_place(clock, work, owner):
    task = due_at_ten(assignee=owner)
    task.snooze(at(9, 30))
    clock.move_to(at(9))
    assert work() == 0
    task.refresh_from_db()
    task.due_at = at(11)
    task.save(by=owner)
    clock.move_to(at(9, 30))
    assert work() == 0
    clock.move_to(at(10))
    assert work() == 1


def test_a_task_without_a_reminder_can_be_snoozed(clock, work, owner):
    task = due_at_ten(assignee=owner, remind_minutes_before=None)
    task.snooze(at(8, 10))
    task.refresh_from_db()
    task.title = "Renamed"
    task.save(by=owner)
    clock.move_to(at(8, 10))
    assert work() == 1


def test_what_is_done_or_past_cannot_be_snoozed(clock, owner):
    task = due_at_ten()
    for moment in (MORNING, at(7), datetime(2300, 1, 1, tzinfo=UTC)):
        with pytest.raises(ValidationError):
            task.snooze(moment)
    task.complete(by=owner)
    with pytest.raises(ValidationError, match="done already"):
        task.snooze(at(9))
    task.delete(by=owner)
    with pytest.raises(ObjectDoesNotExist):
        task.snooze(at(9))


# A frozen clock through a day, the worker killed in between


def test_a_day_of_reminders_rings_each_once_whenever_a_worker_dies(
    clock, work, owner, teammate, monkeypatch
):
    """Every third turn it is killed before its commit, and between 11 and 13 none runs at all."""
    lead = LeadFactory(owner=owner)
    for number in range(48):
        task = {"due_at": MORNING + timedelta(minutes=20 * number), "remind_minutes_before": 0}
        TaskFactory(lead=lead, title=f"T{number:02}", assignee=teammate, **task)
        if number and number % 6 == 0:
            times = {"starts_at": task["due_at"], "ends_at": at(23, 59)}
            appointment_at_ten(lead=lead, title=f"A{number:02}", **times)
    announce, turns, lost = Lead.announce, [0], []

    def die(lead, kind, text, *args, **kwargs):
        announce(lead, kind, text, *args, **kwargs)
        if turns[0] % 3 == 0:
            lost.append(text)
            raise SystemExit

    monkeypatch.setattr(Lead, "announce", die)
    while Task.objects.filter(ring_at__isnull=False).exists():
        clock.shift(timedelta(minutes=7))
        turns[0] += 1
        if not at(11) <= datetime.now(UTC) < at(13):
            with suppress(SystemExit):
                work()
    assert len(lost) > 10
    work()
    told = [message.split()[0] for _, _, message in rung(teammate)]
    assert sorted(told) == sorted(
        [f"T{number:02}" for number in range(48)] + [f"A{number:02}" for number in range(6, 48, 6)]
    )
    assert {message[0] for _, _, message in rung(owner)} == {"A"}
    assert len(rung(owner)) == 7


# What it costs


def test_an_idle_turn_asks_two_questions_and_locks_nothing(clock, work, owner):
    for day in range(3, 20):
        due_at_ten(due_at=at(10, day=day))
    with CaptureQueriesContext(connection) as queries:
        assert ring_reminders() == 0
    asked = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(asked) == 2
    assert not any("FOR " in sql for sql in asked)


@pytest.mark.postgres
@pytest.mark.parametrize("model", [Task, Appointment])
def test_an_index_answers_it(model, clock):
    lead, times = LeadFactory(), {}
    if model is Appointment:
        times = {"starts_at": at(10), "ends_at": at(11)}
    rows = [model(lead=lead, title=f"{n}", **times) for n in range(2_000)]
    rows[0].ring_at = at(10, day=20)
    model._base_manager.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {model._meta.db_table}")
    plan = model.objects.to_ring().order_by("ring_at", "pk")[:50].explain()
    assert f"{model._meta.model_name}_to_ring" in plan


# Several workers, and one that dies


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_four_racing_workers_each_reminder_rings_once(owner, at_once):
    lead = LeadFactory()
    for number in range(60):
        TaskFactory(lead=lead, title=f"T{number}", assignee=owner)
        appointment = AppointmentFactory(lead=lead, title=f"A{number}")
        Appointment.objects.filter(pk=appointment.pk).update(ring_at=MORNING)
    Task.objects.update(ring_at=MORNING)
    Event.objects.all().delete()

    def work():
        count = 0
        while Task.objects.to_ring().exists() or Appointment.objects.to_ring().exists():
            count += Task.objects.ring(batch=7) + Appointment.objects.ring(batch=7)
        return count

    assert sum(at_once(*[work] * 4)) == 120
    texts = [text.split()[0] for text in Event.objects.values_list("message", flat=True)]
    assert sorted(texts) == sorted(f"{kind}{number}" for kind in "TA" for number in range(60))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_worker_does_not_wait_for_who_changes_a_task_and_rings_what_they_made_of_it(
    owner, at_once
):
    task, other = (TaskFactory(assignee=owner, lead=LeadFactory()) for _ in range(2))
    Task.objects.update(ring_at=MORNING)
    with transaction.atomic():
        row = Task.objects.locked(task.pk)
        assert at_once(Task.objects.ring) == [1]
        row.mark(completed=True)
        row.save(by=owner)
    assert Task.objects.ring() == 0
    other.refresh_from_db()
    assert other.ring_at is None


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_workers_that_are_killed_in_the_middle_lose_and_repeat_nothing(owner, tmp_path, at_once):
    """Real processes, each killed with SIGKILL when it has claimed and told the first: it waits to
    name whom it is for, which this test holds up, until at last one may finish."""
    leads = [LeadFactory() for _ in range(3)]
    for number in range(30):
        TaskFactory(lead=leads[number % 3], title=f"T{number}", assignee=owner)
    Event.objects.all().delete()
    Task.objects.update(ring_at=MORNING)
    for _ in range(2):
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE notifications_addressee IN SHARE MODE")
            with _worker(tmp_path) as process:
                until(somebody_waits)
                process.kill()
                process.wait()
        until(lambda: not at_once(_others)[0])  # the database has noticed
        assert Task.objects.to_ring().count() == 30
        assert not Event.objects.exists()
    with _worker(tmp_path):
        until(lambda: Notification.objects.filter(type="event").count() == 30)
        until(lambda: not Task.objects.to_ring().exists())
    told = Notification.objects.filter(type="event", recipient=owner)
    assert sorted(row.message.split()[0] for row in told) == sorted(f"T{n}" for n in range(30))


def _others():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_class ON pg_class.oid = relation "
            "WHERE relname = 'notifications_addressee' AND mode = 'RowExclusiveLock'"
        )
        return cursor.fetchone()[0]


@contextmanager
def _worker(folder):
    with (folder / "worker.log").open("a") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "worker"],
            cwd=ROOT,
            env=environment(),
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_pages_tell_it_in_the_zone_of_who_reads_it():
    told = Notification(type="event", title="Task Due", message=REMINDED)
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert message_of(told) == "Send the offer for John Doe at 2 Mar 2026, 11:00"
    assert title_of(told) == "Task Due"
