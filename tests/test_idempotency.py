"""Requests that a client sends again: the Idempotency-Key header of POST /api/leads/."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from leads import idempotency
from leads.models import IdempotencyKey, Lead
from notifications.models import Event, Notification

LEADS = "/api/leads/"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
JOHN = {"firstName": "John", "lastName": "Doe", "email": "john@example.org"}
REPLAYED = "Idempotent-Replayed"


def post(api, key, body=JOHN):
    return api.post(LEADS, body, headers={"Idempotency-Key": key})


def test_the_same_key_and_body_get_the_first_answer_and_make_nothing(api, owner, committing):
    with committing():
        first = post(api, "k1")
    with committing():
        again = post(api, "k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert (first.has_header(REPLAYED), again[REPLAYED]) == (False, "true")
    assert (Lead.objects.count(), Event.objects.count()) == (1, 1)
    assert Notification.objects.filter(recipient=owner).count() == 1


def test_another_key_or_none_makes_another_lead(api):
    answers = [post(api, "k1"), post(api, "k2"), api.post(LEADS, JOHN), api.post(LEADS, JOHN)]
    assert [answer.status_code for answer in answers] == [201] * 4
    assert not any(answer.has_header(REPLAYED) for answer in answers)
    assert Lead.objects.count() == 4


def test_the_same_body_in_other_words_is_the_same_body(api):
    first = post(api, "k1")
    spaced = '{ "email": "john@example.org",\n "lastName": "Doe", "firstName": "J\\u006fhn" }'
    headers = {"Idempotency-Key": "k1"}
    again = api.generic("POST", LEADS, spaced, "application/json", headers=headers)
    assert (again[REPLAYED], again.json()) == ("true", first.json())


@pytest.mark.parametrize(
    "other", [JOHN | {"lastName": "Roe"}, JOHN | {"city": ""}, {}, {"firstName": 1}, []]
)
def test_the_same_key_with_another_body_is_422_and_makes_nothing(other, api):
    first = post(api, "k1")
    refused = post(api, "k1", other)
    assert (refused.status_code, list(refused.json())) == (422, ["detail"])
    assert not refused.has_header(REPLAYED)
    assert Lead.objects.get().last_name == "Doe"
    assert post(api, "k1").json() == first.json()


def test_the_first_answer_stays_whatever_became_of_the_lead(api):
    first = post(api, "k1").json()
    api.patch(f"{LEADS}{first['id']}/", {"lastName": "Roe"})
    assert post(api, "k1").json() == first
    api.delete(f"{LEADS}{first['id']}/")
    assert post(api, "k1").json() == first
    assert not Lead.objects.exists()


def test_a_key_is_kept_for_a_day_and_new_after_it(api):
    with time_machine.travel(NOON, tick=False) as clock:
        first = post(api, "k1").json()
        clock.shift(timedelta(hours=23, minutes=59))
        assert post(api, "k1").json() == first
        clock.shift(timedelta(minutes=2))
        anew = post(api, "k1", JOHN | {"lastName": "Roe"})
        assert (anew.status_code, anew.has_header(REPLAYED)) == (201, False)
        assert anew.json()["id"] != first["id"]
        clock.shift(timedelta(hours=23))
        assert post(api, "k1", JOHN | {"lastName": "Roe"}).json() == anew.json()
    assert Lead.objects.count() == 2


@pytest.mark.parametrize(
    "key",
    ["", " ", "a" * 256, "two words", "tab\tbed", "\x7f", "caf\xe9", "\xe2\x80\x8b"],
)
def test_a_key_that_is_no_key_gets_a_400_that_names_the_header(key, api):
    response = post(api, key)
    assert response.status_code == 400
    assert "Idempotency-Key" in response.json()["detail"]
    assert not Lead.objects.exists()


@pytest.mark.parametrize("key", ["a", "a" * 255, "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~"])
def test_every_visible_ascii_character_may_stand_in_a_key(key, api):
    assert post(api, key).status_code == 201
    assert post(api, key)[REPLAYED] == "true"


def test_anothers_same_key_is_another_key(api, api_of, teammate):
    mine, theirs = post(api, "k1"), post(api_of(teammate), "k1", JOHN | {"lastName": "Roe"})
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert not theirs.has_header(REPLAYED)
    assert theirs.json()["createdById"] == teammate.pk
    assert post(api, "k1").json() == mine.json()


def test_a_refusal_is_not_kept(api):
    assert post(api, "k1", {"firstName": "John"}).status_code == 400
    assert not IdempotencyKey.objects.exists()
    mended = post(api, "k1")
    assert (mended.status_code, mended.has_header(REPLAYED)) == (201, False)
    assert post(api, "k1")[REPLAYED] == "true"


def test_a_key_costs_the_same_for_every_replay(api, django_assert_num_queries):
    post(api, "k1")
    with django_assert_num_queries(1):
        assert post(api, "k1")[REPLAYED] == "true"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("second", "status"), [(JOHN, 201), (JOHN | {"lastName": "Roe"}, 422)])
def test_two_at_the_same_moment_make_one_lead(second, status, api_of, owner, monkeypatch):
    both_looked = threading.Barrier(2, timeout=10)
    look, looked = idempotency._stored, threading.local()

    def look_together(user, key):
        found = look(user, key)
        if not hasattr(looked, "once"):
            looked.once = both_looked.wait()
        return found

    monkeypatch.setattr(idempotency, "_stored", look_together)
    answers = at_once(
        lambda: post(api_of(owner), "k1", JOHN), lambda: post(api_of(owner), "k1", second)
    )
    assert sorted(answer.status_code for answer in answers) == sorted([201, status])
    assert sum(answer.has_header(REPLAYED) for answer in answers) == (1 if status == 201 else 0)
    made = [answer.json() for answer in answers if answer.status_code == 201]
    assert made == made[:1] * len(made)
    assert (Lead.objects.count(), Event.objects.count()) == (1, 1)
    assert Notification.objects.filter(recipient=owner).count() == 1


def at_once(*acts):
    """What each of ``acts`` returns, in a thread and with a connection of its own."""
    found = [None] * len(acts)

    def run(place):
        try:
            found[place] = acts[place]()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert None not in found
    return found
