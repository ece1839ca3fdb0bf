"""Chat: what is stored, who sees it, and that nothing of it is lost or told twice."""

import json
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from chat import consumers, rounds
from chat.models import ChatInbox, Conversation, Message, inbox
from crm.models import User
from notifications import realtime
from notifications.models import Notification, PositionLost
from tests.factories import UserFactory
from tests.sockets import Socket, tokens

pytestmark = pytest.mark.django_db

MESSAGES = "/api/messages/"


@pytest.fixture
def say():
    """``say(sender, recipient, body)`` sends a message."""

    def send(sender, recipient, body="Hello"):
        return Message.objects.create(sender=sender, recipient=recipient, body=body)

    return send


@pytest.fixture
def pushed(monkeypatch):
    """What is handed to the channel layer: ``(group, frame)``."""
    found = []

    def publish(messages, sent=(), then=None):
        found.extend(
            (group, json.loads(text)) for group, each in messages for _, text in each["frames"]
        )

    monkeypatch.setattr(realtime.sender, "publish", publish)
    return found


def standing(user):
    return ChatInbox.objects.standing(user.pk)


def unread_of(user):
    return Message.objects.filter(recipient=user, read_at=None).count()


# Sending


def test_a_message_is_stored_and_answered_as_it_is_told(api, owner, teammate, committing, pushed):
    with committing():
        answer = api.post(MESSAGES, {"recipientId": teammate.pk, "body": "Hello\nyou 👋"})

    assert answer.status_code == 201
    message = Message.objects.get()
    assert answer.json() == {
        "id": message.pk,
        "senderId": owner.pk,
        "recipientId": teammate.pk,
        "body": "Hello\nyou 👋",
        "createdAt": message.created_at.isoformat().replace("+00:00", "Z"),
        "readAt": None,
    }
    told = {"type": "new_message", "message": answer.json()}
    assert pushed == [
        (f"chat_message_{teammate.pk}", told),
        (f"chat_message_{teammate.pk}", {"type": "chat:state", "seq": 1, "unreadCount": 1}),
        (f"chat_message_{owner.pk}", told),
        (f"chat_message_{owner.pk}", {"type": "chat:state", "seq": 1, "unreadCount": 0}),
    ]
    assert not Notification.objects.exists()


def test_the_frame_has_the_bytes_of_rest(api, owner, teammate, committing, monkeypatch):
    texts = []
    monkeypatch.setattr(
        realtime.sender,
        "publish",
        lambda messages, *_: texts.extend(t for _, m in messages for _, t in m["frames"]),
    )
    with committing():
        api.post(MESSAGES, {"recipientId": teammate.pk, "body": "Grüße ‏שלום"})
    listed = api.get(MESSAGES, {"with": teammate.pk})

    row = listed.content.decode().partition('"results":[')[2].removesuffix("]}")
    assert texts[0] == f'{{"type":"new_message","message":{row}}}'


@pytest.mark.parametrize("missing", ["recipientId", "body"])
def test_both_fields_are_needed(missing, api, teammate):
    body = {"recipientId": teammate.pk, "body": "Hello"}
    del body[missing]
    answer = api.post(MESSAGES, body)
    assert (answer.status_code, list(answer.json())) == (400, [missing])


@pytest.mark.parametrize(
    "body",
    ["", "  \n ", "x" * 10_001, "a\x00b", "\ud800", None, 7, ["x"], {"a": 1}],
    ids=["empty", "blank", "long", "nul", "surrogate", "null", "number", "list", "object"],
)
def test_a_message_that_is_none_is_refused_with_a_sentence(body, api, owner, teammate, pushed):
    raw = json.dumps({"recipientId": teammate.pk, "body": body})
    answer = api.generic("POST", MESSAGES, raw, content_type="application/json")
    assert answer.status_code == 400
    (sentence,) = answer.json()["body"]
    assert sentence.endswith(".")
    assert not Message.objects.exists()
    assert (standing(owner), standing(teammate), pushed) == ((0, 0), (0, 0), [])


def test_a_message_may_have_ten_thousand_characters(api, teammate):
    answer = api.post(MESSAGES, {"recipientId": teammate.pk, "body": "👋" * 10_000})
    assert answer.status_code == 201
    assert len(Message.objects.get().body) == 10_000


@pytest.mark.parametrize("to", ["oneself", "who left", "nobody", "text", "true", "huge"])
def test_who_cannot_be_written_to_is_said_with_a_sentence(to, api, owner, teammate, outsider):
    ids = {"oneself": owner.pk, "who left": outsider.pk, "nobody": 10**6, "text": "x"}
    recipient = (ids | {"true": True, "huge": 2**70})[to]
    answer = api.post(MESSAGES, {"recipientId": recipient, "body": "Hello"})
    assert answer.status_code == 400
    assert answer.json()["recipientId"][0].endswith(".")
    assert not Message.objects.exists()
    assert api.post(MESSAGES, {"recipientId": teammate.pk, "body": "x"}).status_code == 201


def test_the_same_key_sends_one_message(api, teammate):
    body = {"recipientId": teammate.pk, "body": "Once"}
    first = api.post(MESSAGES, body, headers={"Idempotency-Key": "k1"})
    again = api.post(MESSAGES, body, headers={"Idempotency-Key": "k1"})
    other = api.post(MESSAGES, body | {"body": "x"}, headers={"Idempotency-Key": "k1"})
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
    assert "Idempotent-Replayed" not in first.headers
    assert other.status_code == 422
    assert Message.objects.count() == 1


def test_who_is_not_signed_in_is_refused(client, owner, teammate):
    assert client.get(MESSAGES).status_code == 401
    assert client.post(MESSAGES, {"recipientId": owner.pk, "body": "x"}).status_code == 401
    assert client.get("/api/conversations/").status_code == 401


def test_nobody_writes_to_themselves_whatever_the_door(owner, say):
    with pytest.raises(IntegrityError), transaction.atomic():
        say(owner, owner)
    assert not Message.objects.exists()


# Reading


def test_a_conversation_is_listed_newest_first_and_in_pages(api, owner, teammate, manager, say):
    for n in range(5):
        say(*((owner, teammate) if n % 2 else (teammate, owner)), f"{n}")
    say(manager, owner, "other")

    page = api.get(MESSAGES, {"with": teammate.pk, "pageSize": 2}).json()
    bodies = [row["body"] for row in page["results"]]
    while page["next"]:
        page = api.get(page["next"]).json()
        bodies += [row["body"] for row in page["results"]]
    assert bodies == ["4", "3", "2", "1", "0"]
    assert len(api.get(MESSAGES).json()["results"]) == 6


@pytest.mark.parametrize("value", ["", "x", "-1", "0", "1.5", "9" * 30])
def test_with_is_somebodys_id(value, api):
    assert api.get(MESSAGES, {"with": value}).json() == {"with": ["Give a whole number from 1."]}


def test_nobody_sees_what_two_others_write(api_of, owner, teammate, manager, administrator, say):
    message = say(owner, teammate, "Between us")
    for person in (manager, administrator):
        api = api_of(person)
        for query in ({}, {"with": owner.pk}, {"with": teammate.pk}):
            assert api.get(MESSAGES, query).json()["results"] == []
        assert api.get("/api/conversations/").json()["results"] == []
        assert api.get(f"{MESSAGES}changes/?since=0").json()["changed"] == []
        asked = {"with": owner.pk, "upTo": message.pk}
        assert api.post(f"{MESSAGES}read/", asked).json() == {"count": 0, "unreadCount": 0}
    message.refresh_from_db()
    assert message.read_at is None
    for person, other in ((owner, teammate), (teammate, owner)):
        assert len(api_of(person).get(MESSAGES, {"with": other.pk}).json()["results"]) == 1
        assert len(api_of(person).get(f"{MESSAGES}changes/?since=0").json()["changed"]) == 1


def test_conversations_come_with_their_last_message_and_how_many_are_unread(
    api, owner, teammate, manager, say
):
    for body in ("1", "2"):
        say(teammate, owner, body)
    say(owner, manager, "3")
    found = api.get("/api/conversations/").json()["results"]
    assert [(row["userId"], row["unreadCount"], row["lastMessage"]["body"]) for row in found] == [
        (manager.pk, 0, "3"),
        (teammate.pk, 2, "2"),
    ]


def test_reading_marks_up_to_a_message_once_and_tells_both(
    api, owner, teammate, manager, say, committing, pushed
):
    first, second = say(teammate, owner), say(teammate, owner)
    say(manager, owner)
    with committing():
        answer = api.post(f"{MESSAGES}read/", {"with": teammate.pk, "upTo": first.pk})
    assert answer.json() == {"count": 1, "unreadCount": 2}
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.read_at == first.delivered_at != None  # noqa: E711
    assert (second.read_at, unread_of(owner)) == (None, 2)
    told = {
        "type": "chat:read",
        "readerId": owner.pk,
        "senderId": teammate.pk,
        "upTo": first.pk,
        "at": first.read_at.isoformat().replace("+00:00", "Z"),
    }
    assert pushed == [
        (f"chat_message_{teammate.pk}", told | {"seq": 3, "unreadCount": 0}),
        (f"chat_message_{owner.pk}", told | {"seq": 4, "unreadCount": 2}),
    ]
    with committing():
        again = api.post(f"{MESSAGES}read/", {"with": teammate.pk, "upTo": first.pk})
    assert (again.json()["count"], len(pushed), standing(owner)) == (0, 2, (4, 2))


@pytest.mark.parametrize(
    "body", [{}, {"with": 1}, {"upTo": 1}, {"with": "x", "upTo": 1}, {"with": 1, "upTo": True}, []]
)
def test_what_to_mark_must_be_said(body, api):
    assert api.post(f"{MESSAGES}read/", body).status_code == 400


def test_marking_very_many_takes_a_number_for_each_part(owner, teammate, say, monkeypatch):
    monkeypatch.setattr(inbox, "PAGE", 2)
    last = [say(teammate, owner) for _ in range(5)][-1]
    assert ChatInbox(pk=owner.pk).mark_read(teammate.pk, last.pk) == 5
    assert (standing(owner), standing(teammate)) == ((8, 0), (8, 0))


def test_a_receipt_ticks_what_came_once(owner, teammate, manager, say, committing, pushed):
    mine, hers = say(teammate, owner), say(manager, owner)
    with committing():
        assert ChatInbox(pk=owner.pk).acknowledge(1) == 1
    mine.refresh_from_db()
    hers.refresh_from_db()
    assert mine.delivered_at
    assert hers.delivered_at is None
    ((group, frame),) = pushed
    assert group == f"chat_message_{teammate.pk}"
    assert (frame["type"], frame["recipientId"], frame["upTo"]) == (
        "chat:delivered",
        owner.pk,
        mine.pk,
    )
    with committing():
        assert ChatInbox(pk=owner.pk).acknowledge(1) == 0
        assert ChatInbox(pk=manager.pk).acknowledge(9) == 0  # it is not hers
    assert len(pushed) == 1
    with committing():
        assert ChatInbox(pk=owner.pk).acknowledge(2) == 1
    assert pushed[1][0] == f"chat_message_{manager.pk}"


def test_what_was_written_with_who_left_stays_readable(api, owner, teammate, say):
    message = say(teammate, owner)
    teammate.is_active = False
    teammate.save()
    assert len(api.get(MESSAGES, {"with": teammate.pk}).json()["results"]) == 1
    asked = {"with": teammate.pk, "upTo": message.pk}
    assert api.post(f"{MESSAGES}read/", asked).json() == {"count": 1, "unreadCount": 0}


# The sequence


def test_a_rollback_sends_and_stores_nothing(owner, teammate, say, committing, pushed):
    with committing(), transaction.atomic():
        say(owner, teammate)
        transaction.set_rollback(True)
    assert (pushed, standing(teammate), Message.objects.count()) == ([], (0, 0), 0)
    with committing():
        say(owner, teammate)
    assert len(pushed) == 4


@pytest.mark.django_db(transaction=True)
def test_a_frame_is_sent_when_a_fetch_would_return_the_message(
    owner, teammate, say, monkeypatch, at_once
):
    found = []

    def publish(messages, *_):
        found.extend(at_once(Message.objects.count))

    monkeypatch.setattr(realtime.sender, "publish", publish)
    say(owner, teammate)
    assert found == [1]


def test_a_push_that_fails_does_not_fail_the_message(api, teammate, committing, monkeypatch):
    def broken(*_):
        raise ConnectionError

    monkeypatch.setattr(realtime.sender, "publish", broken)
    with committing():
        answer = api.post(MESSAGES, {"recipientId": teammate.pk, "body": "Hello"})
    assert (answer.status_code, Message.objects.count()) == (201, 1)


def test_changes_are_asked_for_since_a_position(api, owner, teammate, say):
    for n in range(3):
        say(teammate, owner, f"{n}")
    page = api.get(f"{MESSAGES}changes/", {"since": 1, "limit": 1}).json()
    assert [row["body"] for row in page["changed"]] == ["1"]
    assert (page["since"], page["seq"], page["unreadCount"], page["hasMore"]) == (1, 2, 3, True)
    page = api.get(f"{MESSAGES}changes/", {"since": 2}).json()
    assert ([row["body"] for row in page["changed"]], page["hasMore"]) == (["2"], False)
    assert api.get(f"{MESSAGES}changes/", {"since": 3}).json()["changed"] == []
    assert api.get(f"{MESSAGES}changes/", {"since": 4}).status_code == 410
    for bad in ({}, {"since": "x"}, {"since": -1}, {"since": 0, "limit": 0}):
        assert api.get(f"{MESSAGES}changes/", bad).status_code == 400


def test_changes_say_what_was_delivered(api_of, owner, teammate, say):
    message = say(owner, teammate)
    ChatInbox(pk=teammate.pk).acknowledge(1)
    page = api_of(owner).get(f"{MESSAGES}changes/", {"since": 1}).json()
    assert (page["seq"], page["delivered"]) == (2, [message.pk])
    assert api_of(teammate).get(f"{MESSAGES}changes/", {"since": 1}).json()["changed"] == []


def test_a_number_is_never_split(owner, teammate, say):
    last = [say(teammate, owner) for _ in range(4)][-1]
    ChatInbox(pk=owner.pk).mark_read(teammate.pk, last.pk)
    page = ChatInbox(pk=owner.pk).changes(0, limit=2)
    assert (len(page["changed"]), page["seq"], page["hasMore"]) == (4, 5, False)


class Client:
    """Keeps what it was told by pages of changes alone."""

    def __init__(self, user):
        self.inbox, self.seq, self.rows, self.unread = ChatInbox(pk=user.pk), 0, {}, 0

    def catch_up(self, limit):
        while True:
            page = self.inbox.changes(self.seq, limit)
            self.rows |= {row["id"]: row for row in page["changed"]}
            self.seq, self.unread = page["seq"], page["unreadCount"]
            if not page["hasMore"]:
                return


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["send", "read", "ack", "look"]),
        st.integers(0, 2),
        st.integers(0, 2),
        st.integers(1, 4),
    ),
    max_size=25,
)


class TestCatchingUp(TestCase):
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(acts=ACTS)
    def test_what_was_there_and_the_changes_are_a_fresh_fetch(self, acts):
        people = [UserFactory() for _ in range(3)]
        clients = [Client(person) for person in people]
        for act, who, whom, size in acts:
            one, other = people[who], people[whom]
            if act == "send" and one != other:
                Message.objects.create(sender=one, recipient=other, body="x")
            elif act == "read" and one != other:
                sent = Message.objects.between(one.pk, other.pk).order_by("pk")[:size]
                ChatInbox(pk=one.pk).mark_read(other.pk, max([row.pk for row in sent], default=1))
            elif act == "ack":
                ChatInbox(pk=one.pk).acknowledge(size)
            elif act == "look":
                clients[who].catch_up(size)
        for person, client in zip(people, clients, strict=True):
            client.catch_up(2)
            fresh = {row.pk: row.as_json() for row in Message.objects.of(person.pk)}
            assert client.rows == fresh
            assert (client.seq, client.unread) == standing(person)
            assert client.unread == unread_of(person)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_many_who_write_at_once_every_number_is_taken_once_and_in_order(
    owner, teammate, manager, at_once
):
    people = (owner, teammate, manager)
    seen = Client(owner)
    pairs = [(a, b) for a in people for b in people if a != b]

    def write(sender, recipient):
        for _ in range(5):
            Message.objects.create(sender=sender, recipient=recipient, body="x")
        last = Message.objects.between(sender.pk, recipient.pk).order_by("-pk").first()
        ChatInbox(pk=sender.pk).mark_read(recipient.pk, last.pk)
        return True

    def watch():
        for _ in range(30):
            seen.catch_up(3)
        return True

    at_once(watch, *[lambda pair=pair: write(*pair) for pair in pairs])

    seen.catch_up(3)
    assert seen.rows == {row.pk: row.as_json() for row in Message.objects.of(owner.pk)}
    assert len(seen.rows) == 20
    assert Conversation.objects.count() == 3
    for person in people:
        assert standing(person)[1] == unread_of(person)
    between = Message.objects.between(owner.pk, teammate.pk).order_by("pk")
    numbers = [row.recipient_seq for row in between.filter(recipient=owner, read_at=None)]
    assert numbers == sorted(numbers)


def test_a_position_that_was_never_reached_is_lost(owner):
    with pytest.raises(PositionLost):
        ChatInbox(pk=owner.pk).changes(1)


def test_who_wrote_is_not_deleted(owner, teammate, say):
    say(owner, teammate)
    with pytest.raises(Exception, match="protected"):
        owner.delete()
    assert User.objects.filter(pk=owner.pk).exists()


# Few queries


@pytest.mark.parametrize("count", [1, 30])
def test_lists_take_the_same_few_queries_for_one_and_for_many(
    count, api, owner, say, django_assert_num_queries
):
    for _ in range(count):
        person = UserFactory()
        say(person, owner)
    with django_assert_num_queries(1):
        assert len(api.get(MESSAGES).json()["results"]) == count
    with django_assert_num_queries(1):
        assert api.get(MESSAGES, {"with": person.pk}).json()["results"]
    with django_assert_num_queries(2):  # the conversations; what is unread
        assert len(api.get("/api/conversations/").json()["results"]) == count
    with django_assert_num_queries(3):  # where it stands; sent; got
        assert len(api.get(f"{MESSAGES}changes/?since=0").json()["changed"]) == count


def test_sending_and_reading_take_few_queries(api, owner, teammate, say, django_assert_num_queries):
    say(owner, teammate)
    message = say(teammate, owner)
    # Who they are twice; a savepoint and its release; that there are two inboxes; both; a
    # number each; the conversation, the message, and that it is the last.
    with django_assert_num_queries(11):
        api.post(MESSAGES, {"recipientId": teammate.pk, "body": "x"})
    with django_assert_num_queries(11):
        api.post(f"{MESSAGES}read/", {"with": teammate.pk, "upTo": message.pk})


# The socket


@pytest.fixture
def token_of():
    return sync_to_async(lambda user: tokens(user)["access"])


async_say = sync_to_async(
    lambda a, b, body="Hello": Message.objects.create(sender=a, recipient=b, body=body)
)
async_read = sync_to_async(lambda a, b, up_to: ChatInbox(pk=a.pk).mark_read(b.pk, up_to))
socketed = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("in_process"),
]


def on_sockets(test):
    for mark in socketed:
        test = mark(test)
    return test


async def nothing_came(socket):
    """A reply to our own frame is the next that comes."""
    await socket.send({"type": "chat:sync", "since": 10**6})
    return (await socket.next())["type"] == "chat:reset"


@on_sockets
async def test_a_message_reaches_both_of_the_two_and_nobody_else(
    owner, teammate, manager, token_of
):
    async with (
        Socket(await token_of(owner)) as mine,
        Socket(await token_of(teammate)) as theirs,
        Socket(await token_of(manager)) as others,
    ):
        message = await async_say(owner, teammate)
        for socket in (mine, theirs):
            assert await socket.next() == {"type": "new_message", "message": message.as_json()}
            assert (await socket.next())["type"] == "chat:state"
        assert await nothing_came(others)

        await async_say(owner, manager)
        assert (await others.next())["type"] == "new_message"


@on_sockets
async def test_ticks_come_by_the_socket(owner, teammate, token_of):
    async with Socket(await token_of(owner)) as mine, Socket(await token_of(teammate)) as theirs:
        message = await async_say(owner, teammate)
        await theirs.next("chat:state")
        await theirs.send({"type": "chat:ack", "seq": 1})
        delivered = await mine.next("chat:delivered")
        assert (delivered["upTo"], delivered["seq"]) == (message.pk, 2)
        await async_read(teammate, owner, message.pk)
        read = await mine.next("chat:read")
        assert (read["readerId"], read["upTo"], read["seq"]) == (teammate.pk, message.pk, 3)
        assert (await theirs.next("chat:read"))["unreadCount"] == 0


@on_sockets
async def test_typing_is_passed_on_to_one_person_and_not_more_than_every_two_seconds(
    owner, teammate, manager, token_of, monkeypatch
):
    async with (
        Socket(await token_of(owner)) as mine,
        Socket(await token_of(teammate)) as theirs,
        Socket(await token_of(manager)) as others,
    ):
        for _ in range(5):
            await mine.send({"type": "chat:typing", "to": teammate.pk})
        assert await theirs.next() == {"type": "chat:typing", "userId": owner.pk}
        assert await nothing_came(mine)  # so all of them were taken
        assert await nothing_came(theirs)
        assert await nothing_came(others)

        monkeypatch.setattr(consumers, "TYPING_EVERY", 0)
        await mine.send({"type": "chat:typing", "to": manager.pk})
        assert await others.next() == {"type": "chat:typing", "userId": owner.pk}
        for bad in ({}, {"to": "x"}, {"to": -1}, {"to": True}):
            await mine.send({"type": "chat:typing", **bad})
            assert (await mine.next())["code"] == "invalid"


@on_sockets
async def test_who_comes_back_is_told_what_they_missed(owner, teammate, token_of):
    for body in ("1", "2"):
        await async_say(teammate, owner, body)
    async with Socket(await token_of(owner)) as mine:
        await mine.send({"type": "chat:sync", "since": 1})
        page = await mine.next("chat:sync")
        assert [row["body"] for row in page["changed"]] == ["2"]
        assert (page["seq"], page["unreadCount"], page["hasMore"]) == (2, 2, False)
        await mine.send({"type": "chat:sync", "since": 3})
        assert await mine.next() == {"type": "chat:reset", "seq": 2, "unreadCount": 2}


@on_sockets
async def test_a_lost_push_is_made_up_for_by_the_next_round(owner, teammate, token_of, monkeypatch):
    async with Socket(await token_of(owner)) as mine:
        told = await rounds.tell({})
        assert await nothing_came(mine)
        with monkeypatch.context() as patch:
            patch.setattr(realtime.sender, "publish", lambda *_: None)
            await async_say(teammate, owner)
        assert await nothing_came(mine)
        told = await rounds.tell(told)
        assert await mine.next() == {"type": "chat:state", "seq": 1, "unreadCount": 1}
        await rounds.tell(told)
        assert await nothing_came(mine)


def test_a_message_is_dated_when_it_was_written(owner, teammate):
    then = timezone.now() - timedelta(days=2)
    message = Message.objects.create(sender=owner, recipient=teammate, body="x", created_at=then)
    message.refresh_from_db()
    assert message.created_at == then
