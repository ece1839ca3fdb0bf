"""Any program: JSON of whatever shape, mapped by hand or by its words."""

import pytest

from leads.models import Delivery, Lead
from notifications.models import Notification
from tests.doors import JSON, body_of, extras, payload, post, said, signed, source_of

pytestmark = pytest.mark.django_db
MARY = {"name": "Mary Jackson", "email": "mary@langley.example"}


@pytest.fixture
def source():
    return source_of("json", name="Shop")


def test_nested_json_is_understood_by_its_words(client, source):
    answer = post(client, source, payload("program.json"))
    lead = Lead.objects.get()
    delivery = Delivery.objects.get()
    assert (answer.status_code, answer.json()) == (
        201,
        {"id": delivery.pk, "status": "made", "leadId": lead.pk},
    )
    assert said(lead) == {
        "first_name": "Mary",
        "last_name": "Jackson",
        "email": "mary@langley.example",
        "phone": "+1 757 555 0101",
        "company": "Langley",
        "city": "Hampton",
        "region": "VA",
        "postal_code": "23666",
        "source": "Partner",
        "stage": "new",
    }
    kept = extras(lead)
    assert (kept["id"], kept["status"]) == ("9007199254740993", "won")
    assert (kept["product.name"], kept["product.price"]) == ("Wind tunnel", "12.5")
    assert kept["contact.emails[1].value"] == "mary@home.example"


def test_what_is_mapped_by_hand_goes_where_it_is_said(client, source):
    source.mapping = {
        "company": "product.name",
        "email": "contact.emails[1].value",
        "stage": "status",
        "tags": "leadSource",
    }
    source.save()
    post(client, source, payload("program.json"))
    lead = Lead.objects.get()
    assert (lead.company, lead.email, lead.stage) == ("Wind tunnel", "mary@home.example", "won")
    assert [tag.name for tag in lead.tags.all()] == ["Partner"]
    assert (lead.first_name, extras(lead)["contact.name.first"]) == ("", "Mary")


def test_a_value_that_its_field_does_not_take_is_kept_beside_the_lead(client, source):
    body = {"name": "Mary", "email": "nobody", "phone": "555 1234", "company": "x" * 201,
            "website": "not a site", "city": "Ham\n pton"}  # fmt: skip
    post(client, source, body)
    lead = Lead.objects.get()
    assert (lead.last_name, lead.email, lead.company, lead.city) == ("Mary", "", "", "Ham pton")
    assert extras(lead) == {"email": "nobody", "company": "x" * 201, "website": "not a site"}


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"email": "mary@langley.example"}, "mary@langley.example"),
        ({"phone": "5551234"}, "5551234"),
    ],
)
def test_who_has_no_name_is_called_by_how_to_reach_them(client, source, body, name):
    post(client, source, body)
    assert Lead.objects.get().name == name


def test_what_cannot_be_answered_is_202_and_says_why(client, source):
    answer = post(client, source, {"name": "Mary"})
    delivery = Delivery.objects.get()
    assert (answer.status_code, answer.json()) == (
        202,
        {
            "id": delivery.pk,
            "status": "failed",
            "detail": "There is no e-mail address and no phone number in it.",
        },
    )
    assert not Lead.objects.exists()


def test_a_wrong_address_is_told_from_none(client, source):
    answer = post(client, source, {"name": "Mary", "email": "nobody"})
    assert answer.json()["detail"] == (
        "The e-mail address or phone number in it is none, and there is no other."
    )


def test_everybody_is_notified_as_of_any_lead(client, source, owner, committing):
    with committing():
        post(client, source, MARY)
    told = Notification.objects.get(recipient=owner)
    assert (told.type, told.message) == ("lead_created", "Mary Jackson added to pipeline")
    assert told.actor_id is None


def test_a_key_gets_the_first_answer(client, source):
    first = post(client, source, MARY, Idempotency_Key="k1")
    spaced = b' {"email": "mary@langley.example",\n "name": "Mary Jackson"}'
    again = post(client, source, spaced, Idempotency_Key="k1")
    assert (again.status_code, again.content) == (201, first.content)
    assert (first.has_header("Idempotent-Replayed"), again["Idempotent-Replayed"]) == (
        False,
        "true",
    )
    assert Lead.objects.count() == 1
    post(client, source, MARY, Idempotency_Key="k2")
    post(client, source, MARY)
    assert Lead.objects.count() == 3


def test_a_key_with_another_body_is_422_and_makes_nothing(client, source):
    post(client, source, MARY, Idempotency_Key="k1")
    answer = post(client, source, MARY | {"city": "Hampton"}, Idempotency_Key="k1")
    assert (answer.status_code, list(answer.json())) == (422, ["detail"])
    assert (Lead.objects.count(), Delivery.objects.count()) == (1, 1)


def test_the_first_answer_stays_when_what_failed_is_mended(client, source, manager):
    first = post(client, source, {"who": "mary@langley.example"}, Idempotency_Key="k1")
    assert first.status_code == 202
    source.mapping = {"email": "who"}
    source.save()
    Delivery.objects.get().replay(by=manager)
    assert Lead.objects.count() == 1
    again = post(client, source, {"who": "mary@langley.example"}, Idempotency_Key="k1")
    assert (again.status_code, again.content) == (202, first.content)
    assert Lead.objects.count() == 1


@pytest.mark.parametrize("key", ["", "a b", "ü", "k" * 256, "k\t"])
def test_a_key_that_is_none_is_400(client, source, key):
    answer = client.generic("POST", source.path, b"{}", JSON, HTTP_IDEMPOTENCY_KEY=key)
    assert answer.status_code == 400
    assert not Delivery.objects.exists()


def test_a_source_with_a_secret_wants_every_body_signed(client):
    source = source_of("json", secret="the-secret")
    body = payload("program.json")
    wrong = [
        post(client, source, body),
        post(client, source, body, X_Signature_256=signed(body)),
        post(client, source, body, X_Signature_256=f"sha256={signed(body, 'x')}"),
        post(client, source, body + b" ", X_Signature_256=f"sha256={signed(body)}"),
        post(client, source, body, X_Signature_256="sha256=ü"),
    ]
    assert [answer.status_code for answer in wrong] == [401] * 5
    assert not Delivery.objects.exists()
    right = post(client, source, body, X_Signature_256=f"sha256={signed(body)}")
    assert right.status_code == 201


def test_a_list_is_refused_with_a_sentence(client, source):
    answer = post(client, source, [MARY, MARY])
    assert answer.status_code == 400
    assert answer.json() == {"detail": "Send one lead at a time: the body is a list."}


def test_very_many_values_are_bounded_and_it_says_how_many_more_there_were(client, source):
    post(client, source, MARY | {"numbers": list(range(5_000))})
    kept = Lead.objects.get().origins.get().fields
    assert len(kept) <= 1_001
    assert kept[-1][0] == "…"
    assert int(kept[-1][1]) > 3_900


def test_the_mapping_page_sees_the_same_pairs(client, source):
    post(client, source, payload("program.json"))
    pairs = Delivery.objects.get().pairs()
    assert ("contact.emails[0].value", "mary@langley.example") in pairs
    assert len(pairs) == 20
    assert body_of("program.json")["product"]["name"] == dict(pairs)["product.name"]
