"""What comes in is never lost and never doubled, whatever becomes of it."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from leads.jobs import forget_payloads
from leads.models import Delivery, Lead, Merge, Origin, Rule, Source, Tag
from leads.models.delivery import NotDone
from leads.models.merge import both
from notifications.models import Event
from tests.doors import body_of, payload, post, post_form, post_google, said, source_of

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MARY = {"name": "Mary Jackson", "email": "mary@langley.example"}


@pytest.fixture
def source():
    return source_of("json")


@pytest.fixture
def failed(client, source):
    assert post(client, source, {"who": "mary@langley.example"}).status_code == 202
    return Delivery.objects.get()


# A test lead


@pytest.mark.parametrize("kind", Source.Kind.values)
def test_a_test_takes_the_path_of_every_delivery(kind, manager, owner, committing):
    fields = {"allowed_origins": ["https://shop.example"], "tags": ["Spring"], "owner": manager}
    source = source_of(kind, **fields)
    with committing():
        delivery = source.send_test(by=manager)
    assert (delivery.state, delivery.is_test, delivery.reason) == ("made", True, "")
    lead = Lead.objects.get()
    assert (lead.name, lead.email, lead.owner) == (
        "Ada Lovelace",
        "ada.lovelace@example.com",
        manager,
    )
    assert [tag.name for tag in lead.tags.all()] == ["Spring", "test"]
    assert lead.created_by is None
    assert owner.notifications.get().type == "lead_created"
    assert source.send_test(by=manager).pk != delivery.pk


@pytest.mark.parametrize("kind", Source.Kind.values)
def test_a_test_says_what_a_mapping_can_be_made_of(kind, manager):
    delivery = source_of(kind).send_test(by=manager)
    assert "Lovelace" in str(delivery.pairs())
    assert "Lovelace" in delivery.text


# Replay


def test_what_failed_is_replayed_with_the_mapping_as_it_is_now(failed, source, manager, committing):
    source.mapping = {"email": "who"}
    source.save()
    with committing():
        failed.replay(by=manager)
    assert (failed.state, failed.reason, failed.lead.email) == ("made", "", "mary@langley.example")
    assert manager.notifications.count() == 1
    with pytest.raises(NotDone):
        failed.replay(by=manager)
    assert Lead.objects.count() == 1


def test_what_fails_again_says_so_and_can_be_replayed_again(failed, source, manager):
    failed.replay(by=manager)
    assert (failed.state, failed.lead) == ("failed", None)
    failed.replay(by=manager)
    assert Delivery.objects.count() == 1


def test_a_delivery_makes_one_lead_ever(failed, source, manager):
    source.mapping = {"email": "who"}
    source.save()
    failed.replay(by=manager)
    failed.lead.delete()
    failed.refresh_from_db()
    with pytest.raises(NotDone):
        failed.replay(by=manager)
    assert not Lead.objects.exists()


def test_what_a_bug_broke_is_in_the_log_and_can_be_replayed(
    client, source, manager, monkeypatch, caplog
):
    with monkeypatch.context() as patch:
        patch.setattr(Rule.objects.__class__, "whose", lambda *args: 1 / 0, raising=False)
        answer = post(client, source, MARY)
    assert (answer.status_code, answer.json()["status"]) == (202, "failed")
    assert "ZeroDivisionError" in caplog.text
    assert "mary" not in caplog.text
    delivery = Delivery.objects.get()
    delivery.replay(by=manager)
    assert (delivery.state, Lead.objects.count(), Event.objects.count()) == ("made", 1, 1)


def test_where_the_database_fails_nothing_is_half_and_the_sender_comes_again(
    client, source, monkeypatch, caplog
):
    def broken(self, *args, **kwargs):
        raise OperationalError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Origin, "save", broken)
        answer = post(client, source, MARY)
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert [model.objects.count() for model in (Lead, Delivery, Event)] == [0, 0, 0]
    assert post(client, source, MARY).status_code == 201


def test_whose_owner_is_deleted_at_that_moment_comes_again(client, source, monkeypatch, caplog):
    def gone(self, *args, **kwargs):
        raise IntegrityError("there is no such user")

    with monkeypatch.context() as patch:
        patch.setattr(Lead, "save", gone)
        assert post(client, source, MARY).status_code == 503
    assert not Delivery.objects.exists()
    assert post(client, source, MARY).status_code == 201


def test_the_same_of_a_sender_that_has_its_own_ids(client, monkeypatch, caplog):
    source = source_of("google")

    def gone(self, *args, **kwargs):
        raise IntegrityError("there is no such user")

    with monkeypatch.context() as patch:
        patch.setattr(Lead, "save", gone)
        assert post_google(client, source, body_of("google.json")).status_code == 503
    assert post_google(client, source, body_of("google.json")).status_code == 200
    assert Delivery.objects.get().state == "made"


def test_what_a_bug_took_back_is_not_answered_as_made(client, source, monkeypatch, caplog):
    def broken(self, *args, **kwargs):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(Origin, "save", broken)
        answer = post(client, source, MARY)
    assert (answer.status_code, answer.json()["status"]) == (202, "failed")
    assert "leadId" not in answer.json()
    assert not Lead.objects.exists()


# What is kept aside


@pytest.fixture
def suspect(client):
    source = source_of("form")
    post_form(client, source, {"email": "a@example.org", "lb_subject": "x"})
    return Delivery.objects.get()


def test_what_is_turned_away_stays_away(suspect, manager):
    suspect.turn_away(by=manager)
    assert (suspect.state, suspect.lead) == ("turned_away", None)
    for verb in (suspect.accept, suspect.turn_away, suspect.replay):
        with pytest.raises(NotDone):
            verb(by=manager)
    assert not Lead.objects.exists()


def test_what_is_kept_aside_is_accepted_once(suspect, manager):
    suspect.accept(by=manager)
    for verb in (suspect.accept, suspect.turn_away, suspect.replay):
        with pytest.raises(NotDone):
            verb(by=manager)
    assert Lead.objects.count() == 1


# What is kept, and for how long


def test_a_payload_is_kept_for_thirty_days_and_the_rest_for_good(client, source, manager):
    with time_machine.travel(NOON, tick=False) as clock:
        post(client, source, MARY, Idempotency_Key="k1")
        clock.shift(timedelta(days=30) - timedelta(seconds=1))
        assert forget_payloads() == 0
        clock.shift(timedelta(seconds=1))
        assert (forget_payloads(), forget_payloads()) == (1, 0)
        delivery = Delivery.objects.get()
        assert (delivery.payload, delivery.address, delivery.headers) == (None, None, {})
        assert (delivery.text, delivery.pairs(), delivery.state) == ("", [], "made")
        answer = post(client, source, MARY, Idempotency_Key="k1")
    assert (answer.status_code, Lead.objects.count()) == (201, 1)


def test_what_is_kept_no_longer_cannot_be_replayed_and_says_so(failed, manager):
    Delivery.objects.update(payload=None)
    with pytest.raises(NotDone, match="kept no longer"):
        failed.replay(by=manager)


def test_a_batch_of_old_payloads_is_bounded(client, source):
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(3):
            post(client, source, MARY)
        clock.shift(timedelta(days=31))
        assert [Delivery.objects.forget_payloads(batch=2) for _ in range(3)] == [2, 1, 0]


# The source


def test_the_address_that_a_source_had_is_none(client, source):
    old = source.path
    source.renew()
    assert client.post(old, MARY, "application/json").status_code == 404
    assert post(client, source, MARY).status_code == 201


def test_a_source_that_is_switched_off_takes_nothing(client, source):
    Source.objects.update(active=False)
    answer = post(client, source, MARY)
    assert (answer.status_code, list(answer.json())) == (404, ["detail"])
    assert not Delivery.objects.exists()


def test_a_sources_tags_are_the_leads_once_whatever_their_case(client):
    source = source_of("json", tags=["Spring", "VIP"], mapping={"tags": "tags", "email": "email"})
    post(client, source, {"email": "a@example.org", "tags": "vip; Trade fair,"})
    assert [tag.name for tag in Tag.objects.order_by("pk")] == ["Spring", "VIP", "Trade fair"]


def test_a_merge_takes_deliveries_origins_and_tags_along(client, source, manager):
    source.tags = ["Spring"]
    source.save()
    for name in ("Mary Jackson", "Mary W. Jackson"):
        post(client, source, MARY | {"name": name})
    kept, other = Lead.objects.order_by("pk")
    merge = Merge.objects.merge(*both(kept.pk, other.pk), names=(), by=manager)
    assert (kept.deliveries.count(), kept.origins.count(), kept.tags.count()) == (2, 2, 2)
    back = merge.undo(by=manager)
    assert (back.deliveries.count(), back.origins.count(), back.tags.count()) == (1, 1, 1)
    assert kept.deliveries.count() == 1


# Once, and how fast


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["google", "json", "form"])
def test_the_same_delivery_twice_at_the_same_moment_makes_one_lead(client, at_once, kind):
    source = source_of(kind)
    together = threading.Barrier(6)

    def send():
        browser = type(client)()
        together.wait(10)
        if kind == "google":
            return post_google(browser, source, payload("google.json")).content
        if kind == "form":
            return post_form(browser, source, {"email": "a@example.org"}).status_code
        return post(browser, source, MARY, Idempotency_Key="k1").content

    answers = at_once(*[send] * 6)
    assert len(set(answers)) == 1
    assert [model.objects.count() for model in (Lead, Delivery, Event, Origin)] == [1] * 4


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_who_replay_at_the_same_moment_make_one_lead(client, at_once, manager):
    source = source_of("json")
    post(client, source, {"who": "mary@langley.example"})
    Source.objects.update(mapping={"email": "who"})
    together = threading.Barrier(4)

    def replay():
        delivery = Delivery.objects.get()
        together.wait(10)
        try:
            delivery.replay(by=manager)
        except NotDone:
            return "not done"
        return "done"

    assert sorted(at_once(*[replay] * 4)) == ["done", "not done", "not done", "not done"]
    assert Lead.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("kind", "looks"), [("json", 0), ("form", 1)])
def test_a_delivery_costs_few_queries(client, kind, looks):
    """The source and its bounds are asked for; the lead, its event, the delivery and what came
    along are stored."""
    source = source_of(kind)
    with CaptureQueriesContext(connection) as asked:
        if kind == "json":
            post(client, source, MARY)
        else:
            post_form(client, source, {"email": "a@example.org"})
    words = [each["sql"].split()[0] for each in asked]
    until_answered = words[: words.index("COMMIT")]
    own = [word for word in until_answered if word in ("SELECT", "INSERT", "UPDATE", "DELETE")]
    assert said(Lead.objects.get())["source"] == "Website"
    assert own == ["SELECT"] * (2 + looks) + ["INSERT"] * 4
