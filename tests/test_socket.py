"""The socket: who may open it, what it says, what it takes, and when it closes."""

import asyncio
import json
import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken

from crm import signin
from crm import sockets as crm_sockets
from crm.models import TokenSignIn, User
from leads.models import Lead
from notifications import consumers, sockets
from notifications.models import Inbox, Notification
from tests.factories import PASSWORD, LeadFactory
from tests.sockets import Socket, cookie_of, home, tokens

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("in_process")]

HOST, HOME = home()


@pytest.fixture
def token(owner):
    return tokens(owner)["access"]


@pytest.fixture
def teammates_token(teammate):
    return tokens(teammate)["access"]


@pytest.fixture
def cookie(owner):
    return cookie_of(owner)[0]


@sync_to_async
def tell(user, title="x"):
    return Notification.objects.create(recipient=user, type="system", title=title)


create_lead = sync_to_async(LeadFactory)


def bearer(token):
    return [(b"authorization", f"Bearer {token}".encode())]


# Who may open it


async def test_a_token_as_subprotocol_opens_it_and_the_server_selects_ours(token, owner):
    async with Socket(token) as socket:
        assert socket.subprotocol == "leadbell.v1"
        expected = {"type": "hello", "protocol": 1, "userId": owner.pk, "seq": 0, "unreadCount": 0}
        assert socket.hello == expected


async def test_a_token_in_the_header_opens_it(token):
    async with Socket(headers=[(b"authorization", f"Bearer {token}".encode())]) as socket:
        assert socket.subprotocol is None


async def test_a_session_of_this_site_opens_it(cookie):
    async with Socket(headers=[cookie, HOST, HOME]) as socket:
        assert socket.hello["type"] == "hello"


@pytest.mark.parametrize(
    "origin", [b"http://evil.example", b"http://testserver:81", b"null", b"https://", b"x", None]
)
async def test_a_session_from_elsewhere_is_refused(cookie, origin):
    headers = [cookie, HOST] + ([(b"origin", origin)] if origin else [])
    assert not await Socket(headers=headers).connect()


async def test_a_token_on_a_foreign_page_is_refused_but_a_trusted_origin_is_not(token, settings):
    foreign = [HOST, (b"origin", b"https://app.example")]
    assert not await Socket(token, headers=foreign).connect()

    settings.CSRF_TRUSTED_ORIGINS = ["https://app.example"]
    async with Socket(token, headers=foreign) as socket:
        assert socket.hello


async def test_a_host_that_is_not_ours_is_refused(cookie):
    spoofed = [(b"host", b"evil.example"), (b"origin", b"http://evil.example")]
    assert not await Socket(headers=[cookie, *spoofed]).connect()


@pytest.mark.parametrize("bad", ["", "nonsense", "a.b.c", "é"])
async def test_a_bad_token_is_refused(owner, bad):
    assert not await Socket(subprotocols=["leadbell.v1", f"bearer.{bad}"]).connect()


async def test_no_credentials_are_refused(db):
    assert not await Socket().connect()
    assert not await Socket(headers=[HOST, HOME, (b"cookie", b"sessionid=nope")]).connect()
    assert not await Socket(headers=[HOST, HOME, (b"cookie", b'x=";;\xff')]).connect()


async def test_a_bad_token_is_refused_even_beside_a_good_session(cookie):
    bad = ["leadbell.v1", "bearer.bad"]
    assert not await Socket(headers=[cookie, HOST, HOME], subprotocols=bad).connect()


async def test_a_refresh_token_is_no_access_token(owner):
    both = await sync_to_async(tokens)(owner)
    assert not await Socket(both["refresh"]).connect()
    async with Socket(both["access"]) as socket:
        assert socket.hello


async def test_an_inactive_user_is_refused(owner, token, cookie):
    owner.is_active = False
    await owner.asave()
    assert not await Socket(token).connect()
    assert not await Socket(headers=[cookie, HOST, HOME]).connect()


async def test_of_many_who_come_at_once_each_is_told_their_own_position(owner, teammate, cookie):
    for _ in range(2):
        await tell(teammate)
    minted = [await sync_to_async(tokens)(user) for user in (owner, teammate, owner, teammate)]
    ended = await sync_to_async(tokens)(owner)
    name = signin.verified(ended["access"])[signin.SIGN_IN]
    await TokenSignIn.objects.filter(pk=name).aupdate(ended_at=timezone.now())
    refused = Socket(ended["access"])
    there = [Socket(each["access"]) for each in minted] + [Socket(headers=[HOST, HOME, cookie])]

    opened = await asyncio.gather(refused.connect(), *(socket.connect() for socket in there))
    assert opened == [False, True, True, True, True, True]
    hellos = [await socket.next() for socket in there]
    expected = [(owner, 0), (teammate, 2), (owner, 0), (teammate, 2), (owner, 0)]
    assert [(each["userId"], each["seq"]) for each in hellos] == [
        (user.pk, seq) for user, seq in expected
    ]
    for socket in there:
        await socket.wire.disconnect()


async def test_those_who_come_at_once_by_token_take_one_query(
    owner, teammate, django_assert_num_queries
):
    def sign_in(user):
        return asyncio.run(crm_sockets._sign_in({"headers": bearer(tokens(user)["access"])}))

    def look_up():
        sign_ins = [sign_in(user) for user in (owner, teammate, owner)]
        with django_assert_num_queries(1):
            assert crm_sockets._standings.func(sign_ins) == [(0, 0)] * 3
        forged = replace(sign_ins[0], user_id=teammate.pk)
        with django_assert_num_queries(1):
            (outcome,) = crm_sockets._standings.func([forged])
        assert isinstance(outcome, consumers.Refused)

    await sync_to_async(look_up)()


async def test_a_token_in_the_url_is_not_looked_at(token):
    assert not await Socket(path=f"/ws/notifications/?token={token}").connect()


async def test_any_other_path_is_refused(token):
    assert not await Socket(token, path="/ws/other/").connect()


# What it says


async def test_hello_tells_the_position_and_nothing_older_comes_after_it(owner, token):
    for _ in range(3):
        await tell(owner)
    async with Socket(token) as socket:
        assert (socket.hello["seq"], socket.hello["unreadCount"]) == (3, 3)
        assert await socket.quiet()


async def test_a_lead_comes_with_its_notification_as_rest_gives_them(owner, token, api):
    async with Socket(token) as socket:
        answer = await sync_to_async(api.post)(
            "/api/leads/", {"firstName": "Jo", "email": "jo@example.org"}
        )
        live, told = await socket.next(), await socket.next()
        assert live == {"type": "lead:created", "action": "add", "lead": answer.json()}
        assert (told["type"], told["action"]) == ("notification:created", "add")
        assert (told["seq"], told["unreadCount"]) == (1, 1)
        url = f"/api/notifications/{told['notification']['id']}/"
        stored = await sync_to_async(api.get)(url)
        assert stored.json() == told["notification"]


async def test_every_change_of_state_reaches_the_users_other_sockets(owner, token, api):
    url = f"/api/notifications/{(await tell(owner)).pk}/"
    async with Socket(token) as socket, Socket(token) as other:
        await sync_to_async(api.patch)(url, {"isRead": True})
        for each in (socket, other):
            frame = await each.next()
            assert (frame["type"], frame["seq"]) == ("notification:updated", 2)
            assert (frame["unreadCount"], frame["notification"]["isRead"]) == (0, True)
        await sync_to_async(api.patch)(url, {"isRead": False})
        assert (await other.next())["unreadCount"] == 1
        await sync_to_async(api.post)("/api/notifications/mark-all-read/")
        assert await other.next() == {
            "type": "notifications:bulk-updated",
            "action": "mark-all-read",
            "count": 1,
            "seq": 4,
            "unreadCount": 0,
        }
        await sync_to_async(api.delete)(url)
        frame = await other.next()
        assert frame == {
            "type": "notification:deleted",
            "seq": 5,
            "unreadCount": 0,
            "id": url.split("/")[3],
        }


async def test_a_changed_and_a_deleted_lead_reach_live_lists(owner, token, api):
    lead = await create_lead()
    async with Socket(token) as socket:
        await sync_to_async(api.patch)(f"/api/leads/{lead.pk}/", {"stage": "won"})
        frame = await socket.next()
        assert (frame["type"], frame["action"]) == ("lead:updated", "change")
        assert frame["lead"]["stage"] == "won"
        await sync_to_async(api.delete)(f"/api/leads/{lead.pk}/")
        assert await socket.next("lead:deleted") == {"type": "lead:deleted", "id": lead.pk}


async def test_nobody_is_sent_what_belongs_to_another(owner, teammate, token, teammates_token):
    async with (
        Socket(token) as mine,
        Socket((await sync_to_async(tokens)(teammate))["access"]) as his,
    ):
        await tell(owner, "for the owner only")
        assert (await mine.next())["notification"]["title"] == "for the owner only"
        assert await his.quiet()
        await tell(teammate, "for the teammate only")
        assert (await his.next())["notification"]["title"] == "for the teammate only"
        assert await mine.quiet()


async def test_a_heartbeat_carries_the_sequence(owner, token):
    async with Socket(token) as socket:
        await tell(owner)
        await socket.next("notification:created")
        await sockets.beat()
        assert await socket.next() == {"type": "heartbeat", "seq": 1}


async def test_no_heartbeat_comes_before_hello_and_nobody_new_is_taken_for_deactivated(
    owner, token, monkeypatch
):
    listen = consumers.InboxConsumer._listen

    async def slow(self):
        await listen(self)
        await sockets.beat()  # the socket is admitted, but was not greeted yet

    monkeypatch.setattr(consumers.InboxConsumer, "_listen", slow)
    async with Socket(token) as socket:
        assert await socket.quiet()


async def test_heartbeats_come_by_themselves(owner, token, settings):
    settings.HEARTBEAT_SECONDS = 0.05
    async with Socket(token) as socket:
        assert (await socket.next())["type"] == "heartbeat"
        assert (await socket.next())["type"] == "heartbeat"


async def test_a_round_of_heartbeats_is_one_query_however_many_sockets(
    token, teammates_token, django_assert_num_queries
):
    async with Socket(token), Socket(token), Socket(teammates_token):

        def beat():
            with django_assert_num_queries(1):
                sockets._sequences.func(set(sockets.open_sockets))

        await sync_to_async(beat)()


# What it takes


async def test_sync_answers_with_what_changed_page_by_page(owner, token):
    told = [await tell(owner, str(number)) for number in range(3)]
    await sync_to_async(told[0].delete)()
    async with Socket(token) as socket:
        await socket.send({"type": "sync", "since": 1, "limit": 2})
        page = await socket.next()
        assert (page["type"], page["since"], page["seq"], page["hasMore"]) == ("sync", 1, 3, True)
        assert [each["title"] for each in page["changed"]] == ["1", "2"]
        assert (page["removed"], page["unreadCount"]) == ([], 2)
        await socket.send({"type": "sync", "since": page["seq"]})
        page = await socket.next()
        assert (page["changed"], page["removed"]) == ([], [str(told[0].pk)])
        assert (page["seq"], page["hasMore"]) == (4, False)


async def test_sync_from_a_position_that_is_not_kept_resets(owner, token):
    await tell(owner)
    async with Socket(token) as socket:
        await socket.send({"type": "sync", "since": 99})
        assert await socket.next() == {"type": "sync:reset", "seq": 1, "unreadCount": 1}


async def test_an_ack_is_a_receipt_and_gets_no_answer(owner, token):
    await tell(owner)
    async with Socket(token) as socket:
        await socket.send({"type": "ack", "seq": 1})
        assert await socket.quiet()
    assert (await sync_to_async(Inbox.objects.of)(owner)).delivered_seq == 1


async def test_a_lead_created_over_the_socket_is_acknowledged_and_rings(owner, token):
    async with Socket(token) as socket:
        lead = {"company": "ABC Company", "phone": "+49 30 1234"}
        await socket.send({"type": "lead:create", "requestId": "r1", "lead": lead})
        frames = {frame["type"]: frame for frame in [await socket.next() for _ in range(3)]}
    assert frames["ack"]["requestId"] == "r1"
    assert frames["ack"]["lead"] == frames["lead:created"]["lead"]
    assert frames["ack"]["lead"]["createdById"] == owner.pk
    told = frames["notification:created"]["notification"]
    assert told["message"] == "ABC Company added to pipeline"
    assert await Lead.objects.acount() == 1


@pytest.mark.parametrize(
    ("frame", "code", "about"),
    [
        ("nope", "bad_frame", "JSON"),
        ("[]", "bad_frame", "object"),
        ("null", "bad_frame", "object"),
        ('{"type": NaN}', "bad_frame", "NaN"),
        ("[" * 20_000, "bad_frame", "nested"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "bad_frame", "nested"),
        ({}, "unknown_type", "lead:create"),
        ({"type": "hello"}, "unknown_type", "sync"),
        ({"type": ["sync"]}, "unknown_type", "sync"),
        ({"type": "sync"}, "invalid", "since"),
        ({"type": "sync", "since": "1"}, "invalid", "since"),
        ({"type": "sync", "since": True}, "invalid", "since"),
        ({"type": "sync", "since": -1}, "invalid", "since"),
        ({"type": "sync", "since": 2**63}, "invalid", "since"),
        ({"type": "sync", "since": 0, "limit": 0}, "invalid", "limit"),
        ({"type": "ack", "seq": 1.5}, "invalid", "seq"),
        ({"type": "lead:create", "lead": {}}, "invalid", "requestId"),
        ('{"type": "lead:create", "requestId": "\\ud800", "lead": {}}', "invalid", "requestId"),
        ('{"type": "sync", "requestId": "\\ud800"}', "invalid", "since"),
        ('{"type": "lead:create", "requestId": "%s", "lead": {}}' % ("x" * 256), "invalid", "255"),
        ({"type": "lead:create", "requestId": "r"}, "invalid", ""),
        ({"type": "lead:create", "requestId": "r", "lead": []}, "invalid", ""),
        ({"type": "lead:create", "requestId": "r", "lead": {"email": 5}}, "invalid", "email"),
        (
            {"type": "lead:create", "requestId": "r", "lead": {"firstName": "\0", "phone": "123"}},
            "invalid",
            "firstName",
        ),
        (
            '{"type": "lead:create", "requestId": "r", "lead": {"firstName": "\\ud800"}}',
            "invalid",
            "firstName",
        ),
    ],
)
async def test_a_bad_frame_gets_an_error_and_the_socket_stays(token, frame, code, about):
    async with Socket(token) as socket:
        await socket.send(frame)
        error = await socket.next()
        assert (error["type"], error["code"]) == ("error", code)
        assert about in error["detail"]
        if isinstance(frame, dict) and "requestId" in frame:
            assert error["requestId"] == frame["requestId"]
        assert await socket.quiet()
    assert await Lead.objects.acount() == 0


async def test_a_binary_frame_gets_an_error(token):
    async with Socket(token) as socket:
        await socket.wire.send_to(bytes_data=b"\xff\x00")
        assert (await socket.next())["code"] == "bad_frame"


# When it closes


async def test_a_frame_over_64_kib_closes_with_1009_and_one_of_64_kib_does_not(token):
    async with Socket(token) as socket:
        filler = {"type": "ack", "seq": 0, "x": ""}
        filler["x"] = "a" * (consumers.MAX_FRAME - len(json.dumps(filler)))
        assert len(json.dumps(filler)) == 65_536
        await socket.send(filler)
        assert await socket.quiet()
        filler["x"] += "a"
        await socket.send(filler)
        assert await socket.closed() == 1009


async def test_more_than_50_frames_in_10_seconds_close_with_4429(token):
    async with Socket(token) as socket:
        for _ in range(50):
            await socket.send({"type": "sync", "since": 0})
            assert (await socket.next())["type"] == "sync"
        await socket.send({"type": "sync", "since": 0})
        assert await socket.closed() == 4429


async def test_50_frames_in_each_10_seconds_are_welcome(token, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(consumers, "monotonic", lambda: now[0])
    async with Socket(token) as socket:
        for _ in range(3):
            for _ in range(50):
                await socket.send({"type": "sync", "since": 0})
                assert (await socket.next())["type"] == "sync"
            now[0] += 10.0


async def test_the_21st_socket_of_a_user_is_closed_with_4429_and_another_users_is_not(
    token, teammates_token
):
    held = [Socket(token) for _ in range(20)]
    for socket in held:
        await socket.__aenter__()
    one_more = Socket(token)
    assert await one_more.connect()
    assert await one_more.closed() == 4429
    async with Socket(teammates_token) as other:
        assert other.hello
    await held[0].__aexit__()
    async with Socket(token) as again:
        assert again.hello
    for socket in held[1:]:
        await socket.__aexit__()


async def test_signing_out_closes_the_sockets_of_that_sign_in_only(owner, api):
    first, second = [await sync_to_async(tokens)(owner) for _ in range(2)]
    async with Socket(first["access"]) as ended, Socket(second["access"]) as stays:
        answer = await sync_to_async(api.post)("/api/auth/logout/", {"refresh": first["refresh"]})
        assert answer.status_code == 204
        assert await ended.closed() == 4401
        assert await stays.quiet()
    assert not await Socket(first["access"]).connect()


async def test_a_renewed_token_belongs_to_the_same_sign_in(owner):
    first = await sync_to_async(tokens)(owner)
    second = await sync_to_async(signin.renewed)(first["refresh"])
    async with Socket(first["access"]) as old, Socket(second["access"]) as new:
        await sync_to_async(signin.sign_out)(second["refresh"])
        assert await old.closed() == await new.closed() == 4401


async def test_leaving_the_page_session_closes_its_sockets_only(owner):
    (cookie, client), (other, _) = [await sync_to_async(cookie_of)(owner) for _ in range(2)]
    async with (
        Socket(headers=[cookie, HOST, HOME]) as ended,
        Socket(headers=[other, HOST, HOME]) as stays,
    ):
        await sync_to_async(client.post)("/logout/")
        assert await ended.closed() == 4401
        assert await stays.quiet()


async def test_a_deactivated_user_is_closed_with_4403_at_once(owner, token, teammates_token):
    async with (
        Socket(token) as ended,
        Socket(teammates_token) as stays,
    ):
        owner.is_active = False
        await owner.asave()
        assert await ended.closed() == 4403
        assert await stays.quiet()


@pytest.mark.parametrize(
    "change", [{"password": "new"}, {"role": "manager"}, {"password": "new", "role": "admin"}]
)
async def test_a_new_password_or_role_closes_the_sockets(owner, token, teammates_token, change):
    user = await User.objects.aget(pk=owner.pk)
    async with Socket(token) as ended, Socket(teammates_token) as stays:
        for name, value in change.items():
            setattr(user, name, value)
        await user.asave()
        assert await ended.closed() == 4401
        assert await stays.quiet()
    assert await Socket(token).connect() == ("password" not in change)


async def test_a_new_name_closes_nothing(owner, token):
    user = await User.objects.aget(pk=owner.pk)
    async with Socket(token) as stays:
        user.first_name = "New"
        await user.asave()
        assert await stays.quiet()


async def test_a_deactivation_that_was_not_pushed_is_found_by_the_next_heartbeat(owner, token):
    async with Socket(token) as socket:
        await sync_to_async(User.objects.filter(pk=owner.pk).update)(is_active=False)
        await sockets.beat()
        assert await socket.closed() == 4403


@pytest.fixture
def short_token(owner):
    access = AccessToken.for_user(owner)
    access[signin.SIGN_IN] = str(TokenSignIn.objects.create(user=owner).pk)
    access.set_exp(lifetime=timedelta(seconds=2))
    return str(access)


async def test_a_socket_ends_when_its_token_expires(short_token):
    async with Socket(short_token) as socket:
        assert await socket.closed() == 4401


async def test_a_token_that_was_used_before_ends_its_socket_no_later(short_token, api_of, owner):
    signin.verified(short_token)
    await asyncio.sleep(1.2)
    began = asyncio.get_running_loop().time()
    async with Socket(short_token) as socket:
        assert await socket.closed() == 4401
    assert asyncio.get_running_loop().time() - began < 1.5


async def test_whoever_was_not_let_in_is_pushed_nothing(owner, token, settings, caplog):
    settings.SOCKETS_PER_USER = 0
    socket = Socket(token)
    assert await socket.connect()
    assert await socket.closed() == 4429
    await tell(owner)
    assert "listener failed" not in caplog.text


async def test_connections_disconnections_and_notifications_are_logged(owner, token, caplog):
    caplog.set_level(logging.INFO, "notifications")
    async with Socket(token) as socket:
        told = await tell(owner)
        await socket.next()
    lines = [record.getMessage() for record in caplog.records]
    assert f"Socket of user {owner.pk} connected by token" in lines
    assert f"Sent notification {told.pk} to user {owner.pk}" in lines
    assert any(line.startswith(f"Socket of user {owner.pk} closed: ") for line in lines)
    assert PASSWORD not in caplog.text
    assert token not in caplog.text


@pytest.mark.parametrize("method", ["listen", "take_seats"])
async def test_a_socket_that_cannot_listen_is_told_to_come_back_later(token, method, monkeypatch):
    async def away(*_):
        raise ConnectionError

    monkeypatch.setattr(get_channel_layer(), method, away, raising=False)
    socket = Socket(token)
    assert await socket.connect()
    assert await socket.closed() == 1013
    assert sockets.open_sockets == {}


async def test_what_happens_while_a_socket_connects_is_not_missed(owner, token, monkeypatch):
    """Between listening and reading the position a notification is committed: hello counts it."""
    listen = consumers.InboxConsumer._listen

    async def slow(self):
        await listen(self)
        await tell(owner)

    monkeypatch.setattr(consumers.InboxConsumer, "_listen", slow)
    async with Socket(token) as socket:
        assert socket.hello["seq"] == 1
        assert await socket.quiet()
