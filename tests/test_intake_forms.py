"""Forms of websites: the hosted page, pasted ones, and those that were made for Salesforce."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from leads.intake.addresses import allowed_return
from leads.models import Delivery, Lead
from notifications.models import Event
from tests.doors import extras, payload, post_form, said, source_of

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADA = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.org"}
STAMP, HONEYPOT = "lb_stamp", "lb_subject"


@pytest.fixture
def source():
    return source_of("form")


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


class Inputs(HTMLParser):
    """The controls of a page by their names."""

    def __init__(self, page):
        super().__init__()
        self.found = {}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag in ("input", "textarea") and "name" in attrs:
            self.found[attrs["name"]] = attrs


def opened(client, source) -> dict:
    """What the hosted page sends before anybody typed."""
    page = client.get(source.path, headers={"Accept": "text/html"}).content.decode()
    return {name: attrs.get("value") or "" for name, attrs in Inputs(page).found.items()}


def filled(client, source, clock, **fields):
    before = opened(client, source)
    clock.shift(timedelta(seconds=10))
    return post_form(client, source, before | ADA | fields)


# Salesforce's forms


def test_a_form_made_for_salesforce_needs_but_another_action(client):
    source = source_of("salesforce", return_hosts=["shop.example"])
    answer = post_form(client, source, payload("salesforce.txt"))
    assert (answer.status_code, answer["Location"]) == (303, "https://shop.example/thanks?a=1")
    lead = Lead.objects.get()
    assert said(lead) == {
        "first_name": "Rosalind",
        "last_name": "Franklin",
        "email": "rosalind@kings.example",
        "company": "King's College",
        "phone": "+44 20 7836 5454",
        "job_title": "Chemist",
        "city": "London",
        "region": "London",
        "postal_code": "WC2R 2LS",
        "country": "GB",
        "website": "https://kings.example",
        "source": "Web",
        "message": "Photograph 51\r\nis ready.",
        "stage": "new",
    }
    assert lead.origins.get().fields == [
        ["oid", "00D50000000Ic3X"],
        ["street", "Strand\r\nWing B"],
        ["00N50000001Xyz0", "Crystals"],
        ["00N50000001Xyz1", "a"],
        ["00N50000001Xyz1", "b"],
        ["emailOptOut", "1"],
    ]


def test_a_page_in_an_old_encoding_is_read(client, source):
    post_form(client, source, b"last_name=M%FCller&email=m@example.org&company=10%80")
    lead = Lead.objects.get()
    assert (lead.last_name, lead.company) == ("Müller", "10€")


def test_a_form_with_files_gives_the_lead_and_the_names_of_the_files(client, source):
    plan = SimpleUploadedFile("plan.svg", b"<svg onload=alert(1)>", "image/svg+xml")
    answer = post_form(client, source, ADA | {"plan": plan, "company": "Zoë & Söhne"})
    assert answer.status_code == 200
    lead = Lead.objects.get()
    assert lead.company == "Zoë & Söhne"
    assert extras(lead) == {"plan": "plan.svg (a file, which is not kept)"}
    assert b"onload" not in bytes(Delivery.objects.get().payload)


def test_a_form_in_parts_keeps_the_names_of_its_fields(client, source):
    plan = SimpleUploadedFile("Größe.svg", b"<svg>", "image/svg+xml")
    post_form(client, source, ADA | {"Straße": "Königsallee 1", "Pläne": plan})
    assert extras(Lead.objects.get()) == {
        "Straße": "Königsallee 1",
        "Pläne": "Größe.svg (a file, which is not kept)",
    }


def test_fields_within_brackets_are_known_by_what_is_within(client, source):
    """As Elementor, Rails and PHP name them."""
    fields = {
        "form_fields[name]": "Ada Lovelace",
        "form_fields[email]": "ada@example.org",
        "contact[phone][]": "+44 20 7946 0001",
        "product[name]": "Analytical engine",
    }
    post_form(client, source, fields)
    lead = Lead.objects.get()
    assert said(lead)["first_name"] == "Ada"
    assert (lead.last_name, lead.email) == ("Lovelace", "ada@example.org")
    assert lead.phone == "+44 20 7946 0001"
    assert extras(lead) == {"product[name]": "Analytical engine"}


# Where a form returns to


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("https://shop.example/thanks?a=1#x", "https://shop.example/thanks?a=1#x"),
        ("http://shop.example", "http://shop.example"),
        ("HTTPS://SHOP.example/", "https://shop.example/"),
        ("https://shop.example:443/", "https://shop.example/"),
        ("https://shop.example/für?a=%C3%BC#ō", "https://shop.example/f%C3%BCr?a=%C3%BC#%C5%8D"),
        ("https://shop.example/\u202e\u0085", "https://shop.example/%E2%80%AE%C2%85"),
        ("https://müller.example/", "https://xn--mller-kva.example/"),
        ("https://xn--mller-kva.example/", "https://xn--mller-kva.example/"),
        ("", ""),
        ("/thanks", ""),
        ("//evil.example/", ""),
        ("https:evil.example", ""),
        ("https:///evil.example", ""),
        ("https:/\\evil.example", ""),
        ("https://evil.example/", ""),
        ("https://evil.example\\@shop.example/", ""),
        ("https://shop.example@evil.example/", ""),
        ("https://evil.example#@shop.example/", ""),
        ("https://evil.example?https://shop.example", ""),
        ("https://user@shop.example/", ""),
        ("https://shop.example.evil.example/", ""),
        ("https://evilshop.example/", ""),
        ("https://shop.example:8443/", ""),
        ("http://shop.example:443/", ""),
        ("https://shop.example:x/", ""),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("ftp://shop.example/", ""),
        ("https://shop.example/\r\nX: y", ""),
        (" https://shop.example/", ""),
        ("https://\tshop.example/", ""),
        ("https://[::1/", ""),
        ("https://shop。example/", "https://shop.example/"),
        ("https://" + "a" * 70 + ".example/", ""),
        ("https://shop.example/" + "a" * 2_000, ""),
    ],
)
def test_a_form_returns_to_the_hosts_of_its_source_alone(wanted, leads_to):
    assert allowed_return(wanted, ["shop.example", "xn--mller-kva.example"]) == leads_to


def test_without_a_host_nobody_is_sent_anywhere(client, source):
    answer = post_form(client, source, ADA | {"retURL": "https://shop.example/"})
    assert (answer.status_code, "Location" in answer) == (200, False)
    assert "Thank you" in answer.content.decode()
    assert extras(Lead.objects.get()) == {}


# The hosted page


def test_the_hosted_page_makes_a_lead_without_a_script(client, source, clock):
    answer = filled(client, source, clock, message="Hello")
    assert (answer.status_code, "Thank you" in answer.content.decode()) == (200, True)
    lead = Lead.objects.get()
    assert (lead.name, lead.message, extras(lead)) == ("Ada Lovelace", "Hello", {})
    assert "sessionid" not in answer.cookies


def test_a_mistake_comes_back_with_what_was_typed_and_a_sentence(client, source, clock):
    answer = filled(client, source, clock, email="nobody", company="Engines")
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Enter a valid email address." in page
    assert 'value="Engines"' in page
    assert not Delivery.objects.exists()
    again = Inputs(page).found
    fields = {name: attrs.get("value") or "" for name, attrs in again.items()}
    assert post_form(client, source, fields | {"email": "ada@example.org"}).status_code == 200
    assert Lead.objects.get().email == "ada@example.org"


def test_who_gives_no_name_and_no_address_is_told_both(client, source, clock):
    page = filled(client, source, clock, first_name="", last_name="", email="").content.decode()
    assert "Give a name" in page
    assert "Give a way to answer" in page


def test_a_double_click_makes_one_lead_and_another_message_a_second(client, source, clock):
    before = opened(client, source)
    clock.shift(timedelta(seconds=10))
    sent = before | ADA
    for _ in range(2):
        assert post_form(client, source, sent).status_code == 200
    assert Lead.objects.count() == 1
    clock.shift(timedelta(hours=5))
    post_form(client, source, sent)
    assert Lead.objects.count() == 1
    post_form(client, source, sent | {"message": "One more thing"})
    assert Lead.objects.count() == 2


def test_a_foreign_form_that_is_sent_twice_in_a_minute_is_one(client, source, clock):
    clock.move_to(NOON + timedelta(seconds=50))
    post_form(client, source, ADA)
    clock.shift(timedelta(seconds=20))  # into the next minute of the clock
    post_form(client, source, ADA)
    assert (Lead.objects.count(), Delivery.objects.count()) == (1, 1)
    post_form(client, source, ADA | {"city": "London"})
    assert Lead.objects.count() == 2
    clock.shift(timedelta(seconds=100))
    post_form(client, source, ADA)
    assert Lead.objects.count() == 3


def test_only_forms_have_a_page(client, source):
    assert client.get(source.path).status_code == 200
    for kind in ("salesforce", "google", "typeform", "json"):
        answer = client.get(source_of(kind).path)
        assert (answer.status_code, answer["Allow"]) == (405, "POST")


# What is suspected


def suspected(client, source, **fields):
    """Why what came with these is kept aside, and whether anybody could tell."""
    answer = post_form(client, source, ADA | fields)
    thanked = answer.status_code == 200 and "Thank you" in answer.content.decode()
    assert thanked
    assert not Lead.objects.exists()
    assert not Event.objects.exists()
    return Delivery.objects.get(state="suspect").reason


def test_who_fills_in_what_nobody_sees_is_kept_aside_and_thanked(client, source):
    assert suspected(client, source, **{HONEYPOT: "Buy now"}).startswith("It filled in")


def test_who_is_too_quick_is_kept_aside(client, source, clock):
    before = opened(client, source)
    clock.shift(timedelta(seconds=2))
    assert suspected(client, source, **before | ADA).startswith("It was filled in too")


def test_who_takes_as_long_as_people_do_is_not(client, source, clock):
    before = opened(client, source)
    clock.shift(timedelta(seconds=3))
    post_form(client, source, before | ADA)
    assert Lead.objects.count() == 1


def test_a_stamp_of_nobodys_or_of_another_source_is_kept_aside(client, source, clock):
    other = opened(client, source_of("form"))
    clock.shift(timedelta(seconds=10))
    assert suspected(client, source, **{STAMP: other[STAMP]}).startswith("It came with a time")
    post_form(client, source, ADA | {STAMP: "1.2.3:forged"})
    assert Delivery.objects.filter(state="suspect").count() == 2


@pytest.mark.parametrize(
    ("headers", "made"),
    [
        ({"Origin": "https://shop.example"}, True),
        ({"Referer": "https://shop.example/contact?x=1"}, True),
        ({"Origin": "http://testserver"}, True),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "https://shop.example.evil.example"}, False),
        ({"Origin": "http://shop.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "https://[::1"}, False),
        ({"Origin": "https://evil.example", "Referer": "https://shop.example/"}, False),
        ({}, False),
    ],
)
def test_a_form_on_another_website_is_kept_aside(client, headers, made):
    source = source_of("form", allowed_origins=["https://Shop.example/"])
    assert post_form(client, source, ADA, **headers).status_code == 200
    assert Delivery.objects.get().state == ("made" if made else "suspect")


def test_what_is_kept_aside_becomes_a_lead_that_rings_when_it_is_accepted(
    client, source, owner, manager, committing
):
    suspected(client, source, **{HONEYPOT: "x"})
    delivery = Delivery.objects.get()
    with committing():
        delivery.accept(by=manager)
    assert (delivery.state, delivery.reason, delivery.lead.name) == ("made", "", "Ada Lovelace")
    assert owner.notifications.get().type == "lead_created"
    assert HONEYPOT not in extras(delivery.lead)


# Bounds


def test_one_address_sends_twenty_a_minute(client, source, clock):
    answers = [post_form(client, source, ADA | {"city": str(n)}) for n in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert answers[-1]["Retry-After"] == "60"
    assert "Wait a minute" in answers[-1].content.decode()
    assert Lead.objects.count() == 20
    elsewhere = client.post(source.path, ADA, REMOTE_ADDR="203.0.113.9")
    assert elsewhere.status_code == 200
    clock.shift(timedelta(seconds=61))
    assert post_form(client, source, ADA | {"city": "x"}).status_code == 200


def test_the_addresses_of_one_customer_are_one_address(client, source, clock):
    answers = [
        client.post(source.path, ADA | {"city": str(n)}, REMOTE_ADDR=f"2001:db8:1:2::{n:x}")
        for n in range(21)
    ]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert {row.address for row in Delivery.objects.all()} == {"2001:db8:1:2::"}
    assert client.post(source.path, ADA, REMOTE_ADDR="2001:db8:1:3::1").status_code == 200


def test_a_source_takes_so_many_a_minute_from_everywhere(client, source, monkeypatch):
    monkeypatch.setattr(type(source.door), "per_source", 3)
    answers = [
        client.post(source.path, ADA, REMOTE_ADDR=f"203.0.113.{n}").status_code for n in range(5)
    ]
    assert answers == [200, 200, 200, 429, 429]
    source.refresh_from_db()
    assert (source.refused_count, source.refused_because[:22]) == (2, "Too much came for this")


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("198.51.100.7, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("fe80::1%eth0", "fe80::"),  # a /64 is one customer's
        ("203.0.113.9:1234", "203.0.113.9"),
        ("unknown", "127.0.0.1"),  # then it is the proxy's own
        ("x" * 500, "127.0.0.1"),
    ],
)
def test_behind_a_proxy_the_address_is_what_the_proxy_saw(
    client, source, settings, forwarded, address
):
    settings.PROXIES = 1
    post_form(client, source, ADA, X_Forwarded_For=forwarded)
    assert Delivery.objects.get().address == address


# For pasting


def test_the_snippet_is_a_form_that_works(client, source):
    text = source.snippet("https://crm.example/")
    inputs = Inputs(text).found
    assert f'action="https://crm.example{source.path}"' in text
    assert (inputs[HONEYPOT]["tabindex"], inputs[HONEYPOT]["autocomplete"]) == ("-1", "off")
    assert "<script" not in text
    typed = {"first_name": "Ada", "last_name": "L", "email": "a@example.org", "phone": "5551234",
             "company": "Engines", "description": "Hi"}  # fmt: skip
    post_form(client, source, dict.fromkeys(inputs, "") | typed)
    assert said(Lead.objects.get())["message"] == "Hi"


def test_programs_that_send_forms_are_answered_in_json(client, source):
    answer = client.generic(
        "POST", source.path, urlencode(ADA).encode(), "application/x-www-form-urlencoded"
    )
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    refused = client.generic("POST", source.path, b"&", "application/x-www-form-urlencoded")
    assert (refused.status_code, list(refused.json())) == (400, ["detail"])
