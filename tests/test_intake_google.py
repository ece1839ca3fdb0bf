"""Google Ads lead forms, as developers.google.com/google-ads/webhook/docs has them."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from leads.models import Delivery, Lead
from tests.doors import GOOGLE_KEY, body_of, extras, payload, post_google, said, source_of

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def source():
    return source_of("google", name="Search ads")


def test_the_documented_lead_becomes_one(client, source):
    answer = post_google(client, source, payload("google.json"))
    assert (answer.status_code, answer.json()) == (200, {})
    assert said(Lead.objects.get()) == {
        "first_name": "Grace",
        "last_name": "Hopper",
        "email": "grace@navy.example",
        "phone": "+12025550143",
        "company": "US Navy",
        "job_title": "Rear admiral",
        "city": "Washington",
        "region": "DC",
        "postal_code": "20374",
        "country": "US",
        "source": "Search ads",
        "stage": "new",
    }


def test_what_is_no_field_of_a_lead_is_kept_and_ids_lose_no_digit(client, source):
    post_google(client, source, payload("google.json"))
    kept = extras(Lead.objects.get())
    assert kept["what_is_your_preferred_dealership?"] == "Arlington"
    assert (kept["form_id"], kept["creative_id"]) == ("9223372036854775807", "9007199254740993")
    assert (kept["asset_group_id"], kept["lead_stage"]) == ("6400000001", "NEW")
    assert kept["something_new.of[0]"] == "next"
    assert kept["STREET_ADDRESS"] == "1 Navy Yard"
    assert GOOGLE_KEY not in str(kept)


def test_an_older_form_has_names_of_columns_and_no_ids(client, source):
    post_google(client, source, payload("google-older.json"))
    lead = Lead.objects.get()
    assert (lead.first_name, lead.last_name) == ("Grace", "Hopper")
    assert (lead.email, lead.phone, lead.postal_code) == (
        "grace@navy.example",
        "12025550143",
        "20374",
    )


def test_a_lead_that_comes_again_is_the_first_whatever_else_it_says(client, source):
    body = body_of("google.json")
    first = post_google(client, source, body)
    again = post_google(client, source, body | {"campaign_id": 1})
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert (Lead.objects.count(), Delivery.objects.count()) == (1, 1)
    post_google(client, source, body | {"lead_id": "another"})
    assert Lead.objects.count() == 2


def test_a_test_of_google_is_marked_and_can_be_sent_again_a_minute_later(client, source):
    body = body_of("google-older.json")
    with time_machine.travel(NOON, tick=False) as clock:
        post_google(client, source, body)
        post_google(client, source, body)
        assert Lead.objects.count() == 1
        clock.shift(timedelta(minutes=1))
        post_google(client, source, body)
    assert Lead.objects.count() == 2
    assert all(delivery.is_test for delivery in Delivery.objects.all())
    assert [tag.name for tag in Lead.objects.first().tags.all()] == ["test"]


@pytest.mark.parametrize(
    "key", ["", "the-google-keY", "the-google-key ", None, 5, ["the-google-key"]]
)
def test_another_key_is_refused_and_nothing_is_kept(client, source, key):
    answer = post_google(client, source, body_of("google.json") | {"google_key": key})
    assert (answer.status_code, set(answer.json())) == (403, {"message", "detail"})
    assert not Delivery.objects.exists()
    source.refresh_from_db()
    assert (source.refused_count, source.refused_because) == (1, answer.json()["detail"])


def test_without_a_way_to_answer_it_fails_and_google_need_not_come_again(client, source):
    body = body_of("google.json")
    body["user_column_data"] = body["user_column_data"][:1]
    assert post_google(client, source, body).status_code == 200
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.lead) == ("failed", None)
    assert delivery.reason == "There is no e-mail address and no phone number in it."


@pytest.mark.parametrize(
    "columns", [None, {}, "text", [], [None, 5, "x"], [{}], [{"column_id": {}}]]
)
def test_columns_that_are_none_cost_no_delivery(client, source, columns):
    body = body_of("google.json") | {"user_column_data": columns}
    assert post_google(client, source, body).status_code == 200
    assert Delivery.objects.get().state == "failed"


def test_the_key_is_not_shown_with_the_payload(client, source):
    post_google(client, source, payload("google.json"))
    text = Delivery.objects.get().text
    assert "Grace Hopper" in text
    assert GOOGLE_KEY not in text
