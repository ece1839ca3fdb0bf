"""What a calendar shows: days with their appointments, and who has two of them at once."""

from collections import defaultdict
from datetime import date, timedelta

from django.db.models import Q

from leads import days
from leads.models import Appointment, Attendance

MOST = 500  # appointments on one page
IN_MONTH = 3  # of a day that are named there
INSTANT = timedelta(microseconds=1)


class Day:
    def __init__(self, date: date, today: date):
        self.date = date
        self.appointments = []
        self.is_today, self.is_past = date == today, date < today
        gained = days.hours_gained(date)
        self.is_longer, self.is_shorter = gained > 0, gained < 0

    @property
    def has_conflict(self) -> bool:
        return any(appointment.conflicts for appointment in self.appointments)

    @property
    def has_hidden_conflict(self) -> bool:
        """Among those for which a month has no room."""
        return any(appointment.conflicts for appointment in self.appointments[IN_MONTH:])


class Agenda:
    """The days from ``first`` to ``last``, in the reader's zone. ``more`` says that there was more
    than a page can show; it ends with the last that could."""

    def __init__(self, appointments, first, last, user=None):
        there = appointments.between(days.begin_of(first), days.end_of(last)).with_people()
        found = list(there[: MOST + 1])
        self.appointments, self.more = found[:MOST], len(found) > MOST
        self.first, self.last = first, last
        self._say_conflicts(user)

    def days(self, first: date, last: date, today: date) -> list[Day]:
        shown = [Day(first + days.DAY * n, today) for n in range((last - first).days + 1)]
        by_date = {day.date: day for day in shown}
        for appointment in self.appointments:
            for touched in _dates(appointment, first, last):
                by_date[touched].appointments.append(appointment)
        return shown

    def _say_conflicts(self, user):
        found = conflicts(self.appointments)
        for appointment in self.appointments:
            of_all = found[appointment.pk]
            appointment.conflicts = [c for c in of_all if user is None or c[0] == user]


def conflicts(appointments: list[Appointment]) -> dict[int, list]:
    """For the id of each: ``(attendee, other)`` for who has to be at another one meanwhile. One
    that begins as another ends is none."""
    found, attended = defaultdict(list), defaultdict(list)
    for appointment in sorted(appointments, key=lambda a: (a.starts_at, a.pk)):
        for attendance in appointment.attendances.all():
            before = attended[attendance.user_id]
            before[:] = [other for other in before if other.ends_at > appointment.starts_at]
            for other in before:
                found[appointment.pk].append((attendance.user, other))
                found[other.pk].append((attendance.user, appointment))
            before.append(appointment)
    return found


def say_conflicts(appointments: list[Appointment]) -> None:
    """Of a few, each with its attendances: ``conflicts`` with whatever else there is."""
    meanwhile = _elsewhere(appointments)
    for one in appointments:
        attendees = {attendance.user_id for attendance in one.attendances.all()}
        one.conflicts = [
            (other.user, other.appointment)
            for other in meanwhile
            if other.user_id in attendees
            and other.appointment_id != one.pk
            and other.appointment.starts_at < one.ends_at
            and other.appointment.ends_at > one.starts_at
        ]


def _elsewhere(appointments):
    """What the attendees of these attend then, in one query."""
    attendees = {who.user_id for one in appointments for who in one.attendances.all()}
    if not attendees:
        return []
    then = Q()
    for one in appointments:
        then |= Q(appointment__starts_at__lt=one.ends_at, appointment__ends_at__gt=one.starts_at)
    found = Attendance.objects.filter(then, user__in=attendees)
    in_order = found.order_by("appointment__starts_at", "pk")
    return list(in_order.select_related("user", "appointment")[:MOST])


def _dates(appointment, first, last):
    """The days that it touches."""
    begin = max(days.day_of(appointment.starts_at), first)
    end = min(days.day_of(appointment.ends_at - INSTANT), last)
    return [begin + days.DAY * n for n in range((end - begin).days + 1)]
