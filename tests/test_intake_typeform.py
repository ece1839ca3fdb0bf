"""Typeform, as typeform.com/developers/webhooks has it."""

import pytest

from leads.models import Delivery, Lead
from notifications.models import Event
from tests.doors import body_of, extras, payload, post, post_typeform, said, source_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def source():
    return source_of("typeform")


def test_the_documented_response_becomes_a_lead(client, source):
    answer = post_typeform(client, source, payload("typeform.json"))
    assert answer.status_code == 200
    assert said(Lead.objects.get()) == {
        "first_name": "Joan",
        "last_name": "Clarke",
        "email": "joan@bletchley.example",
        "phone": "+441908640404",
        "company": "Bletchley Park",
        "website": "https://bletchley.example",
        "message": "We would like\na demonstration.",
        "source": "Website",
        "stage": "new",
    }


def test_answers_of_every_type_are_kept_by_their_questions(client, source):
    post_typeform(client, source, payload("typeform.json"))
    kept = extras(Lead.objects.get())
    assert kept["How big are you?"] == "50-200, and growing"
    assert kept["Which ones do you like?"] == "London, Sydney"
    assert (kept["May we call?"], kept["How urgent is it?"]) == ("true", "5")
    assert (kept["When?"], kept["Your plan"]) == (
        "2026-04-01",
        "https://api.typeform.example/plan.pdf",
    )
    assert '"amount": "£1"' in kept["A deposit"]
    assert (kept["hidden.utm_source"], kept["variables.score"]) == ("newsletter", "4")
    assert (kept["calculated.score"], kept["form_id"]) == ("9", "lT4Z3j")


def test_a_question_in_a_sentence_is_understood(client, source):
    body = body_of("typeform.json")
    response = body["form_response"]
    response["definition"]["fields"][1]["title"] = "What’s your last name?"
    post_typeform(client, source, body)
    assert Lead.objects.get().last_name == "Clarke"


def test_contact_details_ask_by_the_fields_within_them(client, source):
    body = body_of("typeform.json")
    definition = body["form_response"]["definition"]
    within, definition["fields"] = definition["fields"][1:4], definition["fields"][4:]
    block = {"id": "c1", "type": "contact_info", "title": "Who are you?"}
    definition["fields"].append(block | {"properties": {"fields": within}})
    post_typeform(client, source, body)
    lead = Lead.objects.get()
    assert (lead.last_name, lead.email) == ("Clarke", "joan@bletchley.example")


def test_a_question_of_two_lines_can_be_mapped(client, source):
    body = body_of("typeform.json")
    body["form_response"]["definition"]["fields"][9]["title"] = "When\nshall we begin?"
    post_typeform(client, source, body)
    assert extras(Lead.objects.get())["When shall we begin?"] == "2026-04-01"


def test_a_response_that_comes_again_is_the_first(client, source):
    for _ in range(3):
        assert post_typeform(client, source, payload("typeform.json")).status_code == 200
    assert (Lead.objects.count(), Delivery.objects.count()) == (1, 1)


def test_the_signature_is_of_the_raw_body(client, source):
    body = payload("typeform.json")
    other = post_typeform(client, source, body, secret="another")
    unsigned = post(client, source, body)
    spaced = post(client, source, body + b" ", Typeform_Signature="sha256=AAAA")
    assert [answer.status_code for answer in (other, unsigned, spaced)] == [403] * 3
    assert not Delivery.objects.exists()
    assert post_typeform(client, source, body).status_code == 200


def test_a_form_that_was_left_is_kept_aside_and_the_whole_one_rings(client, source, manager):
    body = body_of("typeform.json")
    partial = body | {"event_type": "form_response_partial"}
    assert post_typeform(client, source, partial).status_code == 200
    assert not Lead.objects.exists()
    assert not Event.objects.exists()
    kept_aside = Delivery.objects.get()
    assert (kept_aside.state, kept_aside.reason[:17]) == ("suspect", "The form was left")
    post_typeform(client, source, body)
    assert (Lead.objects.count(), Event.objects.count()) == (1, 1)
    kept_aside.accept(by=manager)
    assert (kept_aside.state, Lead.objects.count()) == ("made", 2)


@pytest.mark.parametrize(
    "response",
    [None, [], "x", {}, {"answers": None}, {"answers": [None, {}, {"field": 1, "type": []}]},
     {"definition": [], "hidden": 5, "variables": {}, "answers": [{"type": "text"}]}],
)  # fmt: skip
def test_a_response_that_is_none_costs_no_delivery(client, source, response):
    body = {"event_type": "form_response", "form_response": response}
    assert post_typeform(client, source, body).status_code == 200
    assert Delivery.objects.get().state == "failed"
