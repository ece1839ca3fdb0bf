"""The calendar: an agenda, a week or a month of appointments, in the reader's zone."""

from datetime import timedelta
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from leads import days
from leads.agenda import Agenda
from leads.models import Appointment, CalendarFeed
from leads.views.feed import addresses_of

AGENDA_DAYS = 14
WEEK = timedelta(days=7)
VIEWS = ("agenda", "week", "month")


@login_required
@never_cache
@require_GET
def calendar(request):
    """Without a view it is the week, and on a narrow screen the agenda: both are on the page."""
    asked = request.GET.get("view")
    view = asked if asked in VIEWS else ""
    everybody = request.GET.get("who") == "all"
    today = timezone.localdate()
    at = days.day_called(request.GET.get("date", "")) or today
    spans = {name: _span(name, at) for name in ([view] if view else ["week", "agenda"])}
    appointments = Appointment.objects.all()
    first, last = min(s[0] for s in spans.values()), max(s[1] for s in spans.values())
    agenda = Agenda(
        appointments if everybody else appointments.attended_by(request.user),
        *(first, last, None if everybody else request.user),
    )
    own_feed = CalendarFeed.objects.filter(user=request.user).first()
    context = {
        "feed": addresses_of(own_feed, request),
        "subscribing": "subscribe" in request.GET,
        "agenda": agenda,
        "shown": [_shown(agenda, name, span, today) for name, span in spans.items()],
        "at": at,
        "view": view,
        "everybody": everybody,
        "links": _links(view, at, today, everybody),
    }
    return render(request, "calendar/calendar.html", context)


def _span(view, at):
    """The first and the last day."""
    if view == "agenda":
        return at, at + timedelta(days=AGENDA_DAYS - 1)
    if view == "week":
        monday = days.monday_of(at)
        return monday, monday + timedelta(days=6)
    return days.monday_of(at.replace(day=1)), days.monday_of(
        _month_after(at) - days.DAY
    ) + 6 * days.DAY


def _shown(agenda, view, span, today):
    shown = agenda.days(*span, today)
    return {"view": view, "days": shown, "first": span[0], "last": span[1],
            "any": any(day.appointments for day in shown)}  # fmt: skip


def _month_after(day):
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _links(view, at, today, everybody):
    """Where one can go from here: addresses by name."""

    def link(**changes):
        query = {"view": view, "date": at.isoformat(), "who": "all" if everybody else ""} | changes
        asked = urlencode({name: value for name, value in query.items() if value})
        return f"{reverse('calendar')}{asked and '?'}{asked}"

    step = {"agenda": timedelta(days=AGENDA_DAYS)}.get(view, WEEK)
    before, after = at - step, at + step
    if view == "month":
        before, after = (at.replace(day=1) - days.DAY).replace(day=1), _month_after(at)
    return {
        "before": link(date=before.isoformat()),
        "after": link(date=after.isoformat()),
        "today": link(date=""),
        "mine": link(who=""),
        "all": link(who="all"),
        "views": [(name, label, link(view=name)) for name, label in _names()],
    }


def _names():
    return (("agenda", _("Agenda")), ("week", _("Week")), ("month", _("Month")))
