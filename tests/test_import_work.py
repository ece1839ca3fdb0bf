"""Imports and those who work on them: what is killed, raced for, cancelled or undone loses no row
and doubles none."""

import subprocess
import sys
import threading
from datetime import timedelta
from functools import partial
from itertools import product
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from leads.importing import retention, running
from leads.importing.running import Importer, cancel
from leads.importing.undoing import made_by, touched
from leads.models import FileImport, FilePart, ImportedRow, Lead, Merge, Origin, Tag
from leads.models.file_import import LEASE
from leads.models.lead import LeadQuerySet
from leads.models.storing import _insert, store
from notifications.models import Event, Notification
from notifications.worker import Job, Worker
from tests.factories import CommentFactory, LeadFactory, TaskFactory, UserFactory
from tests.importing import counts, imported, sent, work_off
from tests.servers import ROOT, environment
from tests.waiting import until

everywhere = pytest.mark.django_db(transaction=True)


def rows(count, first=0):
    lines = (f"Person,{n},p{n}@example.org,note {n}" for n in range(first, first + count))
    return "First name,Last name,Email,Note to self\n" + "\n".join(lines) + "\n"


def complete(count) -> bool:
    """Every row made one lead, with its origin."""
    emails = set(Lead.objects.values_list("email", flat=True))
    origins = list(Origin.objects.order_by("row").values_list("row", flat=True))
    return (
        emails == {f"p{n}@example.org" for n in range(count)}
        and Lead.objects.count() == count
        and origins == list(range(2, count + 2))
    )


def worker_process(tmp_path):
    log = (tmp_path / "worker.log").open("a")
    command = [sys.executable, "manage.py", "worker"]
    return subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=log, stderr=log)


@everywhere
@pytest.mark.postgres
def test_workers_that_are_killed_in_the_middle_lose_and_double_no_row(manager, tmp_path):
    row = sent(rows(20_000), by=manager)
    assert row.start("en")
    for share in (0.1, 0.4):
        FileImport.objects.update(leased_until=None)
        process = worker_process(tmp_path)
        until(lambda share=share: Lead.objects.count() > 20_000 * share)
        process.kill()
        process.wait()
    row.refresh_from_db()
    assert row.state == "running"
    assert 0 < row.position < 20_000
    assert row.created == Lead.objects.count() == Origin.objects.count()
    FileImport.objects.update(leased_until=None)

    work_off(row)
    assert (row.state, counts(row)) == ("done", (20_000, 0, 0, 0))
    assert complete(20_000)
    assert Event.objects.get().message == "20,000 leads imported from leads.csv"


@everywhere
@pytest.mark.postgres
def test_two_workers_that_race_without_a_lease_store_each_row_once(manager, at_once, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 50)
    row = sent(rows(1_500), by=manager)
    row.start("en")

    def work():
        importer = Importer()
        while (mine := FileImport.objects.get(pk=row.pk)).state == "running":
            importer.work(mine)
        return True

    at_once(work, work, work)
    row.refresh_from_db()
    assert (row.state, counts(row)) == ("done", (1_500, 0, 0, 0))
    assert complete(1_500)
    assert Event.objects.count() == 1


@everywhere
@pytest.mark.postgres
def test_two_files_of_the_same_people_at_once_make_each_once(manager, at_once, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 50)
    both = [sent(rows(1_000), by=manager, name=name) for name in ("a.csv", "b.csv")]
    for row in both:
        row.start("en")

    def work(row):
        importer = Importer()
        while (mine := FileImport.objects.get(pk=row.pk)).state == "running":
            importer.work(mine)
        return True

    at_once(*(partial(work, row) for row in both))
    for row in both:
        row.refresh_from_db()
    assert Lead.objects.count() == 1_000
    assert sum(row.created for row in both) == sum(row.skipped for row in both) == 1_000


@pytest.mark.django_db
def test_one_worker_is_at_it_until_its_lease_is_over(manager):
    row = sent(rows(3), by=manager)
    row.start("en")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        first, second = uuid4(), uuid4()
        assert FileImport.objects.claim(first) == row
        assert FileImport.objects.claim(second) is None
        assert FileImport.objects.claim(first) == row
        clock.shift(LEASE)
        assert FileImport.objects.claim(second) == row


@pytest.mark.django_db
def test_a_restarted_worker_reads_on(manager, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 4)
    row = sent(rows(10), by=manager)
    row.start("en")
    for _ in range(2):
        Importer().work(FileImport.objects.get(pk=row.pk))
    assert Lead.objects.count() == 8
    assert complete(8)
    work_off(row)
    assert complete(10)


@pytest.mark.django_db
def test_cancelling_keeps_what_is_made_and_rings_for_it(manager, monkeypatch, committing):
    monkeypatch.setattr(running, "BATCH", 4)
    row = sent(rows(10), by=manager)
    row.start("en")
    importer = Importer()
    assert importer.turn() == 1
    with committing():
        assert cancel(row)
    assert not cancel(row)
    assert importer.turn() == 0
    assert (row.state, Lead.objects.count(), FilePart.objects.count()) == ("cancelled", 4, 0)
    assert Notification.objects.get().message == "4 leads imported from leads.csv"
    assert row.undo(by=manager, touched_too=False)
    assert work_off(row).state == "undone"
    assert not Lead.objects.exists()


@pytest.mark.django_db
def test_a_file_that_is_no_table_any_more_stops_with_a_reason(manager, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 100)
    row = imported(rows(150) + 'x,"' + "y\n" * 600_000, by=manager)
    assert row.state == "stopped"
    assert "a quote missing" in row.reason
    assert Lead.objects.count() == row.created == 100
    assert not FilePart.objects.exists()
    assert row.may_be_undone


@pytest.mark.django_db
def test_a_row_that_the_database_does_not_take_fails_alone(manager, monkeypatch):
    from_the_model = LeadQuerySet.store_quietly

    def fail(queryset, leads):
        if any(lead.last_name == "3" for lead in leads):
            raise ValueError("not this one")
        from_the_model(queryset, leads)

    monkeypatch.setattr(LeadQuerySet, "store_quietly", fail)
    row = imported(rows(6), by=manager)
    assert counts(row) == (5, 0, 0, 1)
    assert row.rows.get().number == 5
    assert "could not be stored" in row.rows.get().reason


@pytest.mark.django_db
def test_an_import_that_fails_backs_off_and_is_parked(manager, monkeypatch):
    row = sent(rows(3), by=manager)
    row.start("en")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        with monkeypatch.context() as broken:
            broken.setattr(running, "bring_in", lambda *_: 1 / 0)
            for _ in range(10):
                assert Importer().turn() == 1
                assert Importer().turn() == 0
                clock.shift(4_000)
        row.refresh_from_db()
        assert row.parked_at
        assert not Lead.objects.exists()
        assert row.try_again()
        assert work_off(row).state == "done"


# Undoing


@pytest.mark.django_db
def test_leads_that_somebody_worked_on_stay(manager):
    row = imported(rows(8), by=manager, tags=["fair"])
    leads = list(Lead.objects.order_by("pk"))
    CommentFactory(lead=leads[0])
    TaskFactory(lead=leads[1])
    leads[2].stage = "won"
    leads[2].save(by=manager)
    leads[3].message = "No entry of the timeline tells of this."
    leads[3].save(by=manager)
    Tag.objects.give(leads[4], ["Fair", "key account"])
    Tag.objects.give(leads[5], ["Fair"])  # as the file gave it
    assert set(touched(made_by(row), row)) == set(leads[:5])
    row.undo(by=manager, touched_too=False)
    row = work_off(row)
    assert set(Lead.objects.all()) == set(leads[:5])
    assert (row.state, row.undo_kept) == ("undone", 5)


@pytest.mark.django_db
def test_those_go_too_where_somebody_says_so(manager):
    row = imported(rows(3), by=manager)
    CommentFactory(lead=Lead.objects.first())
    row.undo(by=manager, touched_too=True)
    work_off(row)
    assert not Lead.objects.exists()


@pytest.mark.django_db
def test_a_lead_that_another_was_merged_into_stays_whatever_is_said(manager):
    mine = LeadFactory()
    row = imported(rows(2), by=manager)
    Merge.objects.merge(mine, Lead.objects.get(email="p0@example.org"), (), by=manager)
    row.undo(by=manager, touched_too=True)
    work_off(row)
    assert list(Lead.objects.all()) == [mine]


@pytest.mark.django_db
def test_updated_leads_get_back_what_nobody_changed_since(manager):
    lead = LeadFactory(email="p0@example.org", first_name="Ada", last_name="King")
    Tag.objects.create(lead=lead, name="Mine")
    row = imported(rows(1), by=manager, duplicates="update", tags=["mine", "Fair"])
    lead.refresh_from_db()
    assert (lead.first_name, lead.last_name) == ("Person", "0")
    assert Tag.objects.names(lead) == ["Fair", "Mine"]
    assert lead.origins.exists()
    lead.last_name = "Lovelace"
    lead.save(by=manager)
    row.undo(by=manager, touched_too=False)
    work_off(row)
    lead.refresh_from_db()
    assert (lead.first_name, lead.last_name) == ("Ada", "Lovelace")
    assert Tag.objects.names(lead) == ["Mine"]
    assert not lead.origins.exists()


@pytest.mark.django_db
def test_what_a_lead_has_of_its_own_stays_where_an_updated_one_was_merged_into_it(manager):
    mine = LeadFactory(company="Acme")
    other = LeadFactory(email="p0@example.org", company="")
    file = "Email,Company\np0@example.org,Acme\n"
    row = imported(file, by=manager, duplicates="update")
    other.refresh_from_db()
    assert other.company == "Acme"
    Merge.objects.merge(mine, other, (), by=manager)
    row.undo(by=manager, touched_too=False)
    work_off(row)
    mine.refresh_from_db()
    assert (row.state, mine.company) == ("undone", "Acme")


@pytest.mark.django_db
def test_an_owner_who_is_gone_does_not_come_back(manager):
    gone = UserFactory()
    lead = LeadFactory(email="p0@example.org", owner=gone)
    file = f"Email,Owner\np0@example.org,{manager.email}\n"
    row = imported(file, by=manager, duplicates="update")
    lead.refresh_from_db()
    assert lead.owner == manager
    gone.delete()
    row.undo(by=manager, touched_too=False)
    work_off(row)
    lead.refresh_from_db()
    assert (row.state, lead.owner) == ("undone", None)


@pytest.mark.django_db
def test_undoing_survives_its_worker(manager, monkeypatch):
    monkeypatch.setattr("leads.importing.undoing.BATCH", 3)
    mine = LeadFactory(email="p0@example.org", first_name="Ada")
    row = imported(rows(8), by=manager, duplicates="update")
    row.undo(by=manager, touched_too=False)
    for _ in range(3):  # what was kept with a lead, what it took, and three that were made
        Importer().work(FileImport.objects.get(pk=row.pk))
    assert Lead.objects.count() == 5
    assert work_off(row).state == "undone"
    assert list(Lead.objects.all()) == [mine]
    mine.refresh_from_db()
    assert mine.first_name == "Ada"


@pytest.mark.django_db
def test_after_seven_days_it_is_too_late(manager):
    row = imported(rows(1), by=manager)
    with time_machine.travel(row.ended_at + timedelta(days=7, seconds=-1), tick=False) as clock:
        assert row.may_be_undone
        clock.shift(2)
        assert not row.undo(by=manager, touched_too=False)
    assert Lead.objects.exists()


@pytest.mark.django_db
def test_deleting_what_people_were_told_of_takes_it_off_their_notifications(manager, committing):
    row = imported(rows(2), by=manager)
    lead = Lead.objects.first()
    with committing():
        lead.email = "other@example.org"
        lead.save(by=manager)
    told = Notification.objects.get(related_lead=lead)
    row.undo(by=manager, touched_too=True)
    with committing():
        work_off(row)
    told.refresh_from_db()
    assert (told.related_lead_id, told.url) == (None, "")


# What is kept


@pytest.mark.django_db
def test_what_nobody_went_on_with_goes_after_a_day(manager):
    row, begun = sent(rows(1), by=manager), sent(rows(1), by=manager)
    begun.start("en")
    with time_machine.travel(timezone.now() + timedelta(hours=23), tick=False) as clock:
        retention.forget_abandoned()
        assert FileImport.objects.count() == 2
        clock.shift(3 * 3_600)
        retention.forget_abandoned()
    assert FileImport.objects.get() == begun
    assert FilePart.objects.get().file_import == begun
    assert row.pk != begun.pk


@pytest.mark.django_db
def test_reports_are_kept_for_thirty_days(manager):
    row = imported("Email\nno address\n", by=manager)
    with time_machine.travel(row.ended_at + timedelta(days=29), tick=False) as clock:
        assert retention.forget_reports() == 0
        assert ImportedRow.objects.exists()
        clock.shift(2 * 86_400)
        assert retention.forget_reports() == 1
        assert retention.forget_reports() == 0


# Storing many


@pytest.mark.django_db
@pytest.mark.postgres
def test_copy_and_the_orm_store_the_same(manager):
    at = timezone.now() - timedelta(days=3)
    awkward = ["plain", 'tab\tquote"', "back\\slash \\N", "new\nline\r\n", "Zoë 李 \U0001f600", ""]

    def leads():
        return [
            Lead(first_name="A", email=f"{n}@example.org", message=text, created_at=at,
                 updated_at=at, owner=manager if n % 2 else None)
            for n, text in enumerate(awkward)
        ]  # fmt: skip

    stored = []
    for way in (store, _insert):
        made = leads()
        way(Lead, made)
        way(
            Origin,
            [Origin(lead=lead, fields=[["a", lead.message]], created_at=at) for lead in made],
        )
        assert all(lead.pk and not lead._state.adding for lead in made)
        values = [field.attname for field in Lead._meta.concrete_fields if field.name != "id"]
        there = Lead.objects.filter(pk__in=[lead.pk for lead in made]).order_by("pk")
        origins = Origin.objects.filter(lead__in=there).order_by("pk")
        stored.append((list(there.values(*values)), list(origins.values("fields", "made"))))
    assert stored[0] == stored[1]
    assert [lead["message"] for lead in stored[0][0]] == awkward
    assert stored[0][0][0]["updated_at"] == at
    LeadFactory()  # the sequence of ids was told


# A thread of its own


def test_a_long_job_holds_up_no_other():
    begun, may_end, ticked = threading.Event(), threading.Event(), threading.Event()

    def long():
        begun.set()
        may_end.wait(20)
        return 0

    def short():
        if begun.is_set():
            ticked.set()
        return 0

    worker = Worker([Job("long", 0.01, long, aside=True), Job("short", 0, short)])
    worker._beat = lambda: None
    worker.process.delete = lambda: None
    running_worker = threading.Thread(target=worker.run)
    running_worker.start()
    assert ticked.wait(20)
    worker.stop()
    may_end.set()
    running_worker.join(20)
    assert not running_worker.is_alive()


def test_scores_that_are_reckoned_once_are_those_of_each_by_itself():
    filled = {"source": ("", "Referral", "Fair"), "email": ("", "a@example.org"),
              "phone": ("", "555 1234"), "company": ("", "ABC"), "job_title": ("", "Head"),
              "message": ("", "Hello")}  # fmt: skip
    now = timezone.now()
    ages = (now, now - timedelta(days=2), now - timedelta(days=40))
    fields = [dict(zip(filled, values, strict=True)) for values in product(*filled.values())]
    leads = [Lead(created_at=at, **values) for at in ages for values in fields]
    with time_machine.travel(now, tick=False):
        Lead.first_scores(leads)
        for lead in leads:
            alone = Lead(
                created_at=lead.created_at, **{name: getattr(lead, name) for name in filled}
            )
            alone._first_score()
            assert alone.kept() == lead.kept()
    assert len({lead.score for lead in leads}) > 5
