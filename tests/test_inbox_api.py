"""A user's own notifications over REST: the list, read state, deletion, and what changed."""

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from rest_framework.test import APIClient

from notifications import realtime
from notifications.models import Inbox, Notification
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db

INBOX = "/api/notifications/"
CHANGES = f"{INBOX}changes/"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def tell():
    """``tell(user)`` makes a notification of theirs."""

    def made(user, title="Hello", **fields):
        return Notification.objects.create(
            recipient=user, title=title, **{"type": "system"} | fields
        )

    return made


@pytest.fixture
def pushed(monkeypatch):
    """The pushes that were published instead of sent."""
    pushes = []
    monkeypatch.setattr(realtime, "publish", lambda batch, then=None: pushes.extend(batch))
    return pushes


def url_of(notification):
    return f"{INBOX}{notification.pk}/"


def call(api, method, url):
    return getattr(api, method)(url, None if method == "get" else {"isRead": True})


def titles(response):
    assert response.status_code == 200, response.content[:300]
    return [row["title"] for row in response.json()["results"]]


def position(api):
    return api.get("/api/me/").json()["seq"]


# The list


def test_the_list_has_the_agreed_shape(api, owner, teammate, tell):
    lead = LeadFactory()
    with time_machine.travel(NOON, tick=False) as clock:
        made = tell(owner, message="Text", related_lead=lead, url="/leads/1/", actor=teammate)
        clock.shift(timedelta(minutes=1))
        made.mark_read()
    body = api.get(INBOX).json()
    assert body == {
        "next": None,
        "previous": None,
        "seq": 2,
        "unreadCount": 0,
        "results": [
            {
                "id": str(made.pk),
                "type": "system",
                "title": "Hello",
                "message": "Text",
                "isRead": True,
                "readAt": "2026-03-01T12:01:00Z",
                "relatedLeadId": lead.pk,
                "url": "/leads/1/",
                "actorId": teammate.pk,
                "seq": 2,
                "createdAt": "2026-03-01T12:00:00Z",
                "updatedAt": "2026-03-01T12:01:00Z",
            }
        ],
    }
    assert uuid.UUID(body["results"][0]["id"]).version == 7


def test_the_list_is_newest_first_with_the_position_and_the_unread_count(api, owner, tell):
    empty = api.get(INBOX).json()
    assert empty == {"next": None, "previous": None, "results": [], "seq": 0, "unreadCount": 0}
    first, _, _ = (tell(owner, title) for title in ("one", "two", "three"))
    first.mark_read()
    response = api.get(INBOX)
    assert titles(response) == ["three", "two", "one"]
    assert (response.json()["seq"], response.json()["unreadCount"]) == (4, 2)


def test_pages_are_linked_and_each_brings_the_position(api, owner, tell):
    for number in range(7):
        tell(owner, str(number))
    url, found, positions = f"{INBOX}?pageSize=3", [], []
    while url:
        response = api.get(url)
        found += titles(response)
        positions.append((response.json()["seq"], response.json()["unreadCount"]))
        url = response.json()["next"]
        tell(owner, "arrived meanwhile")
    assert found == [str(number) for number in range(6, -1, -1)]
    assert positions == [(7, 7), (8, 8), (9, 9)]


def test_the_list_is_narrowed_by_read_state_type_and_lead(api, owner, tell):
    lead, other = LeadFactory(), LeadFactory()
    tell(owner, "a", type="contact", related_lead=lead).mark_read()
    tell(owner, "b", type="contact", related_lead=other)
    tell(owner, "c", type="system")
    assert titles(api.get(INBOX, {"isRead": "true"})) == ["a"]
    assert titles(api.get(INBOX, {"isRead": "false"})) == ["c", "b"]
    assert titles(api.get(INBOX, {"type": "contact"})) == ["b", "a"]
    assert titles(api.get(INBOX, {"lead": lead.pk})) == ["a"]
    assert titles(api.get(INBOX, {"lead": other.pk, "isRead": "true"})) == []
    assert titles(api.get(INBOX, {"type": "contact", "isRead": "false"})) == ["b"]


def test_the_list_is_the_same_however_it_is_asked_for(api, owner, teammate, tell):
    """As it is, by a query that is ready; narrowed, by one that is made for it."""
    tell(owner, "Café", related_lead=LeadFactory(), url="/leads/1/", actor=teammate)
    tell(owner, "gone").delete()
    tell(owner)
    tell(teammate)
    plain = api.get(INBOX)
    assert titles(plain) == ["Hello", "Café"]
    for query in ({"pageSize": 2}, {"isRead": "false"}, {"type": ""}, {"unknown": "x"}):
        assert api.get(INBOX, query).content == plain.content


@pytest.mark.parametrize(
    ("name", "value"),
    [("isRead", "maybe"), ("isRead", "1"), ("type", "gossip"), ("lead", "x"), ("lead", "0"),
     ("lead", "9" * 30), ("cursor", "x"), ("pageSize", "0")],
)  # fmt: skip
def test_a_filter_with_no_meaning_gets_a_400_that_names_it(name, value, api):
    response = api.get(INBOX, {name: value})
    assert (response.status_code, list(response.json())) == (400, [name])


def test_the_unread_count_is_the_servers(api, owner, teammate, tell):
    read, deleted, _ = (tell(owner) for _ in range(3))
    tell(teammate)
    assert api.get(f"{INBOX}unread-count/").json() == {"unreadCount": 3}
    read.mark_read()
    deleted.delete()
    assert api.get(f"{INBOX}unread-count/").json() == {"unreadCount": 1}


def test_one_is_fetched_as_the_list_shows_it(api, owner, tell):
    made = tell(owner)
    assert api.get(url_of(made)).json() == api.get(INBOX).json()["results"][0]


def test_who_is_not_signed_in_gets_a_401_everywhere(owner, tell, api):
    made = tell(owner)
    calls = [
        ("get", INBOX, 200),
        ("get", url_of(made), 200),
        ("patch", url_of(made), 200),
        ("get", f"{CHANGES}?since=0", 200),
        ("get", f"{INBOX}unread-count/", 200),
        ("post", f"{INBOX}mark-all-read/", 200),
        ("delete", url_of(made), 204),
    ]
    for method, url, status in calls:
        assert call(APIClient(), method, url).status_code == 401
        assert call(api, method, url).status_code == status


# Nobody else's


@pytest.mark.parametrize(("method", "status"), [("get", 200), ("patch", 200), ("delete", 204)])
def test_anothers_notification_is_404_for_every_verb(
    method, status, api, api_of, owner, teammate, tell
):
    theirs = tell(teammate)
    refused = call(api, method, url_of(theirs))
    assert (refused.status_code, list(refused.json())) == (404, ["detail"])
    stored = Notification.objects.get()
    assert (stored.seq, stored.read_at, stored.deleted_at) == (1, None, None)
    allowed = call(api_of(teammate), method, url_of(theirs))
    assert allowed.status_code == status


def test_an_administrator_reads_nobody_elses_either(api_of, administrator, owner, tell):
    made = tell(owner)
    assert api_of(administrator).get(url_of(made)).status_code == 404
    assert api_of(owner).get(url_of(made)).status_code == 200


def test_lists_counts_changes_and_bulk_marks_are_ones_own(api, api_of, owner, teammate, tell):
    tell(owner, "mine")
    tell(teammate, "theirs")
    assert titles(api.get(INBOX)) == ["mine"]
    changed = api.get(CHANGES, {"since": 0}).json()["changed"]
    assert [row["title"] for row in changed] == ["mine"]
    assert api.post(f"{INBOX}mark-all-read/").json() == {"count": 1}
    assert api.get(f"{INBOX}unread-count/").json() == {"unreadCount": 0}
    assert api_of(teammate).get(f"{INBOX}unread-count/").json() == {"unreadCount": 1}


def test_there_is_no_put_and_nothing_is_posted(api, owner, tell):
    made = tell(owner)
    for response in (api.put(url_of(made), {"isRead": True}), api.post(INBOX, {"title": "x"})):
        assert (response.status_code, list(response.json())) == (405, ["detail"])
    assert Notification.objects.unread().count() == 1


# Read and unread


def test_read_and_unread_each_take_one_number_and_only_once(api, owner, tell):
    made = tell(owner)
    seen = []
    with time_machine.travel(NOON, tick=False) as clock:
        for read in (True, True, False, False, True):
            clock.shift(timedelta(minutes=1))
            body = api.patch(url_of(made), {"isRead": read}).json()
            count = api.get(f"{INBOX}unread-count/").json()["unreadCount"]
            seen.append((body["isRead"], body["readAt"], body["seq"], count))
            assert (body["seq"], body) == (position(api), api.get(url_of(made)).json())
    assert seen == [
        (True, "2026-03-01T12:01:00Z", 2, 0),
        (True, "2026-03-01T12:01:00Z", 2, 0),
        (False, None, 3, 1),
        (False, None, 3, 1),
        (True, "2026-03-01T12:05:00Z", 4, 0),
    ]


def test_what_changes_nothing_is_not_pushed_and_what_does_is(api, owner, tell, pushed, committing):
    made = tell(owner)
    with committing():
        api.patch(url_of(made), {"isRead": False})
    assert pushed == []
    with committing():
        api.patch(url_of(made), {"isRead": True})
    assert [json.loads(push.text)["type"] for push in pushed] == ["notification:updated"]


@pytest.mark.parametrize(
    "body",
    [{"isRead": value} for value in ("true", "", 1, 0, 1.0, None, [], {}, [True])]
    + [{}, {"is_read": True}, {"isread": True}],
)
def test_is_read_takes_true_or_false_and_nothing_like_it(body, api, owner, tell):
    made = tell(owner)
    response = api.patch(url_of(made), body)
    assert (response.status_code, list(response.json())) == (400, ["isRead"])
    assert position(api) == 1
    assert api.patch(url_of(made), {"isRead": True}).json()["seq"] == 2


def test_a_patch_changes_nothing_but_is_read(api, owner, tell):
    made = tell(owner)
    before = api.get(url_of(made)).json()
    body = {"isRead": True, "title": "Mine", "seq": 99, "readAt": "2000-01-01T00:00:00Z"}
    after = api.patch(url_of(made), body).json()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"isRead", "readAt", "seq", "updatedAt"}
    assert after["seq"] == 2
    assert not after["readAt"].startswith("2000")


def test_mark_all_read_marks_what_had_arrived_and_counts_it(api, owner, tell):
    tell(owner).mark_read()
    tell(owner).delete()
    tell(owner, "a")
    tell(owner, "b")
    before = position(api)
    assert api.post(f"{INBOX}mark-all-read/").json() == {"count": 2}
    late = tell(owner, "late")
    assert titles(api.get(INBOX, {"isRead": "false"})) == ["late"]
    assert (late.seq, position(api)) == (before + 2, before + 2)


def test_mark_all_read_with_nothing_unread_takes_no_number(api, owner, tell, pushed, committing):
    tell(owner).mark_read()
    with committing():
        assert api.post(f"{INBOX}mark-all-read/").json() == {"count": 0}
    assert (position(api), pushed) == (2, [])
    tell(owner)
    with committing():
        assert api.post(f"{INBOX}mark-all-read/").json() == {"count": 1}
    assert (position(api), len(pushed)) == (4, 1)


def test_a_bulk_mark_is_pushed_as_one_frame_without_rows(api, owner, tell, pushed, committing):
    tell(owner)
    tell(owner)
    with committing():
        api.post(f"{INBOX}mark-all-read/")
    (push,) = pushed
    assert json.loads(push.text) == {
        "type": "notifications:bulk-updated",
        "action": "mark-all-read",
        "count": 2,
        "seq": 3,
        "unreadCount": 0,
    }
    assert (push.user_id, push.seq) == (owner.pk, 3)


# Deleting


def test_a_deleted_one_is_gone_from_the_list_and_every_address(api, owner, tell):
    gone, stays = tell(owner, "gone"), tell(owner, "stays")
    assert api.delete(url_of(gone)).status_code == 204
    assert titles(api.get(INBOX)) == ["stays"]
    assert api.get(f"{INBOX}unread-count/").json() == {"unreadCount": 1}
    for method in ("get", "patch", "delete"):
        assert call(api, method, url_of(gone)).status_code == 404
    assert position(api) == 3
    assert api.get(url_of(stays)).status_code == 200


def test_deleting_a_read_one_leaves_the_count_alone(api, owner, tell):
    read, _ = tell(owner), tell(owner)
    read.mark_read()
    api.delete(url_of(read))
    assert api.get(f"{INBOX}unread-count/").json() == {"unreadCount": 1}


def test_one_that_is_deleted_while_it_is_marked_is_404(api, owner, tell, monkeypatch):
    made = tell(owner)
    mark = Notification.mark_read

    def mark_too_late(notification):
        Notification.objects.get(pk=notification.pk).delete()
        mark(notification)

    monkeypatch.setattr(Notification, "mark_read", mark_too_late)
    assert api.patch(url_of(made), {"isRead": True}).status_code == 404
    assert position(api) == 2


# What changed


def test_changes_bring_what_is_new_changed_and_removed_since(api, owner, tell):
    old, read, gone = (tell(owner, title) for title in ("old", "read", "gone"))
    since = position(api)
    api.patch(url_of(read), {"isRead": True})
    api.delete(url_of(gone))
    new = tell(owner, "new")
    assert api.get(CHANGES, {"since": since}).json() == {
        "since": 3,
        "seq": 6,
        "unreadCount": 2,
        "changed": [api.get(url_of(row)).json() for row in (read, new)],
        "removed": [str(gone.pk)],
        "hasMore": False,
    }
    assert api.get(url_of(old)).json()["seq"] <= since


def test_changes_since_now_are_none(api, owner, tell):
    tell(owner)
    assert api.get(CHANGES, {"since": 1}).json() == {
        "since": 1,
        "seq": 1,
        "unreadCount": 1,
        "changed": [],
        "removed": [],
        "hasMore": False,
    }


def pages_of_changes(api, since, limit):
    while True:
        page = api.get(CHANGES, {"since": since, "limit": limit}).json()
        yield page
        if not page["hasMore"]:
            return
        assert page["seq"] > since  # or it would go on for ever
        since = page["seq"]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6, 500, 10_000])
def test_changes_come_page_by_page_each_once(limit, api, owner, tell):
    rows = [tell(owner, str(number)) for number in range(5)]
    rows[1].delete()
    pages = list(pages_of_changes(api, 0, limit))
    assert all(len(page["changed"]) + len(page["removed"]) <= limit for page in pages)
    assert [page["hasMore"] for page in pages] == [True] * (len(pages) - 1) + [False]
    assert len(pages) == -(-5 // limit)
    changed = [row["title"] for page in pages for row in page["changed"]]
    assert changed == ["0", "2", "3", "4"]
    assert [pk for page in pages for pk in page["removed"]] == [str(rows[1].pk)]
    assert (pages[-1]["seq"], position(api)) == (6, 6)


def test_a_bulk_mark_of_more_than_a_page_comes_whole_in_bounded_pages(api, owner):
    Notification.objects.bulk_create(
        Notification(recipient=owner, type="system", title=str(number)) for number in range(1_001)
    )
    since = position(api)
    assert api.post(f"{INBOX}mark-all-read/").json() == {"count": 1_001}
    pages = list(pages_of_changes(api, since, 500))
    assert [len(page["changed"]) for page in pages] == [500, 500, 1]
    rows = [row for page in pages for row in page["changed"]]
    assert [row["title"] for row in rows] == [str(number) for number in range(1_001)]
    assert all(row["isRead"] for row in rows)
    assert pages[-1]["seq"] == position(api)


def test_a_number_of_many_rows_is_not_split_by_a_small_limit(api, owner, tell):
    for _ in range(4):
        tell(owner)
    api.post(f"{INBOX}mark-all-read/")
    last = tell(owner, "last")
    first, second = pages_of_changes(api, 4, 2)
    assert (len(first["changed"]), first["seq"], first["hasMore"]) == (4, 5, True)
    assert [row["id"] for row in second["changed"]] == [str(last.pk)]


def test_a_position_that_is_not_kept_or_lies_ahead_is_410(api, owner, tell):
    for _ in range(5):
        tell(owner)
    Inbox.objects.filter(user=owner).update(kept_since=3)
    for since in (0, 2, 6, 2**63 - 1):
        response = api.get(CHANGES, {"since": since})
        assert (response.status_code, list(response.json())) == (410, ["detail"])
    for since, count in ((3, 2), (5, 0)):
        assert len(api.get(CHANGES, {"since": since}).json()["changed"]) == count


@pytest.mark.parametrize(
    ("name", "value"),
    [("since", value) for value in ("", "-1", "x", "1.0", "+1", " 1", "٣", "9" * 30, str(2**63))]
    + [("limit", value) for value in ("", "0", "-1", "x", "1e3", "9" * 30)],
)
def test_a_since_or_limit_that_is_no_number_gets_a_400_that_names_it(name, value, api):
    response = api.get(CHANGES, {"since": "0", "limit": "1"} | {name: value})
    assert (response.status_code, list(response.json())) == (400, [name])
    assert api.get(CHANGES, {"since": "0", "limit": "1"}).status_code == 200


def test_changes_without_a_since_get_a_400_that_names_it(api):
    response = api.get(CHANGES)
    assert (response.status_code, list(response.json())) == (400, ["since"])


# The frame is the body


def in_frame(push, name):
    """The JSON text of the frame's last field, as it stands there."""
    _, found, value = push.text.partition(f'"{name}":')
    assert found
    return value.removesuffix("}").encode()


def test_a_notification_in_a_frame_is_byte_for_byte_the_rest_body(api, owner, pushed, committing):
    with committing():
        lead = api.post("/api/leads/", {"company": "Café <b>\U0001f514", "phone": "555 12"})
    live, created = pushed
    made = Notification.objects.get(recipient=owner)
    assert in_frame(live, "lead") == lead.content
    assert in_frame(created, "notification") == api.get(url_of(made)).content
    for change in (
        lambda: api.patch(url_of(made), {"isRead": True}),
        lambda: api.patch(url_of(made), {"isRead": False}),
        lambda: api.delete(f"/api/leads/{lead.json()['id']}/"),
    ):
        pushed.clear()
        with committing():
            change()
        body = api.get(url_of(made))
        assert in_frame(pushed[0], "notification") == body.content
        frame = json.loads(pushed[0].text)
        assert (pushed[0].seq, frame["seq"]) == (body.json()["seq"],) * 2
        assert frame["unreadCount"] == api.get("/api/me/").json()["unreadCount"]
    assert b'"relatedLeadId":null' in api.get(url_of(made)).content


def test_a_changed_lead_in_a_frame_is_byte_for_byte_the_rest_body(api, owner, pushed, committing):
    lead = LeadFactory(first_name="Zoë")
    with committing():
        body = api.patch(f"/api/leads/{lead.pk}/", {"stage": "won"}).content
    (push,) = pushed
    assert in_frame(push, "lead") == body == api.get(f"/api/leads/{lead.pk}/").content


def test_changes_bring_the_rows_as_a_fetch_does(api, owner, tell):
    made = tell(owner, "Café <b>")
    body = api.get(CHANGES, {"since": 0}).content
    assert b'"changed":[' + api.get(url_of(made)).content + b"]" in body


def test_a_deletion_is_pushed_with_the_id_alone(api, owner, tell, pushed, committing):
    made = tell(owner)
    with committing():
        api.delete(url_of(made))
    frame = {"type": "notification:deleted", "seq": 2, "unreadCount": 0, "id": str(made.pk)}
    assert [json.loads(push.text) for push in pushed] == [frame]


# What it costs


@pytest.mark.parametrize("count", [1, 60])
def test_reading_takes_the_same_few_queries_however_many(
    count, api, owner, teammate, tell, django_assert_num_queries
):
    lead = LeadFactory()
    for _ in range(count):
        made = tell(owner, related_lead=lead, actor=teammate)
    with django_assert_num_queries(1):
        assert len(titles(api.get(INBOX, {"pageSize": 100}))) == count
    with django_assert_num_queries(2):
        assert len(titles(api.get(INBOX, {"pageSize": 100, "isRead": "false"}))) == count
    with django_assert_num_queries(1):
        assert len(api.get(CHANGES, {"since": 0}).json()["changed"]) == count
    with django_assert_num_queries(1):
        api.get(url_of(made))
    with django_assert_num_queries(1):
        api.get(f"{INBOX}unread-count/")


@pytest.mark.parametrize("count", [1, 60])
def test_writing_takes_the_same_few_queries_however_many(
    count, api, owner, tell, django_assert_num_queries
):
    for _ in range(count + 2):
        made = tell(owner)
    with django_assert_num_queries(7):
        assert api.patch(url_of(made), {"isRead": True}).status_code == 200
    with django_assert_num_queries(7):
        assert api.delete(url_of(made)).status_code == 204
    with django_assert_num_queries(5):
        assert api.post(f"{INBOX}mark-all-read/").json() == {"count": count + 1}
    with django_assert_num_queries(3):
        assert api.post(f"{INBOX}mark-all-read/").json() == {"count": 0}
