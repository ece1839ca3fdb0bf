"""What strangers, broken programs and attackers bring to a door: a sentence, and nothing stored."""

import json

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads.models import Delivery, Lead, Source
from tests.doors import (
    GOOGLE_KEY,
    JSON,
    SECRET,
    URLENCODED,
    body_of,
    payload,
    post,
    post_meta,
    post_typeform,
    source_of,
)
from tests.test_bad_input import BODIES, VALUES

pytestmark = pytest.mark.django_db
KINDS = Source.Kind.values
PROGRAMS = ("google", "meta", "typeform", "json")
MULTIPART = "multipart/form-data; boundary=x"


def knock(client, source, body, content_type=JSON):
    """As its sender would, signed and all."""
    if source.kind == "typeform":
        return post_typeform(client, source, body)
    if source.kind == "meta":
        return post_meta(client, source, body)
    return post(client, source, body, content_type)


def refused(answer, *statuses):
    assert answer.status_code in statuses, (answer.status_code, answer.content[:300])
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["detail"]
    return answer.json()["detail"]


def test_nobody_is_there(client):
    for token in ("x" * 32, "x" * 65, "%00", "%ff", "a%2fb", "..", "ü", "a" * 4_000):
        answer = client.generic("POST", f"/in/{token}/", b"{}", JSON)
        assert answer.status_code == 404
    refused(client.generic("POST", "/in/xyz/", b"{}", JSON), 404)
    page = client.get("/in/xyz/", headers={"Accept": "text/html"})
    assert (page.status_code, page["Content-Type"]) == (404, "text/html; charset=utf-8")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("kind", KINDS)
def test_only_what_a_door_knows_is_answered(client, kind, method):
    answer = client.generic(method, source_of(kind).path, b"{}", JSON)
    refused(answer, 405)
    assert "POST" in answer["Allow"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "text/html", "image/png", "x", "\x00", ";"]
)
def test_another_type_is_415(client, kind, content_type):
    source = source_of(kind)
    body = payload("google.json")
    if kind == "typeform" or kind == "meta":
        answer = _signed_with_type(client, source, body, content_type)
    else:
        answer = post(client, source, body, content_type)
    refused(answer, 415)
    assert not Delivery.objects.exists()


def _signed_with_type(client, source, body, content_type):
    sample = source.door.sample(source)
    return client.generic(
        "POST", source.path, sample.body, content_type, headers=dict(sample.headers)
    )


def test_a_form_does_not_come_as_json_nor_json_as_a_form(client):
    refused(post(client, source_of("form"), b"{}", JSON), 415)
    refused(post(client, source_of("json"), b"a=b", URLENCODED), 415)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_too_large_is_413(client, kind, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    source = source_of(kind)
    refused(knock(client, source, b" " * 101, URLENCODED if kind == "form" else JSON), 413)
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("kind", PROGRAMS)
@pytest.mark.parametrize("what", BODIES)
def test_a_body_that_is_no_object_is_400_and_nothing_is_kept(client, kind, what):
    if what in ("a byte order mark", "an empty object"):
        return
    refused(knock(client, source_of(kind), BODIES[what]), 400)
    assert not Delivery.objects.exists()


def test_what_cannot_be_read_is_told_where(client):
    source = source_of("json")
    said = refused(post(client, source, b'{"a": 1,\n "b": }'), 400)
    assert "line 2 column 7" in said
    assert "position 7" in refused(post(client, source, b'{"a": "\xff"}'), 400)


@pytest.mark.parametrize("kind", ["google", "json"])
@pytest.mark.parametrize("what", VALUES)
@pytest.mark.parametrize("name", ["email", "name", "x"])
def test_a_value_of_any_kind_costs_an_answer_and_no_more(client, kind, what, name):
    source = source_of(kind)
    head = {"lead_id": "1", "google_key": GOOGLE_KEY} if kind == "google" else {"phone": "5551234"}
    told = json.dumps(head).encode()[:-1] + b', "%s": ' % name.encode() + VALUES[what] + b"}"
    if kind == "google":
        column = b'{"column_id": "%s", "string_value": ' % name.upper().encode()
        told = json.dumps(head).encode()[:-1] + b', "user_column_data": [' + column
        told += VALUES[what] + b'}, {"column_id": "PHONE_NUMBER", "string_value": "5551234"}]}'
    answer = post(client, source, told)
    assert answer.status_code in (200, 201, 400), answer.content
    assert Delivery.objects.count() == Lead.objects.count() == int(answer.status_code < 300)


FORMS = {
    "nothing": (URLENCODED, b""),
    "signs": (URLENCODED, b"&&&=&"),
    "too many fields": (URLENCODED, b"a=1&" * 2_000),
    "no boundary": ("multipart/form-data", b"--x\r\n\r\n--x--"),
    "an empty boundary": ("multipart/form-data; boundary=", b"--\r\n"),
    "a boundary of signs": ('multipart/form-data; boundary="\xff"', b"--x\r\n"),
    "no parts": (MULTIPART, b"nothing of the kind"),
    "an open part": (MULTIPART, b"--x\r\nContent-Disposition: form-data"),
    "a part without a name": (
        MULTIPART, b"--x\r\nContent-Disposition: form-data\r\n\r\nv\r\n--x--"
    ),
    "bad base64": (
        MULTIPART,
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="g"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n--x--\r\n",
    ),
    "too many files": (
        MULTIPART,
        b"".join(
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="%d"\r\n\r\nv\r\n' % n
            for n in range(200)
        )
        + b"--x--\r\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", FORMS)
def test_a_form_that_is_none_is_400_and_nothing_is_kept(client, what):
    content_type, body = FORMS[what]
    answer = post(client, source_of("form"), body, content_type)
    if what == "bad base64":
        assert answer.status_code in (200, 400)
        return
    refused(answer, 400)
    assert not Delivery.objects.exists()


ODD = {
    "NUL": b"email=a%40example.org&last_name=a%00b",
    "bytes of a surrogate": b"email=a%40example.org&last_name=%ED%A0%80",
    "no UTF-8": b"email=a%40example.org&last_name=%FF%FE",
    "raw bytes": b"email=a%40example.org&last_name=\xff\xfe\x00",
    "half an escape": b"email=a%40example.org&last_name=%4&%=%",
    "names of bytes": b"email=a%40example.org&%00%FF=x",
    "a name twice": b"email=a%40example.org&email=b%40example.org",
    "ours": b"email=a%40example.org&retURL=%00&_charset_=x",
    "10,000 characters": b"email=a%40example.org&description=" + b"x" * 10_001,
}


@pytest.mark.parametrize("what", ODD)
def test_odd_bytes_in_a_form_cost_no_lead(client, what):
    source = source_of("form", return_hosts=["shop.example"])
    assert post(client, source, ODD[what], URLENCODED).status_code == 200
    delivery = Delivery.objects.get()
    assert (delivery.state, Lead.objects.get().email) == ("made", "a@example.org")


def test_every_refusal_is_counted_and_nothing_else_of_it_is_kept(client):
    source = source_of("google")
    for body in (b"{", b"{}", b"[]"):
        post(client, source, body)
    source.refresh_from_db()
    assert (source.refused_count, source.refused_because) == (
        3,
        "Send one lead at a time: the body is a list.",
    )
    Source.objects.update(refused_count=2**31 - 1)
    assert post(client, source, b"{").status_code == 400


# Whatever comes: no 500

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=()), max_size=20),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["email", "name", "a", "\x00", "field", "type", "values"]),
                      inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
FUZZED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def dumped(value) -> bytes:
    return json.dumps(value).encode()


@FUZZED
@given(value=ANY_JSON, raw=st.binary(max_size=60))
def test_fuzzing_any_program_finds_no_500(client, value, raw):
    source = source_of("json")
    assert post(client, source, dumped(value)).status_code in (201, 202, 400)
    assert post(client, source, raw).status_code in (201, 202, 400)


@FUZZED
@given(
    columns=ANY_JSON,
    lead_id=ANY_JSON,
    rest=st.dictionaries(st.text(max_size=5), ANY_JSON, max_size=2),
)
def test_fuzzing_google_finds_no_500(client, columns, lead_id, rest):
    body = {**rest, "google_key": GOOGLE_KEY, "lead_id": lead_id, "user_column_data": columns}
    answer = post(client, source_of("google"), dumped(body))
    assert answer.status_code == 200
    Delivery.objects.latest("pk").pairs()


@FUZZED
@given(
    part=st.sampled_from(["answers", "definition", "hidden", "variables", "token"]), value=ANY_JSON
)
def test_fuzzing_typeform_finds_no_500(client, part, value):
    body = body_of("typeform.json")
    body["form_response"][part] = value
    assert post_typeform(client, source_of("typeform"), dumped(body)).status_code == 200


@FUZZED
@given(value=ANY_JSON, lead=ANY_JSON)
def test_fuzzing_meta_finds_no_500(client, value, lead):
    source = source_of("meta")
    for body in (value, {"entry": value}, {"entry": [{"changes": value}]}):
        assert post_meta(client, source, dumped(body)).status_code in (200, 400)
    value = {"leadgen_id": "12", "more": value}
    change = {"field": "leadgen", "value": value}
    assert post_meta(client, source, dumped({"entry": [{"changes": [change]}]})).status_code == 200
    fetched = lead if isinstance(lead, dict) else {"field_data": lead}
    delivery = source.deliveries.get()
    delivery.got(fetched)
    delivery.refresh_from_db()
    assert delivery.state in ("made", "failed")


@FUZZED
@given(
    body=st.binary(max_size=200),
    content_type=st.sampled_from([URLENCODED, MULTIPART, "multipart/form-data"]),
    fields=st.dictionaries(st.sampled_from(["email", "lb_stamp", "lb_subject", "retURL", "a"]),
                           st.text(max_size=20), max_size=4),
)  # fmt: skip
def test_fuzzing_forms_finds_no_500(client, body, content_type, fields, monkeypatch):
    source = source_of("form", return_hosts=["shop.example"])
    html = {"Accept": "text/html"}
    for sent in (body, b"email=a%40example.org&" + body):
        assert post(client, source, sent, content_type, **html).status_code in (200, 400)
    assert client.post(source.path, fields, headers=html).status_code in (200, 400)


# What managers write

WRONG = [
    ({"name": ""}, "name"),
    ({"kind": "fax"}, "kind"),
    ({"kind": "google"}, "secret"),
    ({"kind": "typeform"}, "secret"),
    ({"kind": "meta", "secret": "x", "verify_token": "x"}, "access_token"),
    ({"kind": "meta", "secret": "x", "access_token": "x"}, "verify_token"),
    ({"secret": "a\nb"}, "secret"),
    ({"tags": "x"}, "tags"),
    ({"tags": [5]}, "tags"),
    ({"tags": ["x" * 51]}, "tags"),
    ({"tags": [str(n) for n in range(21)]}, "tags"),
    ({"allowed_origins": ["shop.example"]}, "allowed_origins"),
    ({"allowed_origins": ["https://shop.example/contact"]}, "allowed_origins"),
    ({"allowed_origins": ["https://a b"]}, "allowed_origins"),
    ({"allowed_origins": ["https://[::1"]}, "allowed_origins"),
    ({"allowed_origins": ["https://user@shop.example"]}, "allowed_origins"),
    ({"return_hosts": ["https://shop.example"]}, "return_hosts"),
    ({"return_hosts": ["*.shop.example"]}, "return_hosts"),
    ({"return_hosts": ["x" * 70 + ".example"]}, "return_hosts"),
    ({"mapping": []}, "mapping"),
    ({"mapping": {"owner": "x"}}, "mapping"),
    ({"mapping": {"email": 5}}, "mapping"),
    ({"mapping": {"email": "x", "phone": "x"}}, "mapping"),
    ({"fill_seconds": 61}, "fill_seconds"),
]


@pytest.mark.parametrize(("fields", "wrong"), WRONG)
def test_a_source_that_is_none_is_told_which_field(fields, wrong):
    with pytest.raises(ValidationError) as problem:
        Source(**{"name": "Website", "kind": "form", **fields}).full_clean()
    assert wrong in problem.value.message_dict


def test_what_managers_write_is_stored_as_it_is_compared():
    source = source_of(
        "form",
        tags=[" Spring ", "spring", "", "a\nb"],
        allowed_origins=["HTTPS://Shop.example/", "https://shop.example", "http://x.example:8080",
                         "https://müller.example:443"],
        return_hosts=["Shop.example.", "müller.example"],
    )  # fmt: skip
    assert source.tags == ["Spring", "a b"]
    assert source.allowed_origins == [
        "https://shop.example",
        "http://x.example:8080",
        "https://xn--mller-kva.example",
    ]
    assert source.return_hosts == ["shop.example", "xn--mller-kva.example"]


def test_an_owner_of_a_source_works_here(outsider):
    with pytest.raises(ValidationError) as problem:
        Source(name="x", kind="form", owner=outsider).full_clean()
    assert list(problem.value.message_dict) == ["owner"]


def test_secrets_are_not_in_what_is_shown(client):
    source = source_of("typeform")
    post_typeform(client, source, payload("typeform.json"))
    delivery = Delivery.objects.get()
    assert SECRET not in delivery.text + str(delivery.headers) + str(delivery.answer)
