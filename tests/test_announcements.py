"""Announcements: told once at their time to who they are for, shown until read, and taken back."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.models import User
from notifications import realtime
from notifications.jobs import raise_announcements, tell_newcomers
from notifications.models import Announcement, Event, Inbox, Notification, Preference
from tests.factories import UserFactory
from tests.waiting import somebody_waits, until

pytestmark = pytest.mark.django_db

API = "/api/announcements/"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def pushed(monkeypatch):
    """The frames that were published instead of sent: (user id, frame)."""
    frames = []

    def publish(pushes, then=None):
        frames.extend((push.user_id, json.loads(push.text)) for push in pushes)

    monkeypatch.setattr(realtime, "publish", publish)
    return frames


@pytest.fixture
def announce(administrator, committing):
    """``announce(title, **fields)``: written by the administrator, through the rules."""

    def make(title="Maintenance", **fields):
        made = Announcement(title=title, created_by=administrator, **fields)
        made.full_clean()
        with committing():
            made.keep()
        return made

    return make


@pytest.fixture
def work(committing):
    """One turn of the worker's jobs for announcements."""

    def turn():
        with committing():
            raise_announcements()
        with committing():
            tell_newcomers()

    return turn


def titles(user):
    rows = Notification.objects.visible_to(user)
    return [row.title for row in rows]


def counts_are_right():
    """Each inbox counts what it has, and its numbers have no gaps."""
    for inbox in Inbox.objects.all():
        rows = Notification.objects.filter(recipient=inbox.pk)
        assert inbox.unread_count == rows.unread().count()
        assert inbox.seq >= max(rows.values_list("seq", flat=True), default=0)


def banners(browser, path="/settings/"):
    html = browser.get(path).content.decode()
    return html.count("data-banner=")


# Telling


def test_what_starts_now_is_told_at_once_to_everybody_who_works_here(
    announce, owner, administrator, outsider, pushed
):
    made = announce("Maintenance", message="Tonight < 22:00 & later")
    assert made.state == "shown"
    for person in (owner, administrator):
        row = Notification.objects.get(recipient=person)
        assert (row.type, row.title, row.message) == (
            "system",
            "Maintenance",
            "Tonight < 22:00 & later",
        )
        assert (row.actor, row.url) == (administrator, "")
    assert not Notification.objects.filter(recipient=outsider).exists()
    assert {frame["type"] for _, frame in pushed} == {"notification:created"}
    assert {user_id for user_id, _ in pushed} == {owner.pk, administrator.pk}


def test_who_wants_no_announcements_is_not_told(announce, owner, teammate, clock, work):
    new = UserFactory(date_joined=NOW + HOUR)
    for person in (owner, new):
        Preference.objects.choose(person, {"system": "nothing"})
    announce()
    clock.shift(2 * HOUR)
    work()
    assert (titles(owner), titles(new), titles(teammate)) == ([], [], ["Maintenance"])


@pytest.mark.parametrize("audience", ["rep", "manager", "admin"])
def test_a_role_is_told_and_nobody_else(audience, announce, owner, manager, administrator):
    announce(audience=audience)
    told = {"rep": owner, "manager": manager, "admin": administrator}
    people = set(Notification.objects.values_list("recipient", flat=True))
    assert people == {told[audience].pk}


def test_a_role_that_nobody_has_is_told_to_nobody(announce, owner):
    made = announce(audience="manager")
    assert made.raised_at
    assert not Notification.objects.exists()


def test_audiences_are_everybody_and_the_roles():
    assert set(Announcement.Audience.values) == {"everyone", *User.Role.values}


def test_what_is_scheduled_is_told_at_its_time_once(announce, owner, clock, work):
    made = announce(starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)
    clock.shift(HOUR - timedelta(seconds=1))
    work()
    assert (titles(owner), Announcement.objects.get().state) == ([], "scheduled")
    clock.shift(1)
    work()
    work()
    assert titles(owner) == ["Maintenance"]
    made.refresh_from_db()
    assert (made.state, made.raised_at) == ("shown", NOW + HOUR)
    clock.shift(HOUR)
    work()
    assert Announcement.objects.get().state == "over"
    assert titles(owner) == ["Maintenance"]
    assert Event.objects.count() == 1


def test_who_left_before_the_start_is_not_told(announce, owner, teammate, clock, work):
    announce(starts_at=NOW + HOUR, audience="rep")
    User.objects.filter(pk=owner.pk).update(is_active=False)
    clock.shift(HOUR)
    work()
    assert (titles(owner), titles(teammate)) == ([], ["Maintenance"])


def test_the_role_counts_that_one_has_at_the_start(announce, owner, teammate, clock, work):
    announce(starts_at=NOW + HOUR, audience="manager")
    User.objects.filter(pk=owner.pk).update(role="manager")
    clock.shift(HOUR)
    work()
    assert (titles(owner), titles(teammate)) == (["Maintenance"], [])


def test_a_worker_that_was_away_tells_late_but_not_what_is_over(announce, owner, clock, work):
    announce("Over", starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)
    announce("Late", starts_at=NOW + HOUR, ends_at=NOW + 4 * HOUR)
    clock.shift(3 * HOUR)
    work()
    assert titles(owner) == ["Late"]
    over = Announcement.objects.get(title="Over")
    assert over.state == "never_told"
    assert "never told: no worker ran" in over.get_state_display()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_workers_that_race_tell_each_exactly_once(owner, administrator, at_once):
    past = timezone.now() - MINUTE
    for n in range(8):
        Announcement.objects.create(title=str(n), starts_at=past, created_by=administrator)
    start = threading.Barrier(4)

    def worker():
        start.wait(10)
        return sum(iter(raise_announcements, 0))

    assert sum(at_once(*[worker] * 4)) == 8
    assert sorted(titles(owner)) == [str(n) for n in range(8)]
    assert Event.objects.count() == 8
    counts_are_right()


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_in_between_leaves_it_to_the_next(owner, monkeypatch):
    Announcement.objects.create(title="Maintenance", starts_at=timezone.now())
    tell = Announcement._tell

    def die(announcement):
        tell(announcement)
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(Announcement, "_tell", die)
        with pytest.raises(SystemExit):
            raise_announcements()
    assert (Event.objects.count(), titles(owner)) == (0, [])
    assert raise_announcements() == 1
    assert titles(owner) == ["Maintenance"]


# Who joins later


def test_who_joins_while_it_is_shown_is_told_once(announce, clock, work, browser_as):
    announce(ends_at=NOW + 2 * HOUR)
    announce("Managers", audience="manager")
    clock.shift(HOUR)
    new = UserFactory()
    UserFactory(is_active=False)
    work()
    work()
    assert titles(new) == ["Maintenance"]
    assert banners(browser_as(new)) == 1
    clock.shift(2 * HOUR)
    late = UserFactory()
    work()
    assert titles(late) == []
    counts_are_right()


def test_who_dismissed_it_as_a_newcomer_is_not_told_again(announce, clock, work):
    announce()
    clock.shift(HOUR)
    new = UserFactory()
    work()
    Notification.objects.get(recipient=new).delete()
    work()
    assert titles(new) == []
    assert Notification.objects.filter(recipient=new).count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_workers_that_race_tell_a_newcomer_once(administrator, at_once):
    made = Announcement(title="Maintenance", created_by=administrator)
    made.keep()
    new = UserFactory()
    assert sum(at_once(*[tell_newcomers] * 4)) == 1
    assert titles(new) == ["Maintenance"]


# Taking back


def test_withdrawn_it_leaves_the_inboxes_of_who_has_not_read_it(
    announce, owner, teammate, administrator, committing, pushed
):
    made = announce()
    announce("Another")
    read = Notification.objects.get(recipient=teammate, title="Maintenance")
    read.mark_read()
    pushed.clear()
    with committing():
        assert made.withdraw(by=administrator)
    with committing():
        assert not made.withdraw(by=administrator)
    assert made.state == "withdrawn"
    assert titles(owner) == ["Another"]
    assert titles(teammate) == ["Another", "Maintenance"]
    counts_are_right()
    mine = [frame for user_id, frame in pushed if user_id == owner.pk]
    gone = Notification.objects.get(recipient=owner, title="Maintenance")
    assert mine == [
        {"type": "notification:deleted", "seq": 3, "unreadCount": 1, "id": str(gone.pk)}
    ]
    assert gone.seq == Inbox.objects.get(pk=owner.pk).seq == 3
    assert {user_id for user_id, _ in pushed} == {owner.pk, administrator.pk}
    changes = Inbox.objects.of(owner).changes(2)
    assert changes["removed"] == [str(gone.pk)]


def test_withdrawn_before_its_start_it_never_rings(announce, owner, administrator, clock, work):
    made = announce(starts_at=NOW + HOUR)
    announce("Stays", starts_at=NOW + HOUR)
    made.withdraw(by=administrator)
    clock.shift(HOUR)
    work()
    assert titles(owner) == ["Stays"]


def test_withdrawn_before_its_fan_out_it_is_told_to_nobody(owner, administrator, committing):
    made = Announcement(title="Maintenance", created_by=administrator)
    made.keep()  # the fan-out is not woken yet
    stays = Announcement(title="Stays", created_by=administrator)
    stays.keep()
    made.withdraw(by=administrator)
    Event.objects.fan_out()
    assert titles(owner) == ["Stays"]
    made.refresh_from_db()
    assert (made.state, made.event) == ("withdrawn", None)


def test_nobody_who_joins_is_told_what_is_withdrawn(announce, administrator, clock, work):
    announce().withdraw(by=administrator)
    announce("Stays")
    clock.shift(HOUR)
    new = UserFactory()
    work()
    assert titles(new) == ["Stays"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_withdrawing_while_it_is_told_and_read_leaves_the_counts_right(administrator, at_once):
    people = UserFactory.create_batch(5)
    for _ in range(10):
        made = Announcement(title="Maintenance", created_by=administrator)
        made.keep()

        def read_all():
            for person in people:
                Inbox.objects.of(person).mark_all_read()

        def take_back(made=made):
            return Announcement.objects.get(pk=made.pk).withdraw(by=administrator)

        def tell(administrator=administrator):
            Announcement(title="Other", created_by=administrator).keep()

        outcomes = at_once(take_back, read_all, take_back, tell)
        assert sorted((outcomes[0], outcomes[2])) == [False, True]
        unread = Notification.objects.filter(event=made.event_id).unread()
        assert not unread.filter(event__announcement=made).exists()
    counts_are_right()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_withdrawing_waits_for_a_fan_out_that_is_at_it(owner, administrator, at_once, monkeypatch):
    monkeypatch.setattr("notifications.models.event.fan_out.wake", lambda: None)
    made = Announcement(title="Maintenance", created_by=administrator)
    made.keep()
    told = threading.Event()

    def tell():
        with transaction.atomic():
            count = Event.objects.fan_out()
            told.set()
            until(somebody_waits)
        return count

    def take_back():
        assert told.wait(10)
        return Announcement.objects.get(pk=made.pk).withdraw(by=administrator)

    assert at_once(tell, take_back) == [1, True]
    assert (titles(owner), Notification.objects.count()) == ([], 2)
    counts_are_right()


# Changing


def test_what_is_told_keeps_its_words_and_gets_another_end(announce, owner, clock):
    made = announce()
    made.title, made.ends_at = "Another", NOW + HOUR
    made.keep()
    assert (made.title, made.ends_at) == ("Maintenance", NOW + HOUR)
    waits = announce(starts_at=NOW + HOUR)
    waits.title = "Another"
    waits.keep()
    waits.refresh_from_db()
    assert waits.title == "Another"
    waits.withdraw(by=None)
    waits.title = "Third"
    waits.keep()
    assert waits.title == "Another"


# What is refused


@pytest.mark.parametrize(
    "text",
    [
        "<b>Now</b>",
        "a<br>b",
        "<br/>",
        "<script>alert(1)</script>",
        "<A HREF='x'>y</A>",
        "<img\nsrc=x>",
        "<!-- x -->",
        "<!DOCTYPE html>",
        "x</p>",
    ],
)
@pytest.mark.parametrize("field", ["title", "message"])
def test_html_is_refused_with_what_to_do(field, text, administrator):
    fields = {"title": "Title"} | {field: text}
    with pytest.raises(ValidationError) as refused:
        Announcement(**fields).full_clean()
    said = refused.value.message_dict[field]
    if "\n" not in text or field == "message":
        assert said == [
            "Take the HTML tags out: announcements are shown as plain text, exactly as written."
        ]


@pytest.mark.parametrize(
    "text", ["1 < 2 and 3 > 2", "<3", "Ada <ada@example.com>", "a <- b", "&lt;b"]
)
def test_what_only_looks_a_little_like_html_is_shown_as_written(text, announce, page):
    announce(text, message=text)
    html = page.get("/settings/").content.decode()
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert html.count(f">{escaped}<") >= 2


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"title": ""}, "title", "Give a title."),
        ({"title": "a\nb"}, "title", "Write this on one line, without control characters."),
        ({"title": "x" * 201}, "title", "200"),
        ({"message": "x" * 2_001}, "message", "2000"),
        ({"audience": "nobody"}, "audience", "nobody"),
        ({"starts_at": NOW - HOUR}, "starts_at", "This has passed: give a later time"),
        ({"ends_at": NOW - HOUR}, "ends_at", "This has passed: give a later end"),
        ({"ends_at": NOW}, "ends_at", "This has passed: give a later end"),
        (
            {"starts_at": NOW + HOUR, "ends_at": NOW + HOUR},
            "ends_at",
            "Let it end after it starts.",
        ),
        ({"starts_at": datetime(2200, 1, 1, tzinfo=UTC)}, "starts_at", "before 2200"),
    ],
)
def test_bad_ones_are_refused_with_a_sentence(fields, field, said, clock):
    with pytest.raises(ValidationError) as refused:
        Announcement(**{"title": "Title"} | fields).full_clean()
    assert said in " ".join(refused.value.message_dict[field])


# The banner


def test_it_is_on_every_page_until_it_is_read_on_whatever_device(
    announce, owner, teammate, browser_as
):
    announce()
    mine, his = browser_as(owner), browser_as(teammate)
    assert (banners(mine), banners(his)) == (1, 1)
    assert banners(mine, "/leads/") == banners(mine, "/announcements/banners/") == 1
    row = Notification.objects.get(recipient=owner)
    sent = mine.post(f"/notifications/{row.pk}/read/", {"next": "/leads/"})
    assert sent["Location"] == "/leads/"
    assert (banners(mine), banners(browser_as(owner)), banners(his)) == (0, 0, 1)


def test_it_ends_with_its_end_and_the_notification_stays(announce, page, owner, clock):
    announce(ends_at=NOW + HOUR)
    assert banners(page) == 1
    clock.shift(HOUR)
    assert banners(page) == 0
    assert titles(owner) == ["Maintenance"]


def test_it_goes_when_it_is_withdrawn(announce, page, administrator):
    made = announce()
    announce("Stays")
    assert banners(page) == 2
    made.withdraw(by=administrator)
    assert banners(page) == 1


def test_the_latest_three_are_shown(announce, page, owner):
    for n in range(5):
        announce(f"Number {n}")
    html = page.get("/settings/").content.decode()
    shown = [n for n in range(5) if f"Dismiss: Number {n}" in html]
    assert shown == [2, 3, 4]
    Notification.objects.get(recipient=owner, title="Number 4").mark_read()
    assert "Dismiss: Number 1" in page.get("/settings/").content.decode()


def test_other_notifications_are_no_banners(page, owner):
    Notification.objects.create(recipient=owner, type="system", title="Tea")
    assert banners(page) == 0


def test_it_costs_a_page_no_query_while_nobody_announced_anything(announce, page, owner):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            page.get("/settings/")
        return len(captured)

    page.get("/settings/")
    before = queries()
    made = announce()
    assert queries() == before + 1
    announce("Another")
    assert queries() == before + 1
    Inbox.objects.of(owner).mark_all_read()
    made.refresh_from_db()
    assert queries() == before


# Pages


def test_an_administrator_writes_previews_and_withdraws_on_pages(
    browser_as, administrator, owner, committing
):
    browser = browser_as(administrator)
    form = {"title": "Tea", "message": "At four\r\nin the hall", "audience": "everyone"}
    shown = browser.post("/announcements/new/", form | {"preview": "1"}).content.decode()
    assert "So it will look" in shown
    assert not Announcement.objects.exists()
    with committing():
        assert browser.post("/announcements/new/", form).status_code == 302
    made = Announcement.objects.get()
    assert (made.created_by, made.message) == (administrator, "At four\nin the hall")
    assert titles(owner) == ["Tea"]
    listed = browser.get("/announcements/").content.decode()
    assert f"/announcements/{made.pk}/withdraw/" in listed
    asked = browser.get(f"/announcements/{made.pk}/withdraw/").content.decode()
    assert "Withdraw Tea?" in asked
    assert titles(owner) == ["Tea"]
    browser.post(f"/announcements/{made.pk}/withdraw/")
    assert titles(owner) == []
    listed = browser.get("/announcements/").content.decode()
    assert 'data-state="withdrawn"' in listed
    assert f"/announcements/{made.pk}/withdraw/" not in listed


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"title": ""}, "Give a title."),
        ({"message": "<b>x</b>"}, "Take the HTML tags out"),
        ({"ends_at": "2020-01-01T10:00"}, "This has passed"),
        ({"starts_at": "2027-03-28T02:30"}, "does not exist on"),
        ({"starts_at": "9999-12-31T23:59"}, "before 2200"),
        ({"starts_at": "tomorrow"}, "Enter a valid date/time."),
    ],
)
@pytest.mark.parametrize("button", ["preview", "announce"])
def test_the_page_says_what_is_wrong_and_stores_nothing(
    button, fields, said, browser_as, administrator, owner
):
    browser = browser_as(administrator)
    browser.cookies["zone"] = "Europe/Berlin"
    form = {"title": "Tea", "audience": "everyone", button: "1"} | fields
    response = browser.post("/announcements/new/", form)
    assert response.status_code == 200
    assert said in response.content.decode()
    assert (Announcement.objects.count(), Event.objects.count()) == (0, 0)


def test_the_list_says_what_became_of_each_page_by_page(
    announce, browser_as, administrator, clock, monkeypatch
):
    announce("Never", starts_at=NOW + MINUTE, ends_at=NOW + 2 * MINUTE)
    announce("Later", starts_at=NOW + HOUR)
    clock.shift(5 * MINUTE)
    browser = browser_as(administrator)
    html = browser.get("/announcements/").content.decode()
    assert "never told: no worker ran from its start to its end" in html
    assert 'data-state="scheduled"' in html
    monkeypatch.setattr("crm.announcing.views.PAGE", 1)
    first = browser.get("/announcements/").content.decode()
    later = Announcement.objects.get(title="Later").pk
    assert f"?before={later}" in first
    assert "Never" not in first
    assert "Never" in browser.get(f"/announcements/?before={later}").content.decode()
    assert browser.get("/announcements/?before=x").status_code == 200


def test_the_list_takes_as_many_queries_for_many_as_for_one(announce, browser_as, administrator):
    browser = browser_as(administrator)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert browser.get("/announcements/").status_code == 200
        return len(captured)

    announce().withdraw(by=administrator)
    queries()
    one = queries()
    for _ in range(5):
        announce().withdraw(by=UserFactory(role="admin"))
    assert queries() == one == 4  # session, user, where they stand, the list


# Who may


@pytest.mark.parametrize("role", ["rep", "manager"])
def test_nobody_else_announces_or_withdraws(role, announce, browser_as, api_of):
    made, person = announce(starts_at=timezone.now() + HOUR), UserFactory(role=role)
    browser, api = browser_as(person), api_of(person)
    withdraw = f"/announcements/{made.pk}/withdraw/"
    for path in ("/announcements/", "/announcements/new/", withdraw):
        refused = browser.get(path)
        assert refused.status_code == 403
        assert "Only administrators announce something" in refused.content.decode()
    for path in ("/announcements/new/", withdraw):
        assert browser.post(path, {"title": "x", "audience": "everyone"}).status_code == 403
    assert browser.get("/admin/notifications/announcement/").status_code == 302
    assert api.get(API).status_code == api.post(API, {"title": "x"}).status_code == 403
    refused = api.post(f"{API}{made.pk}/withdraw/")
    assert refused.status_code == 403
    assert refused.json() == {"detail": "Only administrators announce something: ask one."}
    made.refresh_from_db()
    assert (Announcement.objects.count(), made.state) == (1, "scheduled")
    html = browser.get("/settings/").content.decode()
    assert 'href="/announcements/"' not in html


@pytest.mark.parametrize("path", ["", "new/", "{pk}/withdraw/", "banners/"])
def test_who_is_signed_out_is_sent_to_sign_in_and_a_get_writes_nothing(
    path, announce, client, browser_as, administrator
):
    made = announce()
    path = f"/announcements/{path.format(pk=made.pk)}"
    before = list(Announcement.objects.values()), Event.objects.count()
    assert client.get(path)["Location"] == f"/login/?next={path}"
    client.post(path, {"title": "Tea", "audience": "everyone"})
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(administrator, backend="django.contrib.auth.backends.ModelBackend")
    assert strict.post(path, {"title": "Tea", "audience": "everyone"}).status_code == 403
    assert browser_as(administrator).get(path).status_code == 200
    assert (list(Announcement.objects.values()), Event.objects.count()) == before


# REST


def test_an_administrator_announces_over_rest(api_of, administrator, owner, committing):
    api = api_of(administrator)
    with committing():
        answer = api.post(API, {"title": "Tea", "message": "At < four"})
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {
        *("id", "title", "message", "audience", "startsAt", "endsAt", "state", "createdById"),
        *("createdAt", "raisedAt", "withdrawnAt", "withdrawnById"),
    }
    assert (body["state"], body["audience"], body["endsAt"]) == ("shown", "everyone", None)
    assert body["createdById"] == administrator.pk
    assert titles(owner) == ["Tea"]
    assert api.get(API).json()["results"] == [body]
    withdrawn = api.post(f"{API}{body['id']}/withdraw/")
    assert (withdrawn.status_code, withdrawn.json()["state"]) == (200, "withdrawn")
    assert api.post(f"{API}{body['id']}/withdraw/").json() == withdrawn.json()
    assert titles(owner) == []
    assert api.post(f"{API}999/withdraw/").status_code == 404


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": None}, "title"),
        ({"title": " "}, "title"),
        ({"title": "<i>x</i>"}, "title"),
        ({"title": ["x"]}, "title"),
        ({"message": "a\x00b"}, "message"),
        ({"message": "x" * 2_001}, "message"),
        ({"message": "x" * 900_000}, "message"),
        ({"audience": "all"}, "audience"),
        ({"startsAt": "2020-01-01T00:00:00Z"}, "startsAt"),
        ({"startsAt": "0001-01-01T00:00:00+14:00"}, "startsAt"),
        ({"endsAt": "9999-12-31T23:59:59-14:00"}, "endsAt"),
        ({"endsAt": "2020-01-01T00:00:00Z"}, "endsAt"),
        ({"endsAt": "soon"}, "endsAt"),
    ],
)
def test_rest_says_what_is_wrong_by_field_and_stores_nothing(
    fields, field, api_of, administrator, owner
):
    answer = api_of(administrator).post(API, {"title": "Tea"} | fields)
    assert answer.status_code == 400
    assert list(answer.json()) == [field] or "detail" in answer.json()
    assert (Announcement.objects.count(), Event.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "body", [rb'{"title": "Tea \ud800"}', rb'{"title": "Tea", "audience": "\ud800"}']
)
def test_half_a_character_is_refused_over_rest(body, api_of, administrator):
    answer = api_of(administrator).generic("POST", API, body, content_type="application/json")
    assert answer.status_code == 400
    assert not Announcement.objects.exists()


def test_rest_lists_them_newest_first_in_one_query(
    announce, api_of, administrator, django_assert_num_queries
):
    made = [announce(str(n)).pk for n in range(3)]
    with django_assert_num_queries(1):
        body = api_of(administrator).get(API).json()
    assert [row["id"] for row in body["results"]] == made[::-1]


# The admin


def test_the_admin_writes_changes_the_end_of_and_withdraws(
    browser_as, administrator, owner, committing, clock
):
    desk, admin = browser_as(administrator), "/admin/notifications/announcement/"
    form = {"title": "Tea", "message": "At four", "audience": "everyone"}
    with committing():
        assert desk.post(f"{admin}add/", form).status_code == 302
    made = Announcement.objects.get()
    assert (made.created_by, titles(owner)) == (administrator, ["Tea"])
    change = f"{admin}{made.pk}/change/"
    end = {"ends_at_0": "2026-03-02", "ends_at_1": "13:00:00"}
    answer = desk.post(change, end | {"title": "Coffee"}, follow=True)
    assert "It was told meanwhile" in answer.content.decode()
    made.refresh_from_db()
    assert (made.title, made.ends_at) == ("Tea", NOW + HOUR)
    refused = desk.post(change, {"ends_at_0": "2026-03-02", "ends_at_1": "11:00:00"})
    assert "This has passed" in refused.content.decode()
    action = {"action": "withdraw", "_selected_action": [made.pk]}
    assert "1 withdrawn." in desk.post(admin, action, follow=True).content.decode()
    assert "0 withdrawn." in desk.post(admin, action, follow=True).content.decode()
    assert titles(owner) == []
    assert "withdrawn" in desk.get(admin).content.decode()
    assert desk.post(change, end).status_code == 403
    assert desk.post(f"{admin}{made.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_admin_refuses_html_and_changes_what_waits(browser_as, administrator, clock):
    desk, admin = browser_as(administrator), "/admin/notifications/announcement/"
    later = {"starts_at_0": "2026-03-02", "starts_at_1": "18:00:00"}
    form = {"title": "<b>Tea</b>", "message": "", "audience": "everyone"} | later
    assert "Take the HTML tags out" in desk.post(f"{admin}add/", form).content.decode()
    assert not Announcement.objects.exists()
    desk.post(f"{admin}add/", form | {"title": "Tea"})
    made = Announcement.objects.get()
    desk.post(f"{admin}{made.pk}/change/", form | {"title": "Coffee", "audience": "rep"})
    made.refresh_from_db()
    assert (made.title, made.audience, made.state) == ("Coffee", "rep", "scheduled")
