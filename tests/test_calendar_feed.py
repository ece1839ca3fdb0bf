"""The calendar as calendar programs fetch it: what it says, read by the icalendar library; how it
is written, octet by octet; and who gets it."""

import logging
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import icalendar
import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from crm.logs import Stamped
from leads import feed as feeds
from leads.ical import LONGEST, line, text
from leads.models import CalendarFeed
from tests.factories import AppointmentFactory, LeadFactory, UserFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 25, 12, tzinfo=UTC)
SOON = datetime(2026, 3, 26, 9, 30, tzinfo=UTC)
HALF = timedelta(minutes=30)
PATH = re.compile(r"/calendar/feed/([\w-]{22})\.([\w-]{43})\.ics")
NASTY = 'Müller, Söhne; "Ko^ch" \\n & Co 🎉👩‍👩‍👧 ' + "長い名前" * 12 + " שלום"
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def program():
    """What fetches it knows nothing but the address."""
    return Client()


@pytest.fixture
def address(owner):
    return path_of(owner)


def path_of(user):
    return f"/calendar/feed/{CalendarFeed.objects.renew(user).token}.ics"


def meet(title="Demo", start=SOON, **fields):
    times = {"starts_at": start, "ends_at": start + HALF}
    return AppointmentFactory(title=title, **(times | fields))


def events(program, address):
    response = program.get(address)
    assert response.status_code == 200
    return icalendar.Calendar.from_ical(response.content).walk("VEVENT")


# What it says


def test_each_field_says_what_the_appointment_does(program, address, owner, teammate):
    lead = LeadFactory(company="ABC Company", phone="+44 20 7946 0000", job_title="Head of Sales")
    row = meet(lead=lead, created_by=teammate, attendee_ids=[owner.pk, teammate.pk],
               remind_minutes_before=90)  # fmt: skip
    (event,) = events(program, address)
    url = f"http://testserver/leads/{lead.pk}/"
    assert event["UID"] == f"{row.pk}-20260325T120000000000Z@leadbell"
    assert event["SUMMARY"] == "Demo with John Doe"
    assert event["DESCRIPTION"].split("\n") == [
        "John Doe (ABC Company)", "Head of Sales", "+44 20 7946 0000", lead.email, url,
    ]  # fmt: skip
    assert event["URL"] == url
    assert event["TRANSP"] == "OPAQUE"
    assert event["SEQUENCE"] == 0
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (SOON, SOON + HALF)
    for name in ("DTSTAMP", "CREATED", "LAST-MODIFIED"):
        assert event[name].dt == NOW
    assert event["ORGANIZER"] == "mailto:teammate@example.com"
    assert event["ORGANIZER"].params["CN"] == "Tom Teammate"
    attendees = {str(who): dict(who.params) for who in event["ATTENDEE"]}
    assert attendees == {
        "mailto:owner@example.com": {"CN": "Olga Owner", "PARTSTAT": "ACCEPTED"},
        "mailto:teammate@example.com": {"CN": "Tom Teammate", "PARTSTAT": "ACCEPTED"},
    }
    (alarm,) = event.walk("VALARM")
    assert (alarm["ACTION"], alarm["DESCRIPTION"]) == ("DISPLAY", "Demo with John Doe")
    assert alarm["TRIGGER"].dt == -timedelta(minutes=90)


def test_the_calendar_says_what_it_is(program, address, owner):
    meet(attendee_ids=[owner.pk])
    calendar = icalendar.Calendar.from_ical(program.get(address).content)
    assert calendar.errors == []
    assert [event.errors for event in calendar.walk()] == [[], []]
    assert (calendar["VERSION"], calendar["CALSCALE"]) == ("2.0", "GREGORIAN")
    assert calendar["PRODID"] == "-//Leadbell//Calendar//EN"
    assert calendar["X-WR-CALNAME"] == calendar["NAME"] == "Leadbell"
    assert calendar["REFRESH-INTERVAL"].dt == timedelta(minutes=15)
    assert "METHOD" not in calendar
    everybodys = icalendar.Calendar.from_ical(program.get(f"{address}?who=all").content)
    assert everybodys["X-WR-CALNAME"] == "Leadbell (everybody)"


@pytest.mark.parametrize(("minutes", "before"), [(0, timedelta()), (5, -timedelta(minutes=5))])
def test_a_reminder_is_an_alarm_and_none_is_none(program, address, owner, minutes, before):
    row = meet(attendee_ids=[owner.pk], remind_minutes_before=minutes)
    (event,) = events(program, address)
    assert [alarm["TRIGGER"].dt for alarm in event.walk("VALARM")] == [before]
    row.remind_minutes_before = None
    row.save()
    (event,) = events(program, address)
    assert event.walk("VALARM") == []


def test_a_change_keeps_the_name_and_counts(program, address, owner):
    row = meet(attendee_ids=[owner.pk])
    uid = events(program, address)[0]["UID"]
    for n, moment in enumerate((SOON + HALF, SOON + 2 * HALF), 1):
        with time_machine.travel(NOW + n * HALF, tick=False):
            row.starts_at, row.ends_at = moment, moment + HALF
            row.save()
            row.save()  # changes nothing
            (event,) = events(program, address)
        assert (event["UID"], event["SEQUENCE"], event["DTSTART"].dt) == (uid, n, moment)
        assert event["LAST-MODIFIED"].dt == event["DTSTAMP"].dt == NOW + n * HALF


def test_a_lead_that_changes_its_name_changes_what_was_last_modified(program, address, owner):
    row = meet(attendee_ids=[owner.pk])
    with time_machine.travel(NOW + HALF, tick=False):
        row.lead.first_name = "Jane"
        row.lead.save()
        (event,) = events(program, address)
    assert (event["SUMMARY"], event["LAST-MODIFIED"].dt) == ("Demo with Jane Doe", NOW + HALF)


def test_what_is_cancelled_leaves(program, address, owner):
    row = meet(attendee_ids=[owner.pk])
    meet("Lunch", attendee_ids=[owner.pk])
    row.delete()
    assert [event["SUMMARY"] for event in events(program, address)] == ["Lunch with John Doe"]


def test_mine_are_those_that_i_attend_and_everybodys_all_of_them(program, address, owner, teammate):
    meet("Mine", attendee_ids=[owner.pk, teammate.pk], remind_minutes_before=5)
    meet("Theirs", SOON + HALF, attendee_ids=[teammate.pk], remind_minutes_before=5)
    meet("Nobody’s", SOON + 2 * HALF, created_by=owner)
    assert [str(event["SUMMARY"])[:4] for event in events(program, address)] == ["Mine"]
    found = events(program, f"{address}?who=all")
    assert [event["SUMMARY"].split(" with")[0] for event in found] == ["Mine", "Theirs", "Nobody’s"]
    assert [event["TRANSP"] for event in found] == ["OPAQUE", "TRANSPARENT", "TRANSPARENT"]
    assert [len(event.walk("VALARM")) for event in found] == [1, 0, 0]
    assert "ORGANIZER" not in found[2]
    assert "ATTENDEE" not in found[2]
    assert found[1]["ORGANIZER"] == "mailto:teammate@example.com"  # nobody made it: the first


def test_it_begins_ninety_days_back_and_ends_with_the_most(program, address, owner, monkeypatch):
    edge = NOW - timedelta(days=90)
    meet("Old", edge - HALF, attendee_ids=[owner.pk])
    meet("Edge", edge - HALF + timedelta(seconds=1), attendee_ids=[owner.pk])
    for n in range(3):
        meet(f"Next {n}", SOON + n * HALF, attendee_ids=[owner.pk])
    titles = [event["SUMMARY"].split(" with")[0] for event in events(program, address)]
    assert titles == ["Edge", "Next 0", "Next 1", "Next 2"]
    monkeypatch.setattr(feeds, "MOST", 2)
    titles = [event["SUMMARY"].split(" with")[0] for event in events(program, address)]
    assert titles == ["Edge", "Next 0"]


def test_an_empty_one_is_a_calendar_still(program, address):
    assert events(program, address) == []


def test_it_speaks_the_language_that_its_owner_chose(program, owner, monkeypatch):
    meet(attendee_ids=[owner.pk])
    seen = []
    monkeypatch.setattr(feeds, "_", lambda words: seen.append(words) or words)
    assert events(program, path_of(owner))[0]["SUMMARY"] == "Demo with John Doe"
    assert seen == ["{title} with {lead}"]


# How it is written


def test_names_of_every_kind_come_through(program, owner):
    owner.first_name, owner.last_name = 'Olga "O"; ^', "Owner, 🎉"
    owner.save()
    lead = LeadFactory(first_name=NASTY[:60], last_name="{title}", company="A\\B;C,D")
    meet(NASTY, lead=lead, attendee_ids=[owner.pk], created_by=owner)
    (event,) = events(program, path_of(owner))
    assert event["SUMMARY"] == f"{NASTY} with {lead.name}"
    assert event["DESCRIPTION"].startswith(f"{lead}\n")
    assert event["ATTENDEE"].params["CN"] == 'Olga "O"; ^ Owner, 🎉'


def test_lines_end_in_crlf_have_75_octets_at_most_and_break_within_no_character(program, owner):
    meet(NASTY, attendee_ids=[owner.pk])
    meet("x" * 200, attendee_ids=[owner.pk])
    body = program.get(path_of(owner)).content
    assert body.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in body.replace(b"\r\n", b"")
    lines = body.split(b"\r\n")[:-1]
    assert max(map(len, lines)) == LONGEST == 75
    assert any(one.startswith(b" ") for one in lines)
    for one in lines:
        one.decode()


@given(WORDS)
def test_any_text_comes_back_as_it_was_but_for_what_no_text_has(words):
    written = line("SUMMARY", text(words))
    assert all(len(one) <= 75 for one in written.split(b"\r\n"))
    whole = b"BEGIN:VEVENT\r\n" + written + b"END:VEVENT\r\n"
    back = str(icalendar.Event.from_ical(whole)["SUMMARY"])
    lines = words.replace("\r\n", "\n").replace("\r", "\n")
    assert back == "".join(c for c in lines if c in "\n\t" or not (ord(c) < 32 or ord(c) == 127))


@given(WORDS.filter(lambda words: "\r" not in words))
def test_any_name_comes_back_from_its_quotes(words):
    whole = line("ATTENDEE", "mailto:a@example.com", CN=words)
    unfolded = whole.replace(b"\r\n ", b"").decode()
    assert unfolded.endswith(":mailto:a@example.com\r\n")
    quoted = re.fullmatch(r'ATTENDEE;CN="([^"\n]*)":mailto:a@example.com\r\n', unfolded)[1]
    back = re.sub(r"\^([n'^])", lambda found: {"n": "\n", "'": '"', "^": "^"}[found[1]], quoted)
    assert back == "".join(c for c in words if c in "\n\t" or not (ord(c) < 32 or ord(c) == 127))


# Who gets it


@pytest.mark.parametrize("method", ["get", "head"])
def test_it_is_served_as_calendars_are(program, address, owner, method):
    meet(attendee_ids=[owner.pk])
    response = getattr(program, method)(address)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Cache-Control"] == "private, no-cache"
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Content-Length"] == str(len(program.get(address).content))
    assert bool(response.content) == (method == "get")
    assert not response.cookies
    assert Session.objects.count() == 0


def test_what_did_not_change_is_not_sent_again(program, address, owner):
    row = meet(attendee_ids=[owner.pk])
    etag = program.get(address)["ETag"]
    with time_machine.travel(NOW + timedelta(hours=5), tick=False):
        for method in (program.get, program.head):
            same = method(address, headers={"if-none-match": etag})
            assert (same.status_code, same.content, same["ETag"]) == (304, b"", etag)
            assert same["Cache-Control"] == "private, no-cache"
        row.title = "Lunch"
        row.save()
        changed = program.get(address, headers={"if-none-match": etag})
    assert (changed.status_code, changed["ETag"] != etag) == (200, True)
    assert b"Lunch" in changed.content
    other = program.get(f"{address}?who=all", headers={"if-none-match": changed["ETag"]})
    assert other.status_code == 200


def test_the_address_cannot_be_guessed_and_the_database_does_not_know_it(address, owner, teammate):
    name, signature = PATH.fullmatch(address).groups()
    assert PATH.fullmatch(path_of(teammate)).groups() != (name, signature)
    row = CalendarFeed.objects.filter(user=owner).values().get()
    assert row["name"] == name
    assert signature not in str(row)


def test_any_other_address_is_none(program, address):
    name, signature = PATH.fullmatch(address).groups()
    assert program.get(address).status_code == 200
    forged = (f"{name}.{'A' * 43}", f"{'A' * 22}.{signature}", f"{name}.é", f"{name}.")
    for token in (*forged, name, f".{signature}", address[15:-5], "x", "%00", "a" * 5000):
        assert program.get(f"/calendar/feed/{token}.ics").status_code == 404


def test_a_renewed_address_ends_the_one_before_at_once(page, program, owner):
    assert "Make an address" in page.get("/calendar/").content.decode()
    paths = []
    for _ in range(2):
        response = page.post("/calendar/feed/renew/", follow=True)
        html = unescape(response.content.decode())
        assert response.redirect_chain == [("/calendar/?subscribe=1", 302)]
        assert '<details class="subscribe" id="subscribe" open>' in html
        (found,) = set(re.findall(r"http://testserver(/calendar/feed/[^\"?]+)", html))
        paths.append(found)
    assert [program.get(path).status_code for path in paths] == [404, 200]
    assert CalendarFeed.objects.count() == 1
    page.post("/calendar/feed/remove/")
    assert program.get(paths[1]).status_code == 404
    assert not CalendarFeed.objects.exists()
    page.post("/calendar/feed/remove/")  # again is nothing


def test_renewing_and_removing_leave_those_of_others(page, program, owner, teammate):
    theirs = path_of(teammate)
    page.post("/calendar/feed/renew/")
    page.post("/calendar/feed/remove/")
    assert program.get(theirs).status_code == 200
    assert theirs not in page.get("/calendar/?subscribe=1").content.decode()


def test_who_leaves_takes_the_address_along(program, address, owner):
    assert program.get(address).status_code == 200
    owner.is_active = False
    owner.save()
    assert program.get(address).status_code == 404
    owner.is_active = True
    owner.save()
    assert program.get(address).status_code == 200


def test_only_reading_is_allowed(program, address):
    for method in (program.post, program.put, program.delete):
        assert method(address).status_code == 405


def test_it_takes_as_many_queries_for_many_as_for_one(program, address, owner, teammate):
    def queries():
        with CaptureQueriesContext(connection) as found:
            assert program.get(f"{address}?who=all").status_code == 200
        return len(found)

    meet(attendee_ids=[owner.pk, teammate.pk], created_by=owner)
    assert queries() == 4  # the feed, the appointments, who attends, and who they are
    for n in range(20):
        meet(start=SOON + n * HALF, attendee_ids=[owner.pk, teammate.pk], created_by=UserFactory())
    assert queries() == 4
    CalendarFeed.objects.renew(owner)
    with CaptureQueriesContext(connection) as found:
        assert program.get("/calendar/feed/forged.token.ics").status_code == 404
    assert len(found) == 0


# The log


@pytest.fixture
def logged():
    """What handlers of the settings would write."""
    lines, formatter = [], Stamped("%(name)s %(message)s")

    class Kept(logging.Handler):
        def emit(self, record):
            lines.append(formatter.format(record))

    handler = Kept()
    logging.getLogger().addHandler(handler)
    logging.getLogger("django.request").addHandler(handler)
    yield lines
    logging.getLogger().removeHandler(handler)
    logging.getLogger("django.request").removeHandler(handler)


def test_the_log_never_has_the_address(program, address, owner, logged, monkeypatch):
    program.get(address)
    program.post(address)  # logged, since it is not allowed
    program.get(address[:-4])
    monkeypatch.setattr("leads.views.feed.calendar_of", lambda *_: 1 / 0)
    program.raise_request_exception = False
    assert program.get(address).status_code == 500
    CalendarFeed.objects.all().delete()
    program.get(address)
    program.get("/calendar/nothing/")
    written = "\n".join(logged)
    for words in ("Method Not Allowed", "Internal Server Error", "Not Found"):
        assert re.search(rf"{words}.*: /calendar/feed/…( request=\w+)?$", written, re.MULTILINE)
    assert "Not Found: /calendar/nothing/" in written
    for part in PATH.fullmatch(address).groups():
        assert part not in written
