"""Storms: more than five of a kind within ten seconds are one line of the panel and the history,
and each is still stored, numbered and counted."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from notifications import storms
from notifications.models import Inbox, Notification
from notifications.sentences import STORMS, storm_of, storms_in_words

pytestmark = pytest.mark.django_db

PANEL, HISTORY = "/notifications/panel/", "/notifications/"
READ_STORM = "/notifications/read-storm/"


@pytest.fixture
def came(owner):
    """``came(seconds, kind=…)``: notifications of the owner, that many seconds after each other
    began; the last came now."""

    def make(*seconds, kind="lead_created", ago=0):
        rows = Notification.objects.bulk_create(
            [Notification(recipient=owner, type=kind, title="Told", url="/") for _ in seconds]
        )
        begin = timezone.now() - timedelta(seconds=ago + max(seconds))
        for row, second in zip(rows, seconds, strict=True):
            row.created_at = begin + timedelta(seconds=second)
        Notification.objects.all().bulk_update(rows, ["created_at"])
        return rows

    return make


def lines(user, size=20):
    """A page of the user's: how many each line is of, and the arrival that ends the page."""
    shown, end = storms.page(Notification.objects.visible_to(user), size)
    return [getattr(line, "count", 1) for line in shown], end


# What is a storm


def test_more_than_five_of_a_kind_within_ten_seconds_are_one_line(came, owner):
    came(0, 2, 4, 6, 8)
    assert lines(owner) == ([1] * 5, None)
    came(0, 2, 4, 6, 8, 10, ago=-60)
    assert lines(owner) == ([6, 1, 1, 1, 1, 1], None)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ((0, 2.1, 4.2, 6.3, 8.4, 10.5), [1] * 6),  # never six within ten seconds
        ((0, 1, 2, 3, 4, 5, 15, 25), [8]),  # it lasts while the next comes in time
        ((0, 1, 2, 3, 4, 5, 15.1), [1, 6]),
        ((0, 1, 2, 3, 4, 5, 30, 31, 32, 33, 34, 35), [6, 6]),
    ],
)
def test_a_storm_begins_and_ends(came, owner, seconds, expected):
    came(*seconds)
    assert lines(owner) == (expected, None)


def test_what_comes_between_breaks_no_storm_and_is_a_line_of_its_own(came, owner):
    for _ in range(6):
        came(0, kind="lead_created")
        came(0, kind="task_completed")
    came(0, kind="system")
    assert lines(owner) == ([1, 6, 6], None)


def test_no_page_ends_within_a_storm_and_none_is_listed_twice(came, owner, page):
    came(*range(0, 3_000, 100))
    came(*[n / 100 for n in range(300)], ago=-10_000)
    came(0, 100, ago=-20_000)
    shown, end = lines(owner, size=4)
    assert shown == [1, 1, 300, 1]
    rest, _ = storms.page(Notification.objects.visible_to(owner).filter(arrival__lt=end), 100)
    assert len(rest) == 29

    history = page.get(HISTORY).content.decode()
    assert "300 new leads" in history
    assert listed(history) == 20 + 2 + 30


def test_of_very_many_a_bounded_number_is_read_and_the_line_says_that_there_are_more(came, owner):
    came(*[n / 1_000 for n in range(storms.READ + 1)])
    (storm,), end = storms.page(Notification.objects.visible_to(owner), 20)
    assert storm.words == "1000+ new leads"
    assert end == storm.first
    Notification.objects.order_by("arrival").first().delete()
    (storm,), end = storms.page(Notification.objects.visible_to(owner), 20)
    assert storm.words == "1000+ new leads"  # there may be


def listed(html) -> int:
    return len(re.findall(r"<li class=\"item\"", html))


# How it is told


@pytest.mark.parametrize("kind", STORMS)
def test_every_kind_has_its_words(kind):
    assert {each["kind"] for each in storms_in_words()} == set(Notification.Type.values)
    assert re.fullmatch(r"12 [a-z -]+s", storm_of(kind, 12))
    assert re.fullmatch(r"1000\+ [a-z -]+s", storm_of(kind, 1000, more=True))


def test_the_words_are_translated(monkeypatch):
    told = {"one": "{n} neuer Lead", "many": "{n} neue Leads"}

    def german(one, many, n):
        return told["one" if n == 1 else "many"] if one == "{n} new lead" else many

    with translation.override("de"):
        monkeypatch.setattr("django.utils.translation._trans.ngettext", german)
        assert storm_of("lead_created", 12) == "12 neue Leads"


@pytest.mark.parametrize("path", [PANEL, PANEL + "?show=unread", HISTORY])
def test_the_line_unfolds_to_the_newest_and_leads_to_all_of_them(came, owner, page, path):
    rows = came(*[n / 10 for n in range(30)])
    html = page.get(path).content.decode()
    assert html.count("30 new leads") == 2  # the line, and the link to all
    assert "<details" in html
    assert listed(html) == storms.UNFOLDED
    link = re.search(r'href="([^"]*of=[^"]*)"', html)[1].replace("&amp;", "&")
    everything = page.get(link).content.decode()
    assert listed(everything) == 30
    assert "30 new leads" not in everything
    assert str(rows[0].pk) in everything


def test_the_page_of_a_storm_goes_on_as_the_history_does(came, owner, page):
    rows = came(*[n / 10 for n in range(60)])
    path = f"{HISTORY}?type=lead_created&of={rows[0].arrival}-{rows[-1].arrival}"
    first = page.get(path).content.decode()
    assert listed(first) == 50
    link = re.search(r'rel="next" href="([^"]*)"', first)[1].replace("&amp;", "&")
    assert listed(page.get(HISTORY + link).content.decode()) == 10


@pytest.mark.parametrize("of", ["", "-", "1", "a-b", "1-", "-5", "1-2-3", "9" * 30 + "-1", "²-³"])
def test_what_is_no_range_narrows_nothing(came, page, of):
    came(0)
    assert listed(page.get(HISTORY, {"of": of}).content.decode()) == 1


# Reading all of it


def test_a_storm_is_marked_read_each_by_its_own_number(came, owner, page):
    came(0, kind="system")
    rows = came(*[n / 100 for n in range(230)])
    came(0, kind="system")
    came(0, ago=-60)
    before = Inbox.objects.of(owner).seq
    body = {"kind": "lead_created", "of": f"{rows[0].arrival}-{rows[-1].arrival}"}
    response = page.post(READ_STORM, body, headers={"accept": "application/json"})
    assert response.status_code == 204
    inbox = Inbox.objects.of(owner)
    assert (inbox.seq, inbox.unread_count) == (before + 230, 3)
    read = Notification.objects.exclude(read_at=None)
    assert set(read) == set(rows)
    assert sorted(row.seq for row in read) == list(range(before + 1, before + 231))
    assert len(inbox.changes(before)["changed"]) == 230
    assert 'data-verb="read-storm"' not in page.get(PANEL).content.decode()

    page.post(READ_STORM, body)  # again changes nothing
    assert Inbox.objects.of(owner).seq == before + 230


def test_every_number_of_it_is_pushed(came, owner, page, committing, monkeypatch):
    rows = came(0, 1, 2, 3, 4, 5)
    pushes = []
    monkeypatch.setattr("notifications.realtime.publish_after_commit", pushes.extend)
    page.post(READ_STORM, {"kind": "lead_created", "of": f"{rows[0].arrival}-{rows[-1].arrival}"})
    assert [push.seq for push in pushes] == list(range(7, 13))


def test_a_form_of_it_leads_back_and_anothers_stay_as_they_are(came, owner, teammate, page):
    rows = came(0, 1, 2, 3, 4, 5)
    theirs = Notification.objects.create(recipient=teammate, type="lead_created", title="Told")
    body = {"kind": "lead_created", "of": "0-99", "next": "/notifications/?show=unread"}
    assert page.post(READ_STORM, body)["Location"] == "/notifications/?show=unread"
    assert Notification.objects.filter(pk__in=[row.pk for row in rows], read_at=None).count() == 0
    theirs.refresh_from_db()
    assert theirs.is_unread


@pytest.mark.parametrize(
    "body", [{}, {"kind": "nonsense", "of": "1-9"}, {"kind": "lead_created", "of": "1"}]
)
def test_what_says_no_storm_is_not_there(came, owner, page, body):
    came(0)
    assert page.post(READ_STORM, body).status_code == 404
    assert Notification.objects.unread().count() == 1


# What it costs


@pytest.mark.parametrize("path", [PANEL, PANEL + "?show=unread", HISTORY])
def test_a_page_takes_as_many_queries_with_2000_unread_as_with_10(came, page, path):
    came(*range(0, 600, 60))
    calm = queries(page, path)
    came(*range(0, 120_000, 60), ago=-1_000)
    assert queries(page, path) == calm
    came(*[n / 100 for n in range(500)], ago=-200_000)
    stormy = queries(page, path)
    assert len(stormy) == len(calm) + 2
    came(*[n / 100 for n in range(500)], ago=-300_000)
    assert len(queries(page, path)) == len(stormy)


def queries(page, path) -> list[str]:
    with CaptureQueriesContext(connection) as found:
        assert page.get(path).status_code == 200
    return [re.sub(r"\d+", "N", query["sql"]) for query in found]


@pytest.mark.postgres
def test_a_page_of_very_many_is_read_from_an_index(came, owner):
    came(*range(0, 180_000, 60))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_notification")
    own = Notification.objects.visible_to(owner)
    for wanted in (own, own.unread()):
        plan = wanted.values_list(*storms.Trace._fields)[: storms.READ].explain()
        assert "Index Scan" in plan
        assert "Sort" not in plan


def test_a_storm_that_is_read_elsewhere_while_it_is_grouped_is_none(came, owner, monkeypatch):
    """Another tab marks all read between the queries."""
    came(*range(8))
    unread = Notification.objects.visible_to(owner).unread()
    assert [line.count for line in storms.page(unread, 20)[0]] == [8]

    storms_in = storms.storms_in

    def read_meanwhile(rows):
        Inbox.objects.of(owner).mark_all_read()
        return storms_in(rows)

    monkeypatch.setattr(storms, "storms_in", read_meanwhile)
    assert storms.page(unread, 20) == ([], None)
