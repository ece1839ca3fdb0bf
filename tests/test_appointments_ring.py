"""Appointments ring when they are made, moved and cancelled, through every door; what is over rings
nobody."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone, translation

from leads.models import Appointment, Lead
from notifications import sentences
from notifications.kinds import Kind
from notifications.models import Notification, Preference, Reason
from notifications.models.preference import Wants
from tests.factories import AppointmentFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 25, 12, tzinfo=UTC)
SOON = datetime(2026, 3, 26, 9, 30, tzinfo=UTC)
LATER = datetime(2026, 3, 27, 14, tzinfo=UTC)
PAST = datetime(2026, 3, 24, 9, 30, tzinfo=UTC)
HALF = timedelta(minutes=30)
MADE = ("Appointment", "Demo with John Doe at 2026-03-26 09:30 UTC")
MOVED = (
    "Appointment Moved",
    "Demo with John Doe at 2026-03-27 14:00 UTC, not 2026-03-26 09:30 UTC",
)
CANCELLED = ("Appointment Cancelled", "Demo with John Doe at 2026-03-26 09:30 UTC")


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


def told(user):
    rows = user.notifications.filter(type="event").order_by("arrival")
    return [(row.title, row.message) for row in rows]


def meet(lead, start=SOON, length=HALF, **fields):
    return AppointmentFactory(lead=lead, starts_at=start, ends_at=start + length, **fields)


# Every door. Each is given the moment to move to, or None to cancel.


def by_rest(world, appointment, start):
    path = f"/api/appointments/{appointment.pk}/"
    if start is None:
        return world["api"].delete(path)
    times = {"startsAt": start.isoformat(), "endsAt": (start + HALF).isoformat()}
    return world["api"].patch(path, times)


def by_page(world, appointment, start):
    path = f"/leads/{appointment.lead_id}/appointments/{appointment.pk}/"
    if start is None:
        return world["page"].post(f"{path}cancel/")
    times = {"starts_at": f"{start:%Y-%m-%dT%H:%M}", "ends_at": f"{start + HALF:%Y-%m-%dT%H:%M}"}
    return world["page"].post(path, {"title": appointment.title} | times)


def by_admin(world, appointment, start):
    path = f"/admin/leads/appointment/{appointment.pk}/"
    if start is None:
        return world["desk"].post(f"{path}delete/", {"post": "yes"})
    end = start + HALF
    times = {"starts_at_0": f"{start:%Y-%m-%d}", "starts_at_1": f"{start:%H:%M}"}
    times |= {"ends_at_0": f"{end:%Y-%m-%d}", "ends_at_1": f"{end:%H:%M}"}
    return world["desk"].post(f"{path}change/", {"title": appointment.title} | times)


every_door = pytest.mark.parametrize("door", [by_rest, by_page, by_admin])


@pytest.fixture
def world(api, page, browser_as, administrator, owner):
    return {"api": api, "page": page, "desk": browser_as(administrator)}


@every_door
def test_one_that_is_moved_rings_for_everybody_with_both_times(
    world, lead, owner, teammate, outsider, committing, door
):
    with committing():
        appointment = meet(lead, created_by=owner)
        assert door(world, appointment, LATER).status_code in (200, 302)
    for person in (owner, teammate):
        assert told(person) == [MADE, MOVED]
    assert told(outsider) == []
    rung = Notification.objects.filter(recipient=owner, title=MOVED[0]).get()
    assert (rung.related_lead, rung.url) == (lead, lead.get_absolute_url())
    assert rung.actor is not None


@every_door
def test_one_that_is_cancelled_rings_for_everybody(
    world, lead, owner, teammate, outsider, committing, door
):
    with committing():
        appointment = meet(lead, created_by=owner)
        assert door(world, appointment, None).status_code in (204, 302)
    for person in (owner, teammate):
        assert told(person) == [MADE, CANCELLED]
    assert told(outsider) == []
    assert not Appointment.objects.exists()


@every_door
@pytest.mark.parametrize("start", [PAST - timedelta(days=1), None])
def test_what_is_over_is_corrected_and_deleted_without_a_word(
    world, lead, owner, committing, door, start
):
    with committing():
        appointment = meet(lead, PAST, created_by=owner)
        door(world, appointment, start)
    assert [title for title, _ in told(owner)] == ["Appointment"]
    assert not Appointment.objects.filter(starts_at=PAST).exists()


@pytest.mark.parametrize(("before", "after"), [(PAST, LATER), (SOON, PAST)])
def test_what_leaves_the_past_or_goes_there_rings(lead, owner, committing, before, after):
    with committing():
        appointment = meet(lead, before)
        appointment.starts_at, appointment.ends_at = after, after + HALF
        appointment.save(by=owner)
    assert [title for title, _ in told(owner)] == ["Appointment", "Appointment Moved"]


def test_one_that_goes_on_is_not_over(lead, owner, committing):
    with committing():
        meet(lead, NOW - timedelta(minutes=10)).delete(by=owner)
        meet(lead, NOW - HALF, title="Over").delete(by=owner)
    assert [message[:4] for title, message in told(owner) if "Cancelled" in title] == ["Demo"]


@pytest.mark.parametrize(
    "change",
    [{"title": "Lunch"}, {"ends_at": SOON + 2 * HALF}, {"remind_minutes_before": 5},
     {"starts_at": SOON + timedelta(seconds=20)}],
)  # fmt: skip
def test_what_leaves_it_where_it_was_rings_nobody(lead, owner, committing, change):
    with committing():
        appointment = meet(lead)
        for name, value in change.items():
            setattr(appointment, name, value)
        appointment.save(by=owner)
    assert told(owner) == [MADE]
    assert Appointment.objects.get().sequence == 1


def test_a_lead_that_is_deleted_rings_for_none_of_its_appointments(lead, owner, committing):
    with committing():
        meet(lead)
        meet(lead, LATER)
        lead.delete()
    assert [title for title, _ in told(owner)] == ["Appointment", "Appointment"]
    assert not Lead.objects.exists()
    assert not Appointment.objects.exists()


def test_a_rollback_rings_nobody(lead, owner, committing):
    with committing():
        appointment = meet(lead)
    with committing(), transaction.atomic():
        appointment.delete(by=owner)
        transaction.set_rollback(True)
    assert told(owner) == [MADE]
    assert Appointment.objects.exists()


def test_who_attended_hears_of_the_cancellation_though_they_hear_what_they_follow_alone(
    lead, owner, teammate, manager, committing
):
    for person, wants in ((teammate, Wants.FOLLOWED), (manager, Wants.FOLLOWED),
                          (owner, Wants.NOTHING)):  # fmt: skip
        Preference.objects.create(user=person, kind=Kind.EVENT, wants=wants)
    with committing():
        appointment = meet(lead, attendee_ids=[teammate.pk, owner.pk])
    with committing():
        appointment.delete(by=manager)
    assert told(teammate) == [MADE, CANCELLED]
    assert teammate.notifications.get(title=CANCELLED[0]).reason == Reason.ADDRESSED
    assert told(manager) == []
    assert told(owner) == []


# Told in the reader's language and zone


@pytest.mark.parametrize(
    ("title", "message", "here"),
    [
        (*MADE, "Demo with John Doe at 26 Mar 2026, 18:30"),
        (*MOVED, "Demo with John Doe at 27 Mar 2026, 23:00, not 26 Mar 2026, 18:30"),
        (*CANCELLED, "Demo with John Doe at 26 Mar 2026, 18:30"),
        ("Appointment Moved", "Talk, not 2026-01-01 10:00 UTC with Bo at 2026-03-26 09:30 UTC",
         "Talk, not 2026-01-01 10:00 UTC with Bo at 2026-03-26 09:30 UTC"),
    ],
)  # fmt: skip
def test_each_is_told_in_the_zone_of_its_reader(title, message, here):
    row = Notification(type="event", title=title, message=message)
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        assert sentences.message_of(row) == here
        assert sentences.title_of(row) == title


def test_each_is_told_in_the_language_of_its_reader(monkeypatch):
    monkeypatch.setattr(sentences, "gettext", lambda text: f"«{text}»")
    rows = [Notification(type="event", title=title, message=m) for title, m in (MOVED, CANCELLED)]
    assert [sentences.title_of(row) for row in rows] == [f"«{MOVED[0]}»", f"«{CANCELLED[0]}»"]
    assert sentences.message_of(rows[0]).startswith("«Demo with John Doe at ")
    assert ", not " in sentences.message_of(rows[0])
    with translation.override("en"):
        scripts = [row for row in sentences.in_two_languages() if row["kind"] == "event"]
    assert [row["english"] for row in scripts][:3] == [MADE[0], MOVED[0], CANCELLED[0]]
    assert "{before}" in scripts[1]["sentence"]
