"""Meta Lead Ads: the question, the signed announcement, and the lead that the worker fetches from
a server that plays Meta."""

import os
import signal
import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection, connections
from django.utils import timezone

from leads.intake import fetching, graph
from leads.models import Delivery, Lead
from notifications.models.attempts import BACKOFF
from tests.doors import body_of, extras, payload, post, post_meta, said, source_of
from tests.graph import Graph, die, drip, redirect_to, silence

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ASKED = {
    "hub.mode": "subscribe",
    "hub.verify_token": "the-verify-token",
    "hub.challenge": "1158201444",
}
EXPIRED = {
    "error": {"message": "The access token has expired.", "type": "OAuthException", "code": 190}
}


@pytest.fixture
def source():
    return source_of("meta", name="Facebook")


@pytest.fixture
def meta(settings):
    with Graph() as played:
        settings.META_GRAPH_URL = played.url
        yield played


@pytest.fixture
def announced(client, source):
    """One lead that Meta has told of."""
    body = body_of("meta.json")
    body["entry"] = body["entry"][:1]
    assert post_meta(client, source, body).status_code == 200
    return Delivery.objects.get()


# The question


def test_the_challenge_is_given_back_to_who_knows_the_token(client, source):
    answer = client.get(source.path, ASKED)
    assert (answer.status_code, answer.content) == (200, b"1158201444")
    assert answer["Content-Type"] == "text/plain"


@pytest.mark.parametrize(
    ("other", "status"),
    [
        ({"hub.verify_token": "another"}, 403),
        ({"hub.verify_token": ""}, 403),
        ({"hub.verify_token": "ü\udcff".encode("utf-8", "surrogatepass")}, 403),
        ({"hub.mode": "unsubscribe"}, 400),
        ({"hub.challenge": "<script>alert(1)</script>"}, 400),
        ({"hub.challenge": ""}, 400),
        ({"hub.challenge": "1" * 201}, 400),
    ],
)
def test_other_questions_are_refused(client, source, other, status):
    answer = client.get(source.path, ASKED | other)
    assert (answer.status_code, list(answer.json())) == (status, ["detail"])


# The announcement


def test_each_announced_lead_waits_to_be_fetched(client, source):
    answer = post_meta(client, source, payload("meta.json"))
    assert (answer.status_code, answer.json()) == (200, {})
    waiting = Delivery.objects.order_by("pk")
    assert [(each.key, each.state) for each in waiting] == [
        ("123123123123", "waiting"),
        ("9007199254740993", "waiting"),
    ]
    post_meta(client, source, payload("meta.json"))
    assert Delivery.objects.count() == 2
    assert not Lead.objects.exists()


def test_the_signature_is_of_the_raw_body(client, source):
    body = payload("meta.json")
    wrong = [post_meta(client, source, body, secret="x"), post(client, source, body)]
    assert [answer.status_code for answer in wrong] == [403, 403]
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    "body", [{}, {"entry": 5}, {"entry": [None, {"changes": [5, {"field": "feed", "value": {}}]}]}]
)
def test_what_is_about_no_lead_is_taken_and_forgotten(client, source, body):
    answer = post_meta(client, source, {"object": "page"} | body)
    assert (answer.status_code, answer.json()) == (200, {})
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("lead_id", ["../me", "1?x=", "", None, {}, "1" * 33, "١٢"])
def test_an_id_that_is_none_never_becomes_part_of_an_address(client, source, lead_id):
    value = {"field": "leadgen", "value": {"leadgen_id": lead_id}}
    answer = post_meta(client, source, {"entry": [{"changes": [value]}]})
    assert answer.status_code == 400
    assert not Delivery.objects.exists()


def test_more_leads_than_meta_ever_tells_of_at_once_are_refused(client, source):
    changes = [{"field": "leadgen", "value": {"leadgen_id": str(n)}} for n in range(1_001)]
    assert post_meta(client, source, {"entry": [{"changes": changes}]}).status_code == 413
    assert not Delivery.objects.exists()


# The lead


def test_the_worker_fetches_it_and_it_becomes_a_lead(announced, meta):
    meta.answers = [(200, body_of("meta-lead.json"))]
    assert fetching.fetch_due() == 1
    lead = Lead.objects.get()
    assert said(lead) == {
        "first_name": "Katherine",
        "last_name": "Johnson",
        "email": "katherine@nasa.example",
        "phone": "+17575550100",
        "company": "NASA",
        "source": "Facebook",
        "stage": "new",
    }
    kept = extras(lead)
    assert kept["which_products_interest_you?"] == "Engines, Mills"
    assert (kept["ad_name"], kept["page_id"], kept["leadgen_id"]) == (
        "Spring",
        "153125381133",
        "123123123123",
    )
    announced.refresh_from_db()
    assert (announced.state, announced.lead) == ("made", lead)


def test_the_token_travels_in_a_header_and_never_in_the_address(announced, meta):
    fetching.fetch_due()
    ((path, authorization),) = meta.asked
    assert path.startswith("/v26.0/123123123123?fields=id%2Ccreated_time%2Cfield_data")
    assert authorization == "Bearer the-token"
    assert "the-token" not in path


PASSING = {
    "an error": (500, {}),
    "a page": (503, b"<html>"),
    "too many calls": (429, {"error": {"code": 4, "message": "Too many calls"}}),
    "a service that is away": (400, {"error": {"code": 2, "message": "Temporarily unavailable"}}),
    "what says that it passes": (400, {"error": {"code": 100, "is_transient": True}}),
    "no JSON": (200, b"not json"),
    "no object": (200, b"[]"),
    "no lead": (200, {"id": "1"}),
    "no text": (200, b"\xff" * 10),
    "too much": (200, b" " * (graph.LARGEST + 1)),
    "a connection that dies": die,
    "a way elsewhere": redirect_to("http://127.0.0.1:9/elsewhere"),
}


@pytest.mark.parametrize("what", PASSING)
def test_what_passes_is_asked_again_later(announced, meta, what):
    meta.answers = [PASSING[what], (200, body_of("meta-lead.json"))]
    with time_machine.travel(NOON, tick=False) as clock:
        Delivery.objects.update(next_attempt_at=None)
        fetching.fetch_due()
        announced.refresh_from_db()
        assert (announced.state, announced.attempts, announced.lead) == ("waiting", 1, None)
        assert fetching.fetch_due() == 0
        clock.shift(timedelta(seconds=BACKOFF[0]))
        assert fetching.fetch_due() == 1
    announced.refresh_from_db()
    assert (announced.state, Lead.objects.count(), len(meta.asked)) == ("made", 1, 2)


@pytest.mark.parametrize("slow", [drip, silence])
def test_who_is_too_slow_is_left(announced, meta, monkeypatch, slow):
    monkeypatch.setattr(graph, "SECONDS", 0.2)
    meta.answers = [slow(meta), (200, body_of("meta-lead.json"))]
    fetching.fetch_due()
    announced.refresh_from_db()
    assert (announced.state, announced.attempts) == ("waiting", 1)
    assert "TimeoutError" in announced.error


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((400, EXPIRED), "The access token has expired."),
        (
            (404, {"error": {"message": "Unsupported get request.", "code": 100}}),
            "Unsupported get request.",
        ),
        ((403, b"no json"), "Meta answered 403."),
        ((400, {"error": {"message": {"x": 1}}}), "Meta answered 400."),
    ],
)
def test_what_does_not_pass_fails_with_what_meta_says_and_can_be_replayed(
    announced, meta, manager, answer, said
):
    meta.answers = [answer, (200, body_of("meta-lead.json"))]
    fetching.fetch_due()
    announced.refresh_from_db()
    assert (announced.state, announced.reason) == ("failed", said)
    assert fetching.fetch_due() == 0
    announced.replay(by=manager)
    assert announced.state == "waiting"
    assert fetching.fetch_due() == 1
    assert (Lead.objects.count(), Delivery.objects.get().state) == (1, "made")


def test_after_the_last_attempt_it_has_failed(announced, meta, manager):
    meta.answers = [(500, {})]
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(len(BACKOFF) + 1):
            clock.shift(timedelta(hours=2))
            assert fetching.fetch_due() == 1
        clock.shift(timedelta(days=1))
        assert fetching.fetch_due() == 0
    announced.refresh_from_db()
    assert (announced.state, announced.reason) == ("failed", "Meta answered 500, and no lead.")
    announced.replay(by=manager)
    assert (announced.state, announced.attempts, announced.parked_at) == ("waiting", 0, None)


def test_it_fails_with_its_last_attempt_or_is_tried_once_more(announced, meta, monkeypatch):
    """Killed between the two it would wait for nobody, and could not be replayed."""

    def killed(self, because):
        raise RuntimeError

    meta.answers = [(500, {})]
    Delivery.objects.update(attempts=len(BACKOFF))
    with monkeypatch.context() as patch:
        patch.setattr(Delivery, "gave_up", killed)
        assert fetching.fetch_due() == 1
    announced.refresh_from_db()
    assert (announced.state, announced.parked_at) == ("waiting", None)
    with time_machine.travel(timezone.now() + timedelta(minutes=3)):
        assert fetching.fetch_due() == 1
    announced.refresh_from_db()
    assert announced.state == "failed"


def test_a_worker_that_is_killed_leaves_it_to_another(announced, meta):
    meta.answers = [(200, body_of("meta-lead.json"))]
    with time_machine.travel(NOON, tick=False) as clock:
        assert len(Delivery.objects.claim(8)) == 1  # and it is heard of no more
        assert fetching.fetch_due() == 0
        clock.shift(timedelta(minutes=3))
        assert fetching.fetch_due() == 1
    assert Lead.objects.count() == 1


def test_who_comes_late_with_what_another_fetched_doubles_nothing(announced):
    late = Delivery.objects.get()
    announced.got(body_of("meta-lead.json"))
    late.got(body_of("meta-lead.json"))
    late.gave_up("Too late.")
    assert (Lead.objects.count(), Delivery.objects.get().state) == (1, "made")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_fetch_each_lead_once(client, meta, at_once):
    source = source_of("meta")
    for n in range(12):
        value = {"field": "leadgen", "value": {"leadgen_id": str(1000 + n)}}
        post_meta(client, source, {"entry": [{"changes": [value]}]})
    meta.answers = [(200, body_of("meta-lead.json"))]
    both = threading.Barrier(2)

    def work():
        both.wait(10)
        return fetching.fetch_due() + fetching.fetch_due()

    assert sum(at_once(work, work)) == 12
    assert connection.vendor == "postgresql"
    assert (Lead.objects.count(), len(meta.asked)) == (12, 12)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_kill_9_in_the_middle_of_a_fetch_loses_and_doubles_nothing(announced, meta):
    asked = threading.Event()

    def never(handler):
        asked.set()
        meta.leave.wait(30)

    meta.answers = [never, (200, body_of("meta-lead.json"))]
    connections.close_all()
    worker = os.fork()
    if worker == 0:
        fetching.fetch_due()
        os._exit(0)
    assert asked.wait(20)
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)
    assert (fetching.fetch_due(), Lead.objects.count()) == (0, 0)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=3), tick=False):
        assert fetching.fetch_due() == 1
        assert fetching.fetch_due() == 0
    assert (Lead.objects.count(), len(meta.asked)) == (1, 2)
