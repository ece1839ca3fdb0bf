"""Webhooks: what is told, to whom, until when, and where nothing is ever sent."""

import json
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from datetime import timedelta
from time import monotonic, sleep

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.utils import timezone

from crm.models import User
from crm.webhooks import addresses, endpoint, jobs, recording, sending
from crm.webhooks.delivery import KEPT, LEASE, WebhookDelivery
from crm.webhooks.endpoint import EVENTS, NOTIFIED, WebhookEndpoint
from leads.models import Lead, Merge
from notifications.models import Notification
from notifications.models.attempts import BACKOFF
from tests.factories import LeadFactory, UserFactory
from tests.hooks import certificate, listening

pytestmark = pytest.mark.django_db

START = "2026-03-01T12:00:00Z"


@pytest.fixture(autouse=True)
def _private(settings):
    settings.WEBHOOKS_TO_PRIVATE = True


@pytest.fixture
def hook():
    with listening() as listener:
        yield listener


@pytest.fixture
def hooked(hook, manager):
    """The manager's endpoint, which hears of everything."""
    made = WebhookEndpoint.objects.create(owner=manager, url=hook.url, events=list(EVENTS))
    endpoint.read()
    return made


def deliver(hooked):
    recording.record_notifications()
    return jobs.deliver_to(hooked.pk)


def try_out(hooked):
    hooked.save()
    row = hooked.try_out()
    row.send()
    assert row.delivered_at or "ertificate" in row.error
    return row.delivered_at


def told(hook):
    return [(json.loads(each.body)["type"], json.loads(each.body)["data"]) for each in hook.told]


# What is told


def test_a_lead_is_told_when_it_comes_changes_and_goes(hook, hooked, api, manager):
    made = api.post("/api/leads/", {"company": "ABC", "email": "abc@example.org"}).json()
    lead = Lead.objects.get(pk=made["id"])
    lead.company = "ABCD"
    lead.save(by=manager)
    lead.save(by=manager)  # changes nothing
    changed = api.get(f"/api/leads/{lead.pk}/").json()
    lead.delete()
    deliver(hooked)
    assert told(hook) == [
        ("lead.created", made),
        ("lead.updated", changed),
        ("lead.deleted", {"id": made["id"]}),
    ]


def test_many_at_once_are_told_one_by_one(hook, hooked):
    Lead.objects.bulk_create([Lead(company=name, phone="5551234") for name in "ab"])
    deliver(hooked)
    assert [data["company"] for _, data in told(hook)] == ["a", "b"]


def test_a_merged_lead_is_told_as_deleted_and_as_created_when_that_is_undone(hook, hooked, manager):
    kept, other = LeadFactory(), LeadFactory()
    merge = Merge.objects.merge(kept, other, (), by=manager)
    merge.undo(by=manager)
    deliver(hooked)
    kinds = [(kind, data["id"]) for kind, data in told(hook) if data["id"] != kept.pk]
    gone = merge.lead_id_was
    assert ("lead.deleted", gone) in kinds
    assert kinds[-1] == ("lead.created", gone)


def test_what_is_rolled_back_is_not_told(hook, hooked):
    with transaction.atomic():
        LeadFactory()
        transaction.set_rollback(True)
    assert not WebhookDelivery.objects.exists()
    LeadFactory()
    assert WebhookDelivery.objects.count() == 1


def test_the_owner_is_told_of_their_own_notifications_once_and_of_nobody_elses(
    hook, hooked, manager, owner
):
    before = Notification.objects.create(recipient=owner, type="system", title="Theirs")
    mine = Notification.objects.create(recipient=manager, type="system", title="Mine")
    deliver(hooked)
    deliver(hooked)
    assert told(hook) == [(NOTIFIED, json.loads(json.dumps(mine.as_json())))]
    assert before.recipient == owner


def test_an_endpoint_hears_of_nothing_that_was_before_it(hook, manager):
    Notification.objects.create(recipient=manager, type="system", title="Old")
    made = WebhookEndpoint.objects.create(owner=manager, url=hook.url, events=[NOTIFIED])
    endpoint.read()
    Notification.objects.create(recipient=manager, type="system", title="New")
    deliver(made)
    assert [data["title"] for _, data in told(hook)] == ["New"]


def test_an_endpoint_hears_only_what_it_chose(hook, manager):
    made = WebhookEndpoint.objects.create(owner=manager, url=hook.url, events=["lead.deleted"])
    endpoint.read()
    LeadFactory().delete()
    deliver(made)
    assert [kind for kind, _ in told(hook)] == ["lead.deleted"]


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": User.Role.REP}])
def test_who_does_not_lead_the_team_any_more_is_told_nothing(change, hook, hooked, manager):
    LeadFactory()
    User.objects.filter(pk=manager.pk).update(**change)
    assert deliver(hooked) == 0
    endpoint.read()
    LeadFactory()
    assert WebhookDelivery.objects.count() == 1
    User.objects.filter(pk=manager.pk).update(is_active=True, role=User.Role.MANAGER)
    assert deliver(hooked) == 1


def test_a_lead_costs_no_query_more_where_nobody_listens(django_assert_num_queries, hook, manager):
    with django_assert_num_queries(0):
        recording.record("lead.created", [Lead(pk=1)])
    WebhookEndpoint.objects.create(owner=manager, url=hook.url, events=["lead.created"])
    endpoint.read()
    with django_assert_num_queries(0):
        recording.record("lead.updated", [Lead(pk=1)])
    with django_assert_num_queries(1):
        recording.record("lead.created", [LeadFactory.build(pk=1, created_at=timezone.now())])


def test_an_endpoint_that_went_fails_no_lead(hook, hooked):
    WebhookEndpoint.objects.filter(pk=hooked.pk).delete()
    assert LeadFactory().pk


# How it is signed


def test_the_signature_is_that_of_standard_webhooks():
    """The example that the libraries of the standard test themselves with."""
    made = sending.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        '{"test": 2432232314}',
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_arrives_is_signed_with_its_id_time_and_body(hook, hooked):
    LeadFactory(company="Zürich ☂")
    deliver(hooked)
    (each,) = hook.told
    row = WebhookDelivery.objects.get()
    assert each.path == "/hook?a=b"
    assert each.body == row.body
    assert each.headers["webhook-id"] == f"msg_{row.pk.hex}"
    assert each.headers["Content-Type"] == "application/json"
    stamp = int(each.headers["webhook-timestamp"])
    expected = sending.signature(hooked.secret, each.headers["webhook-id"], stamp, each.body)
    assert each.headers["webhook-signature"] == expected
    assert abs(stamp - timezone.now().timestamp()) < 60


def test_a_secret_that_was_replaced_signs_along_for_a_day(hook, hooked):
    def signed():
        hook.told.clear()
        deliver(hooked)
        (each,) = hook.told
        stamp = int(each.headers["webhook-timestamp"])
        made = {
            name: sending.signature(secret, each.headers["webhook-id"], stamp, each.body)
            for name, secret in (("old", old), ("new", hooked.secret))
        }
        given = each.headers["webhook-signature"].split(" ")
        return [next(name for name, one in made.items() if one == signature) for signature in given]

    old = hooked.secret
    with time_machine.travel(START, tick=False) as clock:
        LeadFactory()  # recorded before, sent after
        hooked.replace_secret()
        assert signed() == ["new", "old"]
        clock.shift(timedelta(days=1))
        LeadFactory()
        assert signed() == ["new"]


# Until it arrives


def test_what_failed_is_tried_again_later_under_the_same_id(hook, hooked):
    hook.status = 500
    with time_machine.travel(START, tick=False) as clock:
        LeadFactory()
        assert deliver(hooked) == 1
        row = WebhookDelivery.objects.get()
        assert (row.state, row.status, row.answer) == ("trying", 500, "taken")
        assert "500" in row.error
        assert deliver(hooked) == 0
        clock.shift(BACKOFF[0] + 1)
        hook.status = 204
        hook.body = b""
        assert deliver(hooked) == 1
    row.refresh_from_db()
    assert (row.state, row.status, row.error) == ("delivered", 204, "")
    assert len({each.headers["webhook-id"] for each in hook.told}) == 1
    assert len(hook.told) == 2


def test_after_ten_attempts_it_is_given_up_until_somebody_sends_it_again(hook, hooked):
    hook.status = 500
    with time_machine.travel(START, tick=False) as clock:
        LeadFactory()
        for wait in (*BACKOFF, 0):
            assert deliver(hooked) == 1
            clock.shift(wait + 1)
        row = WebhookDelivery.objects.get()
        assert row.state == "failed"
        clock.shift(86_400)
        assert deliver(hooked) == 0
        hook.status = 200
        row.redeliver()
        assert deliver(hooked) == 1
    row.refresh_from_db()
    assert row.state == "delivered"
    assert len({each.headers["webhook-id"] for each in hook.told}) == 1


def test_what_a_killed_worker_had_claimed_is_sent_after_its_lease(hook, hooked):
    with time_machine.travel(START, tick=False) as clock:
        LeadFactory()
        assert WebhookDelivery.objects.claim(hooked.pk)
        assert deliver(hooked) == 0
        clock.shift(LEASE.total_seconds() + 1)
        assert deliver(hooked) == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_many_who_claim_at_once_each_gets_another(hooked, at_once):
    for _ in range(4):
        LeadFactory()
    claimed = at_once(*[lambda: WebhookDelivery.objects.claim(hooked.pk)] * 8)
    pks = [row.pk for row in claimed if row]
    assert len(pks) == len(set(pks)) <= 4
    assert pks


@pytest.mark.django_db(transaction=True)
def test_the_worker_delivers_and_waits_for_nobody(hook, hooked):
    hook.hold = threading.Event()
    LeadFactory()
    assert jobs.deliver() == 0
    assert hook.came.wait(10)
    assert jobs.deliver() == 0  # nobody else begins with the same
    hook.hold.set()
    jobs.wait()
    assert WebhookDelivery.objects.get().state == "delivered"
    assert len(hook.told) == 1


def test_who_takes_nothing_leaves_the_turn_to_others(hook, hooked):
    hook.status = 500
    LeadFactory.create_batch(3)
    assert deliver(hooked) == 1
    hook.status = 200
    assert deliver(hooked) == 2


def test_a_turn_is_over_after_some_time(hook, hooked, monkeypatch):
    monkeypatch.setattr(jobs, "TURN_SECONDS", 0.01)
    hook.hold = threading.Event()
    LeadFactory.create_batch(3)
    threading.Timer(0.1, hook.hold.set).start()
    assert deliver(hooked) == 1
    monkeypatch.setattr(jobs, "TURN_SECONDS", 20)
    assert deliver(hooked) == 2


@pytest.mark.django_db(transaction=True)
def test_endpoints_have_their_turns(hook, hooked, manager, monkeypatch):
    """However much waits for the first of them."""
    other = WebhookEndpoint.objects.create(owner=manager, url=hook.url, events=["lead.created"])
    endpoint.read()
    monkeypatch.setattr(jobs, "AT_ONCE", 1)
    monkeypatch.setattr(jobs, "TURN_SECONDS", 0.01)
    hook.hold = threading.Event()
    LeadFactory.create_batch(3)
    threading.Timer(0.1, hook.hold.set).start()
    for _ in range(2):
        jobs.deliver()
        jobs.wait()
    delivered = WebhookDelivery.objects.exclude(delivered_at=None)
    assert set(delivered.values_list("endpoint_id", flat=True)) == {hooked.pk, other.pk}


def test_after_days_of_failing_it_is_disabled_and_its_owner_is_told(
    hook, hooked, manager, owner, committing
):
    hook.status = 500
    with time_machine.travel(START, tick=False) as clock:
        LeadFactory()
        deliver(hooked)
        clock.shift(timedelta(days=2, hours=23))
        deliver(hooked)
        hooked.refresh_from_db()
        assert hooked.disabled_at is None
        clock.shift(timedelta(hours=2))
        with committing():
            deliver(hooked)
    hooked.refresh_from_db()
    assert hooked.disabled_at is not None
    (notice,) = Notification.objects.filter(type="system")
    assert (notice.recipient, notice.title) == (manager, "Webhook Disabled")
    assert "127.0.0.1" in notice.message
    LeadFactory()
    assert WebhookDelivery.objects.count() == 1


def test_one_success_forgives_the_failures_before(hook, hooked):
    hook.status = 500
    with time_machine.travel(START, tick=False) as clock:
        LeadFactory()
        deliver(hooked)
        hook.status = 200
        clock.shift(10)
        deliver(hooked)
        hook.status = 500
        clock.shift(timedelta(days=4))
        LeadFactory()
        deliver(hooked)
    hooked.refresh_from_db()
    assert hooked.disabled_at is None
    assert hooked.failing_since is not None


def test_who_says_that_it_is_gone_is_disabled_at_once(hook, hooked, committing):
    hook.status = 410
    LeadFactory()
    with committing():
        deliver(hooked)
    hooked.refresh_from_db()
    assert hooked.disabled_at is not None
    assert "says that it is gone" in Notification.objects.get(type="system").message
    hooked.enable()
    assert (hooked.disabled_at, hooked.failing_since) == (None, None)


def test_what_is_old_is_forgotten(hooked):
    with time_machine.travel(timezone.now() - KEPT - timedelta(hours=1)):
        LeadFactory()
    LeadFactory()
    assert WebhookDelivery.objects.forget_old() == 1
    assert WebhookDelivery.objects.count() == 1


# Where nothing is sent


PRIVATE = [
    "127.0.0.1", "127.8.9.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.0.1", "::1", "::",  # noqa: S104
    "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
    "2002:7f00:1::", "2002:a00:1::", "2001:0:4136:e378:8000:63bf:f5ff:fffe",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_no_address_within_the_network_is_public(address):
    assert not addresses.is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_of_the_internet_are(address):
    assert addresses.is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:7f00:1]"]
)
def test_nothing_is_sent_into_the_network_however_it_is_written(host, hook, hooked, settings):
    hooked.url = hook.url.replace("127.0.0.1", host)
    hooked.save()
    settings.WEBHOOKS_TO_PRIVATE = False
    row = hooked.try_out()
    assert not row.send()
    assert "Forbidden" in row.error
    assert hook.told == []
    settings.WEBHOOKS_TO_PRIVATE = True
    hooked.url = hook.url
    hooked.save()
    assert hooked.try_out().send()
    assert len(hook.told) == 1


def test_a_name_is_looked_up_once_and_what_was_found_is_where_it_connects(
    hook, hooked, monkeypatch
):
    asked, real = [], socket.getaddrinfo

    def getaddrinfo(host, *args, **kwargs):
        asked.append(host)
        return real("127.0.0.1" if host == "hooks.example" else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    hooked.url = hook.url.replace("127.0.0.1", "hooks.example")
    hooked.save()
    assert hooked.try_out().send()
    assert asked.count("hooks.example") == 1
    assert hook.told[0].headers["Host"].startswith("hooks.example:")


def test_over_tls_the_name_is_checked_though_it_connects_to_an_address(
    hooked, tmp_path, monkeypatch
):
    real, default = socket.getaddrinfo, ssl.create_default_context

    def getaddrinfo(host, *args, **kwargs):
        return real("127.0.0.1" if host.endswith(".example") else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    tls = certificate(tmp_path, "hooks.example")
    with listening(tls) as hook:
        hooked.url = hook.url.replace("127.0.0.1", "hooks.example")
        assert not try_out(hooked)
        monkeypatch.setattr(ssl, "create_default_context", lambda: default(cafile=tls[0]))
        assert try_out(hooked)
        hooked.url = hook.url.replace("127.0.0.1", "other.example")
        assert not try_out(hooked)
        assert len(hook.told) == 1


def test_of_a_name_with_a_public_and_a_private_address_neither_is_taken(monkeypatch, settings):
    settings.WEBHOOKS_TO_PRIVATE = False
    found = [(2, 1, 6, "", (address, 443)) for address in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(addresses.Forbidden):
        addresses.resolved("hooks.example", 443)
    found.pop()
    assert addresses.resolved("hooks.example", 443) == "8.8.8.8"


def test_a_redirect_is_not_followed(hook, hooked):
    with listening() as elsewhere:
        hook.status, hook.headers = 307, {"Location": elsewhere.url}
        row = hooked.try_out()
        assert not row.send()
        assert row.status == 307
        assert elsewhere.told == []


def test_no_more_of_an_answer_is_kept_than_somebody_reads(hook, hooked):
    hook.body = b"\0\xff" * 500_000
    row = hooked.try_out()
    assert row.send()
    assert 0 < len(row.answer) <= sending.KEPT


def test_who_does_not_answer_is_not_waited_for(hook, hooked, monkeypatch):
    monkeypatch.setattr(sending, "SECONDS", 0.2)
    hook.hold = threading.Event()
    row = hooked.try_out()
    assert not row.send()
    assert row.status is None
    assert row.state == "trying"


@contextmanager
def trickling(first):
    """A server that answers ``first``, and byte after byte for five seconds."""

    def answer():
        taken, _ = server.accept()
        with taken, suppress(OSError):
            taken.sendall(first)
            for _ in range(100):
                taken.sendall(b"x")
                if over.wait(0.05):
                    return

    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        over.set()


@pytest.mark.parametrize(
    ("scheme", "first"),
    [("http", b"HTTP/1.1 2"), ("https", b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb")],
)
def test_nobody_takes_longer_by_sending_byte_after_byte(scheme, first, hooked, monkeypatch):
    """Each byte is in time for a timeout of its own."""
    monkeypatch.setattr(sending, "SECONDS", 0.3)
    with trickling(first) as place:
        hooked.url = f"{scheme}://{place}/"
        hooked.save()
        row, began = hooked.try_out(), monotonic()
        assert not row.send()
        assert 0.2 < monotonic() - began < 3


def test_the_time_that_ends_while_it_connects_is_over(monkeypatch, hook, hooked):
    real = socket.create_connection

    def slowly(*args, **kwargs):
        made = real(*args, **kwargs)
        sleep(0.4)
        return made

    assert hooked.try_out().send()
    monkeypatch.setattr(sending, "SECONDS", 0.2)
    monkeypatch.setattr(socket, "create_connection", slowly)
    assert not hooked.try_out().send()
    assert len(hook.told) == 1


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/", "http://nowhere.invalid/", "http://127.0.0.1:99999/", "http://[::1/"],
)
def test_who_cannot_be_reached_is_a_failure_that_says_so(url, hooked):
    WebhookEndpoint.objects.filter(pk=hooked.pk).update(url=url)
    hooked.refresh_from_db()
    row = hooked.try_out()
    assert not row.send()
    assert row.error


# The pages


GOOD = {"url": "https://hooks.example/leads", "events": ["lead.created"]}


def test_a_manager_makes_one_tries_it_and_sends_again(browser_as, manager, hook):
    browser = browser_as(manager)
    made = browser.post("/settings/webhooks/new/", GOOD | {"url": hook.url})
    one = WebhookEndpoint.objects.get()
    assert made["Location"] == f"/settings/webhooks/{one.pk}/"
    assert (one.owner, one.events) == (manager, ["lead.created"])
    browser.post(f"/settings/webhooks/{one.pk}/test/")
    assert jobs.deliver_to(one.pk) == 1
    page = browser.get(f"/settings/webhooks/{one.pk}/").content.decode()
    assert one.secret in page
    assert "webhook.test" in page
    assert "delivered" in page
    row = WebhookDelivery.objects.get()
    browser.post(f"/settings/webhooks/{one.pk}/deliveries/{row.pk}/again/")
    assert jobs.deliver_to(one.pk) == 1
    assert len({each.headers["webhook-id"] for each in hook.told}) == 1
    browser.post(f"/settings/webhooks/{one.pk}/enable/")
    assert browser.get(f"/settings/webhooks/{one.pk}/remove/").status_code == 200
    browser.post(f"/settings/webhooks/{one.pk}/remove/")
    assert browser.get(f"/settings/webhooks/{one.pk}/").status_code == 404
    assert hook.url not in browser.get("/settings/webhooks/").content.decode()


@pytest.mark.parametrize(
    "url",
    ["", "x", "ftp://hooks.example/", "http://hooks.example/", "https://", "https://a b/",
     "https://user:secret@hooks.example/", "https://hooks.example:0/", "https://[::1/",
     "javascript:alert(1)", "https://hooks.example/\0", "https://hööks.example/",
     "https://hooks.example/" + "x" * 500],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(url, browser_as, manager, settings):
    settings.WEBHOOKS_TO_PRIVATE = False
    answer = browser_as(manager).post("/settings/webhooks/new/", GOOD | {"url": url})
    assert answer.status_code == 200
    assert 'class="error"' in answer.content.decode()
    assert not WebhookEndpoint.objects.exists()
    assert browser_as(manager).post("/settings/webhooks/new/", GOOD).status_code == 302


def test_a_manager_replaces_its_secret(browser_as, hooked, manager):
    old = hooked.secret
    browser, address = browser_as(manager), f"/settings/webhooks/{hooked.pk}/"
    assert "signs along until" not in browser.get(address).content.decode()
    assert browser.get(f"{address}secret/").status_code == 405
    browser.post(f"{address}secret/")

    hooked.refresh_from_db()
    page = browser.get(address).content.decode()
    assert hooked.secret != old
    assert hooked.secret in page
    assert old not in page
    assert "signs along until" in page


def test_what_is_disabled_sends_nothing_again_and_says_so(browser_as, hooked, manager):
    row, address = hooked.try_out(), f"/settings/webhooks/{hooked.pk}/"
    row.failed(OSError("nobody is there"))
    browser = browser_as(manager)
    assert "Send again" in browser.get(address).content.decode()
    hooked.failed(gone=True)

    answer = browser.post(f"{address}deliveries/{row.pk}/again/", follow=True).content.decode()
    assert "It is disabled: enable it, then send this again." in answer
    assert "Send again" not in answer
    row.refresh_from_db()
    assert row.attempts == 1


def test_nobody_sees_anothers_but_administrators(browser_as, hooked, manager, administrator):
    other = UserFactory(role=User.Role.MANAGER)
    row = hooked.try_out()
    paths = {
        "": "get", "test/": "post", "enable/": "post", "remove/": "post",
        "secret/": "post",
        f"deliveries/{row.pk}/again/": "post",
    }  # fmt: skip
    for path, method in paths.items():
        address = f"/settings/webhooks/{hooked.pk}/{path}"
        assert getattr(browser_as(other), method)(address).status_code == 404
    assert hooked.url not in browser_as(other).get("/settings/webhooks/").content.decode()
    assert "127.0.0.1" in browser_as(administrator).get("/settings/webhooks/").content.decode()
    assert browser_as(administrator).get(f"/settings/webhooks/{hooked.pk}/").status_code == 200


def test_a_rep_has_none(browser_as, hooked, owner):
    for path in ("", "new/", f"{hooked.pk}/", f"{hooked.pk}/remove/"):
        assert browser_as(owner).get(f"/settings/webhooks/{path}").status_code == 403
        assert Client().get(f"/settings/webhooks/{path}").status_code == 302
    assert browser_as(owner).post("/settings/webhooks/new/", GOOD).status_code == 403
    assert WebhookEndpoint.objects.count() == 1
