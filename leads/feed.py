"""What a person's calendar programs are told: their appointments, or everybody's, as iCalendar.

It says no METHOD, so that DTSTAMP is when a thing last changed (3.8.7.2): what did not change reads
the same each time."""

from datetime import timedelta
from urllib.parse import quote

from django.utils import timezone
from django.utils.translation import gettext as _

from leads.ical import line, moment, text
from leads.models import Appointment

BACK = timedelta(days=90)
MOST = 1_000  # appointments, the first of them
REFRESH = "PT15M"
HEAD = (
    ("BEGIN", "VCALENDAR"),
    ("VERSION", "2.0"),
    ("PRODID", "-//Leadbell//Calendar//EN"),
    ("CALSCALE", "GREGORIAN"),
)


def calendar_of(user, everybody: bool, absolute) -> bytes:
    """In the language that is active. ``absolute`` makes an address of a path."""
    appointments = Appointment.objects.all() if everybody else Appointment.objects.attended_by(user)
    told = appointments.not_over_at(timezone.now() - BACK).with_people()
    name = _("Leadbell (everybody)") if everybody else "Leadbell"
    lines = [line(*pair) for pair in HEAD]
    lines += [
        line("NAME", text(name)),
        line("X-WR-CALNAME", text(name)),
        line("REFRESH-INTERVAL;VALUE=DURATION", REFRESH),
        line("X-PUBLISHED-TTL", REFRESH),
    ]
    for appointment in told.select_related("created_by")[:MOST]:
        lines += _event(appointment, user, absolute)
    return b"".join([*lines, line("END", "VCALENDAR")])


def _event(appointment, user, absolute):
    lead, changed = appointment.lead, moment(_changed_at(appointment))
    attendees = [attendance.user for attendance in appointment.attendances.all()]
    summary = text(_("{title} with {lead}").format(title=appointment.title, lead=lead.name))
    url = absolute(lead.get_absolute_url())
    about = [str(lead), lead.job_title, lead.phone, lead.email, url]
    yield line("BEGIN", "VEVENT")
    yield line("UID", appointment.uid)
    yield line("DTSTAMP", changed)
    yield line("CREATED", moment(appointment.created_at))
    yield line("LAST-MODIFIED", changed)
    yield line("SEQUENCE", str(appointment.sequence))
    yield line("DTSTART", moment(appointment.starts_at))
    yield line("DTEND", moment(appointment.ends_at))
    yield line("SUMMARY", summary)
    yield line("DESCRIPTION", text("\n".join(filter(None, about))))
    yield line("URL", url)
    yield line("TRANSP", "OPAQUE" if user in attendees else "TRANSPARENT")
    yield from _people(appointment.created_by, attendees)
    if user in attendees and appointment.remind_minutes_before is not None:
        yield from _alarm(appointment.remind_minutes_before, summary)
    yield line("END", "VEVENT")


def _changed_at(appointment):
    """Also when the lead did, whose name and numbers it tells."""
    return max(appointment.edited_at or appointment.created_at, appointment.lead.updated_at)


def _people(maker, attendees):
    """What has attendees has an organizer (3.8.4.3): who made it, else the first."""
    if attendees:
        yield line("ORGANIZER", _mailto(maker or attendees[0]), CN=str(maker or attendees[0]))
    for person in attendees:
        yield line("ATTENDEE;PARTSTAT=ACCEPTED", _mailto(person), CN=str(person))


def _alarm(minutes, summary):
    yield line("BEGIN", "VALARM")
    yield line("ACTION", "DISPLAY")
    yield line("DESCRIPTION", summary)
    yield line("TRIGGER", f"-PT{minutes}M" if minutes else "PT0S")
    yield line("END", "VALARM")


def _mailto(person):
    return f"mailto:{quote(person.email, safe='@+!#$&*=')}"
