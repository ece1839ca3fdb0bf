"""The inbox against a model of it: any actions, in any order, and clients that follow them.

The model is a list and a few numbers, without locks, batches or SQL. After every step the two
inboxes of the machine are as their models say, so that nobody's actions move another's inbox.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from django.test import TestCase
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from notifications import realtime, retention
from notifications.models import (
    ArchivedNotification,
    Event,
    Inbox,
    Notification,
    PositionLost,
    Receipt,
)
from storm.copy import Copy
from storm.world import Misses
from tests.factories import LeadFactory, UserFactory

PAGE, BATCH = 3, 2  # rows a number of "mark all" holds, and rows a step of retention takes
READ_DAYS, TOMBSTONE_DAYS = timedelta(days=90), timedelta(days=30)


@dataclass
class Told:
    """What the model knows of one notification, and the object as it was when it arrived."""

    row: Notification
    message: str
    lead: int | None
    seq: int
    read_at: datetime | None = None
    deleted_at: datetime | None = None

    @property
    def shape(self):
        url = f"/leads/{self.lead}/" if self.lead else ""
        return (str(self.row.pk), self.message, self.read_at is not None, self.lead, url, self.seq)


def shape(row):
    """Of a notification as JSON, what the model foretells."""
    return tuple(row[key] for key in ("id", "message", "isRead", "relatedLeadId", "url", "seq"))


class Model:
    """What an inbox should hold."""

    def __init__(self):
        self.seq = self.kept_since = self.delivered = 0
        self.told, self.archived, self.receipts, self.archives = [], set(), set(), True

    def take(self):
        self.seq += 1
        return self.seq

    def arrive(self, row, message, lead):
        self.told.append(Told(row, message, lead, self.take()))

    @property
    def visible(self):
        return [each for each in self.told if each.deleted_at is None]

    @property
    def unread(self):
        return [each for each in self.visible if each.read_at is None]

    def set_read(self, told, read):
        if read != (told.read_at is not None):
            told.read_at, told.seq = timezone.now() if read else None, self.take()

    def delete(self, told):
        if told.deleted_at is None:
            told.deleted_at, told.seq = timezone.now(), self.take()

    def reword(self, told, message):
        told.message, told.seq = message, self.take()

    def mark_all(self):
        for part in _parts(self.unread, PAGE):
            seq = self.take()
            for told in part:
                told.read_at, told.seq = timezone.now(), seq

    def lose_lead(self, lead):
        for told in self.visible:
            if told.lead == lead:
                told.lead, told.seq = None, self.take()

    def retire(self):
        before = timezone.now() - READ_DAYS
        old = [each for each in self.visible if each.read_at and each.read_at < before]
        for part in _parts(sorted(old, key=lambda each: each.read_at), BATCH):
            seq = self.take()
            for told in part:
                told.deleted_at, told.seq = timezone.now(), seq
                self.archived |= {told.message} if self.archives else set()

    def forget(self):
        before = timezone.now() - TOMBSTONE_DAYS
        old = [each for each in self.told if each.deleted_at and each.deleted_at < before]
        self.told = [each for each in self.told if each not in old]
        self.kept_since = max([self.kept_since, *(each.seq for each in old)])

    def acknowledge(self, seq):
        if self.delivered < seq <= self.seq:
            self.delivered = seq
            self.receipts.add(seq)


def _parts(items, size):
    return [items[start : start + size] for start in range(0, len(items), size)]


class Asking:
    """A client without a socket: it holds a position, and a copy that is right up to there."""

    def __init__(self, person):
        self.person, self.copy, self.position = person, {}, 0

    def ask(self, limit, pages=1_000):
        """Up to so many questions; one that was told all holds what a fresh fetch gives."""
        while pages:
            page, pages = self.person.page(self.position, limit), pages - 1
            if page is None:
                self.copy, self.position = self.person.fresh(), self.person.model.seq
                return
            self.copy |= {row["id"]: row for row in page["changed"]}
            for gone in page["removed"]:
                self.copy.pop(gone, None)
            self.position = page["seq"]
            if not page["hasMore"]:
                assert self.position == self.person.model.seq
                assert self.copy == self.person.fresh()
                return


class Person:
    """A user, the model of their inbox, clients that only ask and one that is pushed to."""

    def __init__(self):
        self.user, self.model = UserFactory(), Model()
        self.at_whim, self.at_times = Asking(self), Asking(self)
        self.misses, self.is_reached = Misses(), True
        self.live = Copy(self.user.email, self.misses)
        self.live.load({}, 0, 0)

    @property
    def inbox(self):
        return Inbox.objects.of(self.user)

    def fresh(self):
        return {str(row.pk): row.as_json() for row in Notification.objects.visible_to(self.user)}

    def page(self, since, limit):
        """A page of changes, or None where the model says that the position is lost."""
        if since < self.model.kept_since:
            with pytest.raises(PositionLost):
                self.inbox.changes(since, limit)
            return None
        page = self.inbox.changes(since, limit)
        numbers = [row["seq"] for row in page["changed"]]
        held = len(numbers) + len(page["removed"])
        assert numbers == sorted(numbers)
        assert all(since < number <= page["seq"] for number in numbers)
        assert held <= limit or len(set(numbers)) < 2
        assert page["seq"] > since or not page["hasMore"]
        assert page["unreadCount"] == len(self.model.unread)
        return page

    def hear(self, limit):
        """A heartbeat, or a hello to who comes back."""
        self.live.hear(self.model.seq)
        while self.live.behind:
            page = self.page(self.live.seq, limit)
            if page is None:
                self.live.load(self.fresh(), self.model.seq, len(self.model.unread))
            else:
                self.live.page(page | {"type": "sync"})


people = st.integers(0, 1)
picks = st.integers(0, 50)
limits = st.integers(1, 6)


class InboxMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        self.clock = time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False)
        self.now = self.clock.start()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.people = [Person(), Person()]
        self.number, self.steps, self.leads, self.pending = 0, 0, [], []

    def teardown(self):
        if hasattr(self, "people"):
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)
            self.clock.stop()

    def committed(self):
        """The hooks of what happens within run, and what they push reaches who is reached."""
        return TestCase.captureOnCommitCallbacks(execute=True)

    def pushed(self, batch, then=None):
        by_user = {person.user.pk: person for person in self.people}
        for push in batch:
            if push.seq and by_user[push.user_id].is_reached:
                frame = json.loads(push.text)
                assert frame["seq"] == push.seq
                by_user[push.user_id].live.change(frame)

    def name(self):
        self.number += 1
        return f"N{self.number}"

    def chosen(self, rows, pick):
        return rows[pick % len(rows)] if rows else None

    # What arrives

    def make_lead(self):
        lead = LeadFactory(first_name=self.name(), last_name="", company="")
        self.leads.append(lead)
        self.pending.append([f"{lead.first_name} added to pipeline", lead.pk])

    def arrived(self):
        """All that is pending has reached everybody, oldest first."""
        for message, lead in self.pending:
            for person in self.people:
                arrival = person.model.seq + 1
                row = Notification.objects.get(recipient=person.user, arrival=arrival)
                person.model.arrive(row, message, lead)
        self.pending = []

    @rule()
    def a_lead_is_created(self):
        with self.committed():
            self.make_lead()
        self.arrived()

    @rule(count=st.integers(1, 3))
    def a_lead_is_created_and_the_process_dies(self, count):
        with TestCase.captureOnCommitCallbacks(execute=False):
            for _ in range(count):
                self.make_lead()

    @rule()
    def a_worker_fans_out(self):
        with self.committed():
            while Event.objects.fan_out():
                pass
        self.arrived()

    @rule(who=people, pick=picks, count=st.integers(1, 5))
    def one_is_told(self, who, pick, count):
        person, lead = self.people[who], self.chosen(self.leads, pick)
        url = lead.get_absolute_url() if lead else ""
        rows = [
            Notification(recipient=person.user, message=self.name(), related_lead=lead, url=url)
            for _ in range(count)
        ]
        with self.committed():
            rows[0].save() if count == 1 else Notification.objects.bulk_create(rows)
        for row in rows:
            person.model.arrive(row, row.message, lead and lead.pk)

    # What people do, on objects that are as old as the notification

    @rule(who=people, pick=picks, read=st.booleans())
    def one_is_marked(self, who, pick, read):
        """One that was deleted stays as it is."""
        person = self.people[who]
        if told := self.chosen(person.model.told, pick):
            verb = told.row.mark_read if read else told.row.mark_unread
            if told.deleted_at:
                with pytest.raises(Notification.DoesNotExist):
                    verb()
            else:
                with self.committed():
                    verb()
                person.model.set_read(told, read)

    @rule(who=people, pick=picks)
    def one_is_reworded(self, who, pick):
        """What else the object says is as old as it, and stays as it is stored."""
        person = self.people[who]
        if (told := self.chosen(person.model.told, pick)) and told.deleted_at is None:
            told.row.message = self.name()
            with self.committed():
                told.row.save(update_fields=["message"])
            person.model.reword(told, told.row.message)

    @rule(who=people, pick=picks)
    def one_is_deleted(self, who, pick):
        """Now and then one that was deleted before."""
        person = self.people[who]
        if told := self.chosen(person.model.told, pick):
            with self.committed():
                told.row.delete()
            person.model.delete(told)

    @rule(who=people)
    def all_are_marked(self, who):
        person = self.people[who]
        unread = len(person.model.unread)
        with self.committed():
            assert person.inbox.mark_all_read() == unread
        person.model.mark_all()

    @rule(who=people, back=st.integers(-1, 4))
    def a_client_acknowledges(self, who, back):
        person = self.people[who]
        person.inbox.acknowledge(person.model.seq - back)
        person.model.acknowledge(person.model.seq - back)
        receipts = Receipt.objects.filter(user=person.user).values_list("upto", flat=True)
        assert set(receipts) == person.model.receipts

    @rule(pick=picks)
    def a_lead_is_deleted(self, pick):
        if lead := self.chosen(self.leads, pick):
            self.leads.remove(lead)
            pk = lead.pk
            with self.committed():
                lead.delete()
            for event in self.pending:
                event[1] = None if event[1] == pk else event[1]
            for person in self.people:
                person.model.lose_lead(pk)

    # What time does

    @rule(days=st.sampled_from([20, 31, 91, 91, 125]))
    def time_passes_and_retention_is_at_work(self, days):
        self.now.shift(timedelta(days=days))
        with self.committed():
            while retention.retire_read():
                pass
            while retention.forget_tombstones():
                pass
        for person in self.people:
            person.model.retire()
            person.model.forget()
            archived = ArchivedNotification.objects.filter(recipient=person.user)
            assert set(archived.values_list("message", flat=True)) == person.model.archived

    @rule(who=people, archives=st.booleans())
    def the_archive_is_chosen(self, who, archives):
        Inbox.objects.choose_archive(self.people[who].user, archives)
        self.people[who].model.archives = archives

    # What clients do

    @rule(who=people, limit=limits, pages=st.integers(1, 6))
    def a_client_asks_for_some_pages(self, who, limit, pages):
        self.people[who].at_whim.ask(limit, pages)

    @rule(who=people)
    def a_client_goes_away(self, who):
        self.people[who].is_reached = False

    @rule(who=people, limit=limits)
    def a_client_hears_a_heartbeat_or_comes_back(self, who, limit):
        self.people[who].is_reached = True
        self.people[who].hear(limit)

    @invariant()
    def now_and_then_everybody_asks_until_they_have_all(self):
        self.steps += 1
        if self.steps % 7 == 0:
            for person in self.people:
                person.at_times.ask(limit=1 + self.steps % 4)

    # What always holds

    @invariant()
    def every_inbox_is_as_its_model_says(self):
        for person in self.people:
            inbox, model = person.inbox, person.model
            rows = Notification.objects.visible_to(person.user)
            assert inbox.seq == model.seq
            assert inbox.unread_count == rows.unread().count() == len(model.unread)
            assert (inbox.kept_since, inbox.delivered_seq) == (model.kept_since, model.delivered)
            expected = [told.shape for told in reversed(model.visible)]
            assert [shape(row.as_json()) for row in rows] == expected

    @invariant()
    def who_missed_nothing_holds_what_is_there(self):
        for person in self.people:
            live, model = person.live, person.model
            assert list(person.misses.lines()) == []
            if live.seq == model.seq:
                known = {pk: shape(row | {"seq": 0}) for pk, row in live.rows.items()}
                assert known == {t.shape[0]: (*t.shape[:5], 0) for t in model.visible}
                assert live.unread == len(model.unread)


@pytest.mark.django_db
def test_any_history_leaves_the_inbox_as_the_model_says(monkeypatch):
    monkeypatch.setattr("notifications.models.inbox.PAGE", PAGE)
    monkeypatch.setattr("notifications.models.event.BATCH_EVENTS", 2)
    monkeypatch.setattr("notifications.retention.BATCH", BATCH)
    made = []

    class Machine(InboxMachine):
        def __init__(self):
            super().__init__()
            made.append(self)

    monkeypatch.setattr(realtime, "publish", lambda *batch: made[-1].pushed(*batch))
    run_state_machine_as_test(
        Machine, settings=settings(max_examples=15, stateful_step_count=40, deadline=None)
    )
