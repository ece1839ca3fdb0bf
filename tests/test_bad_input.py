"""What strangers, broken clients and attackers send: an answer in JSON, and nothing stored."""

import base64
import json

import httpx
import pytest
from asgiref.sync import async_to_sync
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from crm import asgi
from crm.models import TokenSignIn
from leads.api import LeadViewSet
from leads.models import (
    Activity,
    Appointment,
    Attendance,
    Comment,
    IdempotencyKey,
    Interaction,
    Lead,
    Task,
)
from notifications.models import Event, Notification
from tests.factories import PASSWORD, AppointmentFactory, LeadFactory, TaskFactory

pytestmark = pytest.mark.django_db

LEADS, INBOX = "/api/leads/", "/api/notifications/"
TOKEN, REFRESH, LOGOUT = "/api/auth/token/", "/api/auth/token/refresh/", "/api/auth/logout/"
JSON = "application/json"
OWNER = {"email": "owner@example.com", "password": PASSWORD}
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"

TEXTS = ("firstName", "lastName", "email", "phone", "company", "jobTitle", "website", "message",
         "city", "region", "postalCode", "country", "source", "stage")  # fmt: skip
LINES = tuple(name for name in TEXTS if name not in ("message", "stage"))
GOOD = {
    "firstName": "John", "lastName": "Doe", "email": "john@example.org", "phone": "555 1234",
    "company": "ABC", "jobTitle": "Buyer", "website": "https://abc.example", "message": "Hello",
    "city": "Porto", "region": "Norte", "postalCode": "4000", "country": "PT", "source": "Web",
    "stage": "new",
}  # fmt: skip

NOW = "2026-03-01T12:00:00Z"
MEETING = {"title": "Demo", "startsAt": NOW, "endsAt": "2026-03-01T12:30:00Z"}
OF_LEAD = (Comment, Task, Interaction, Appointment, Attendance, Activity)

# Each is what stands in a body where a good value would.
VALUES = {
    "bytes that are not UTF-8": b'"a\xff\xfe"',
    "an overlong encoding": b'"\xc0\xaf"',
    "a surrogate's bytes": b'"\xed\xa0\x80"',
    "a bare NUL": b'"a\x00b"',
    "an escaped NUL": rb'"a\u0000b"',
    "a lone surrogate": rb'"\ud800"',
    "a lone low surrogate": rb'"a\udfffb"',
    "nested arrays": b"[" * 10_000 + b"]" * 10_000,
    "nested objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "an array that never ends": b"[" * 100_000,
    "NaN": b"NaN",
    "Infinity": b"Infinity",
    "-Infinity": b"-Infinity",
    "1e400": b"1e400",
    "-1e400": b"-1e400",
    "an integer of 5000 digits": b"9" * 5_000,
    "an integer beyond 64 bits": str(2**64).encode(),
    "a fraction": b"0.5",
    "an array": b"[]",
    "an object": b"{}",
    "an object in an array": b'[{"a": [1]}]',
    "nothing": b"",
    "a bare word": b"undefined",
    "single quotes": b"'a'",
    "a comment": b"/* a */ 1",
    "two values": b'"a" "b"',
    "a trailing comma": b'"a",',
    "an open string": b'"a',
    "a bad escape": rb'"\x41"',
    "a raw newline": b'"a\nb"',
}

# Each is a body of its own.
BODIES = {
    "empty": b"",
    "white space": b" \n ",
    "null": b"null",
    "true": b"true",
    "a number": b"1",
    "a string": b'"text"',
    "an array": b"[]",
    "an array of leads": json.dumps([GOOD]).encode(),
    "an empty object": b"{}",
    "open": b'{"firstName": "John"',
    "two documents": b"{} {}",
    "UTF-16": json.dumps(GOOD).encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps(GOOD).encode(),
    "nothing but NUL": b"\x00" * 100,
    "form-encoded": b"firstName=John&email=john@example.org",
    "XML": b"<lead/>",
    "nested": b"[" * 10_000 + b"]" * 10_000,
    "an exponent": b"1e400",
}


@pytest.fixture
def site(api, owner):
    """Something of each kind to aim at; ``doors`` are (method, path, field, the rest)."""
    lead = LeadFactory()
    note = Notification.objects.create(recipient=owner, type="system", title="Hello")
    refresh = APIClient().post(TOKEN, OWNER).json()["refresh"]
    task = TaskFactory(lead=lead, created_by=owner)
    appointment = AppointmentFactory(lead=lead, created_by=owner)
    return Site(api, lead, note, refresh, task, appointment)


class Site:
    def __init__(self, api, lead, note, refresh, task, appointment):
        self.api = api
        of_lead = f"{LEADS}{lead.pk}/"
        self.doors = {
            "create": ("POST", LEADS, "firstName", GOOD),
            "change": ("PATCH", f"{LEADS}{lead.pk}/", "firstName", GOOD),
            "read": ("PATCH", f"{INBOX}{note.pk}/", "isRead", {"isRead": True}),
            "sign in": ("POST", TOKEN, "email", OWNER),
            "password": ("POST", TOKEN, "password", OWNER),
            "renew": ("POST", REFRESH, "refresh", {"refresh": refresh}),
            "sign out": ("POST", LOGOUT, "refresh", {"refresh": refresh}),
            "comment": ("POST", f"{of_lead}comments/", "body", {"body": "Hello"}),
            "task": ("POST", f"{of_lead}tasks/", "title", {"title": "Call"}),
            "due": ("POST", f"{of_lead}tasks/", "dueAt", {"title": "Call", "dueAt": NOW}),
            "log": ("POST", f"{of_lead}interactions/", "kind", {"kind": "call", "body": "Hello"}),
            "meet": ("POST", f"{of_lead}appointments/", "endsAt", MEETING),
            "complete": ("PATCH", f"/api/tasks/{task.pk}/", "completed", {"completed": True}),
            "invite": ("PATCH", f"/api/appointments/{appointment.pk}/", "attendeeIds",
                       {"attendeeIds": [note.recipient_id]}),
        }  # fmt: skip

    def send(self, door, body, content_type=JSON, **kwargs):
        method, path, _, _ = self.doors[door]
        return self.api.generic(method, path, body, content_type, **kwargs)

    def send_value(self, door, raw):
        """The door's good body, but for the raw bytes in place of one field's value."""
        _, _, field, body = self.doors[door]
        rest = json.dumps({name: value for name, value in body.items() if name != field})
        return self.send(door, b'{"%s": %s, ' % (field.encode(), raw) + rest[1:].encode())


DOORS = ("create", "change", "read", "sign in", "password", "renew", "sign out",
         "comment", "task", "due", "log", "meet", "complete", "invite")  # fmt: skip
CHANGES = ("change", "complete", "invite")
every_door = pytest.mark.parametrize("door", DOORS)


def stored():
    """All that a request could have changed."""
    return [
        *Lead.objects.order_by("pk").values_list(),
        *Notification.objects.order_by("pk").values_list(),
        *(row for model in OF_LEAD for row in model.objects.order_by("pk").values_list()),
        *(model.objects.count() for model in (Event, TokenSignIn, IdempotencyKey)),
    ]


def problem(response):
    """The body of an error, which is JSON of the agreed shape whatever was asked."""
    assert 400 <= response.status_code < 500, (response.status_code, response.content[:500])
    assert response["Content-Type"] == JSON
    body = response.json()
    assert isinstance(body, dict)
    assert body
    if "detail" in body:
        assert list(body) == ["detail"]
        assert isinstance(body["detail"], str)
    else:
        assert all(isinstance(text, str) for texts in body.values() for text in texts)
    return body


# Bodies


@every_door
def test_a_good_body_is_taken_at_every_door(door, site):
    before = stored()
    field, body = site.doors[door][2:]
    assert site.send(door, json.dumps(body)).status_code in (200, 201, 204)
    assert door in ("renew", "sign out") or stored() != before
    assert field in body


@every_door
@pytest.mark.parametrize("value", VALUES)
def test_a_hostile_value_gets_a_400_at_every_door(door, value, site):
    before = stored()
    response = site.send_value(door, VALUES[value])
    assert response.status_code == 400, response.content[:300]
    problem(response)
    assert stored() == before


@every_door
@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_is_no_object_of_the_door_gets_a_400(door, body, site):
    before = stored()
    response = site.send(door, BODIES[body])
    if door in CHANGES and body in ("an empty object", "empty"):
        assert response.status_code == 200  # to change nothing is no mistake
        return
    assert response.status_code == 400, response.content[:300]
    problem(response)
    assert stored() == before


NO_JSON = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "9" * 5_000,
    "[" * 300 + "]" * 300,
    "[" * 10_000,
)


@pytest.mark.parametrize("raw", NO_JSON, ids=lambda raw: f"{raw[:9]}, {len(raw)}")
def test_what_is_no_json_is_refused_in_a_field_that_nobody_reads_as_well(raw, site):
    before = stored()
    for door in DOORS:
        body = json.dumps(site.doors[door][3])
        response = site.send(door, f'{{"unknown": {raw}, {body[1:]}')
        assert (response.status_code, list(problem(response))) == (400, ["detail"])
    assert stored() == before
    response = site.send("create", f'{{"unknown": [[[1e300]]], {json.dumps(GOOD)[1:]}')
    assert response.status_code == 201


def test_a_name_of_a_megabyte_gets_a_400_that_names_the_field(site):
    before = stored()
    for door in ("create", "change"):
        response = site.send_value(door, json.dumps("x" * 1_000_000).encode())
        assert (response.status_code, list(problem(response))) == (400, ["firstName"])
        assert len(response.content) < 1_000
    assert stored() == before
    assert site.send_value("create", json.dumps("x" * 150).encode()).status_code == 201


@pytest.mark.parametrize("name", TEXTS)
def test_every_text_has_an_end(name, site):
    response = site.send("create", json.dumps(GOOD | {name: "9" * 500_000}))
    assert (response.status_code, list(problem(response))) == (400, [name])
    assert Lead.objects.count() == 1


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_takes_no_other_type(name, method, site):
    door = {"POST": "create", "PATCH": "change"}[method]
    before = stored()
    for value in (None, True, 0, 1.5, 2**70, [], ["a"], {}, {"a": "b"}):
        response = site.send(door, json.dumps(GOOD | {name: value}))
        assert (response.status_code, list(problem(response))) == (400, [name])
    assert stored() == before
    assert site.send(door, json.dumps(GOOD)).json()[name] == GOOD[name]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_an_owner_is_the_number_of_a_user_or_null(method, site, owner):
    door = {"POST": "create", "PATCH": "change"}[method]
    before = stored()
    ids = (2**31, 2**63 - 1, 2**63, 2**64, 10**400, -(2**70), -1, 0)
    for value in (*ids, True, False, 1.0, 0.5, str(owner.pk), "", "x", [], [owner.pk], {}):
        response = site.send(door, json.dumps(GOOD | {"ownerId": value}))
        assert (response.status_code, list(problem(response))) == (400, ["ownerId"])
    assert stored() == before
    for value in (owner.pk, None):
        response = site.send(door, json.dumps(GOOD | {"ownerId": value}))
        assert response.json()["ownerId"] == value


@pytest.mark.parametrize("stage", ["frozen", "NEW", "New", "", " new", "new ", "néw"])
def test_an_unknown_stage_gets_a_400_that_names_the_field(stage, site):
    for door in ("create", "change"):
        response = site.send(door, json.dumps(GOOD | {"stage": stage}))
        assert (response.status_code, list(problem(response))) == (400, ["stage"])
    assert site.send("create", json.dumps(GOOD | {"stage": "won"})).status_code == 201


INJECTED = (
    "\r\nBcc: all@example.com",
    "\nx",
    "\rx",
    "\u2028x",
    "\u2029x",
    "\0",
    "\x1b[31m",
    "\x7f",
)


@pytest.mark.parametrize("name", LINES)
def test_a_line_takes_no_line_break_nor_control_character(name, site):
    before = stored()
    for text in (text for bad in INJECTED for text in (GOOD[name] + bad, bad + GOOD[name])):
        response = site.send("create", json.dumps(GOOD | {name: text}))
        assert (response.status_code, list(problem(response))) == (400, [name])
    assert stored() == before


def test_a_message_may_have_lines(site):
    text = "Hello,\r\nBcc: all@example.com\n\tbye"
    response = site.send("create", json.dumps(GOOD | {"message": text}))
    assert (response.status_code, response.json()["message"]) == (201, text)


@pytest.mark.parametrize(
    "email", ["x", "x@", "@example.org", "a b@example.org", "a@b@example.org", "a@example..org",
              "John <john@example.org>", "a@example.org,b@example.org", "a@example.org\n"],
)  # fmt: skip
def test_what_is_no_address_gets_a_400_that_names_the_field(email, site):
    response = site.send("create", json.dumps(GOOD | {"email": email}))
    assert (response.status_code, list(problem(response))) == (400, ["email"])
    assert Lead.objects.count() == 1


def test_markup_and_every_script_of_the_world_are_kept_as_they_are(site):
    for text in ("<script>alert(1)</script>", "שלום", "\U0001f514", "{{ x }}", "'; DROP TABLE--"):
        response = site.send("create", json.dumps(GOOD | {"company": text}))
        assert (response.status_code, response.json()["company"]) == (201, text)


def test_unknown_fields_and_repeated_ones_do_no_harm(site):
    body = b'{"__proto__": {"x": 1}, "x\\ud800": 1, "pk": 1, "score": [], "id": "x", "owner": 1, '
    response = site.send("create", body + b'"phone": {}, ' + json.dumps(GOOD).encode()[1:])
    assert response.status_code == 201
    assert {name: response.json()[name] for name in GOOD} == GOOD


# Content types and headers


OTHER_TYPES = (
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "multipart/form-data",
    "text/plain", "application/xml", "application/octet-stream", "x", "application/jsonp",
    "application/json-patch+json", "text/html; application/json",
)  # fmt: skip


@every_door
def test_a_body_of_another_type_gets_a_415(door, site):
    before = stored()
    body = json.dumps(site.doors[door][3])
    for content_type in OTHER_TYPES:
        response = site.send(door, body, content_type)
        assert (response.status_code, list(problem(response))) == (415, ["detail"])
    assert stored() == before
    assert site.send(door, body, "Application/JSON; charset=utf-8").status_code < 300


def test_a_form_is_a_415_for_a_session_as_well(owner):
    api = APIClient(enforce_csrf_checks=True)
    api.force_login(owner, backend=MODEL_BACKEND)
    api.cookies["csrftoken"] = "a" * 32
    token = {"X-CSRFToken": "a" * 32}
    form = "application/x-www-form-urlencoded"
    for content_type, body in ((form, "company=A&phone=555"), ("multipart/form-data", "x")):
        response = api.generic("POST", LEADS, body, content_type, headers=token)
        assert response.status_code in (400, 415)
        problem(response)
    assert not Lead.objects.exists()
    assert api.post(LEADS, GOOD, headers=token).status_code == 201


@pytest.mark.parametrize(
    "accept", ["text/html", "text/html,application/xhtml+xml;q=0.9", "image/*", "x", "*/*;q=x", ""]
)
def test_answers_are_json_whatever_the_accept_header_wishes(accept, api, lead):
    headers = {"Accept": accept}
    for path in (LEADS, f"{LEADS}{lead.pk}/", INBOX, "/api/me/", "/api/users/"):
        response = api.get(path, headers=headers)
        assert (response.status_code, response["Content-Type"]) == (200, JSON)
    problem(api.get(f"{LEADS}?stage=x", headers=headers))
    problem(APIClient().get(LEADS, headers=headers))
    problem(api.get("/api/nowhere/", headers=headers))


def b64(text):
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


AUTHORIZATIONS = {
    "no token": "Bearer",
    "an empty token": "Bearer ",
    "two tokens": "Bearer a b",
    "no token's shape": "Bearer x",
    "not ASCII": "Bearer \xe9.\xff.\xfe",
    "100 kB": "Bearer " + "a" * 100_000,
    "not base64": "Bearer a.b.c",
    "a header that is no object": f"Bearer {b64('[]')}.{b64('{}')}.x",
    "no algorithm": f"Bearer {b64('{}')}.{b64('{}')}.x",
    "an algorithm that is a list": f"Bearer {b64(json.dumps({'alg': ['HS256']}))}.{b64('{}')}.x",
    "a nested header": f"Bearer {b64('[' * 5_000)}.{b64('{}')}.x",
    "a number of 5000 digits": f"Bearer {b64('9' * 5_000)}.{b64('{}')}.x",
}


@pytest.mark.parametrize("value", AUTHORIZATIONS)
def test_a_bad_token_gets_a_401(value, owner):
    response = APIClient().get("/api/me/", headers={"Authorization": AUTHORIZATIONS[value]})
    assert (response.status_code, list(problem(response))) == (401, ["detail"])


@pytest.mark.parametrize("value", AUTHORIZATIONS)
@pytest.mark.parametrize("door", ["renew", "sign out"])
def test_a_bad_refresh_token_gets_a_401(door, value, site):
    token = AUTHORIZATIONS[value].removeprefix("Bearer").strip()
    response = site.send(door, json.dumps({"refresh": token}))
    assert response.status_code == (400 if not token or len(token) > 4_000 else 401)
    problem(response)


def test_a_forged_token_without_a_signature_gets_a_401(owner):
    access = APIClient().post(TOKEN, OWNER).json()["access"]
    header, claims, signature = access.split(".")
    none = b64(json.dumps({"alg": "none", "typ": "JWT"}))
    other = b64(base64.urlsafe_b64decode(claims + "==").decode().replace('"user_id"', '"user_ id"'))
    forged = [f"{none}.{claims}.", f"{none}.{claims}.{signature}", f"{header}.{claims}."]
    for token in (*forged, f"{header}.{other}.{signature}"):
        response = APIClient().get("/api/me/", headers={"Authorization": f"Bearer {token}"})
        assert (response.status_code, list(problem(response))) == (401, ["detail"])
    response = APIClient().get("/api/me/", headers={"Authorization": f"Bearer {access}"})
    assert response.json()["id"] == owner.pk


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "x",
        '"abcdefgh\\000"',
        '"\\377\\376abcdefgh"',
        "a" * 10_000,
        "\xe9" * 20,
        "../../etc/passwd",
    ],
)
def test_a_bad_session_cookie_gets_a_401(cookie, db):
    response = APIClient().get("/api/me/", headers={"Cookie": f"sessionid={cookie}; a; =; ;;"})
    assert (response.status_code, list(problem(response))) == (401, ["detail"])


@pytest.mark.parametrize(
    "headers",
    [{"Content-Length": "x"}, {"X-HTTP-Method-Override": "DELETE"}, {"X-Forwarded-Host": "evil"},
     {"Accept-Language": "x" * 5_000}, {"If-Modified-Since": "\xff"}, {"Range": "bytes=9-1"},
     {"Content-Encoding": "gzip"}, {"Accept-Encoding": "\x00"}, {"X-Forwarded-For": "\xff, ;;"}],
    ids=lambda headers: next(iter(headers)),
)  # fmt: skip
def test_a_strange_header_changes_nothing(headers, api, lead):
    plain = api.get(f"{LEADS}{lead.pk}/")
    strange = api.get(f"{LEADS}{lead.pk}/", headers=headers)
    assert (strange.status_code, strange.content) == (200, plain.content)
    assert Lead.objects.exists()


# Addresses

debug_on_and_off = pytest.mark.parametrize("debug", [False, True], ids=["no debug", "debug"])


@debug_on_and_off
@pytest.mark.parametrize(
    "path",
    ["/api/", "/api/nowhere/", "/api//leads/", "/api/leads/x/", "/api/leads/-1/", "/api/leads/1.0/",
     f"/api/leads/{2**40}/", f"/api/leads/{2**63}/", f"/api/leads/{2**64}/", "/api/leads/0/",
     f"/api/leads/{'9' * 5_000}/", "/api/leads/%00/", "/api/leads/%ff/", "/api/leads/%0a1/",
     "/api/leads/٣/", "/api/leads/1/nothing/", "/api/notifications/1/", "/api/notifications/x/",
     "/api/notifications/00000000-0000-0000-0000-000000000000/", "/api/auth/", "/api/<b>/",
     f"/api/leads/{2**64}/comments/", "/api/leads/x/tasks/", f"/api/leads/{2**40}/timeline/",
     "/api/tasks/", f"/api/tasks/{2**64}/", "/api/comments/x/", f"/api/comments/{'9' * 5_000}/",
     "/api/..%2fadmin/", "/api/docs/nowhere/", "/api/schema/nowhere/", "/api/token/"],
)  # fmt: skip
def test_what_is_not_there_is_a_404_in_json(path, debug, api, lead, settings):
    settings.DEBUG = debug
    rows = path.count("/") > 3 and path.split("/")[2] not in ("auth", "docs", "schema")
    for client, statuses in ((api, {404}), (APIClient(), {404, 401} if rows else {404})):
        response = client.get(path, headers={"Accept": "text/html"})
        assert response.status_code in statuses
        assert list(problem(response)) == ["detail"]
    assert api.get(f"{LEADS}{lead.pk}/").status_code == 200


@debug_on_and_off
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_a_missing_slash_is_a_404_that_says_so_and_never_a_redirect(method, debug, site, settings):
    settings.DEBUG = debug
    before = stored()
    for path in (LEADS, site.doors["change"][1], site.doors["read"][1], TOKEN, "/api/me/"):
        response = site.api.generic(method, path.rstrip("/"), json.dumps(GOOD), JSON)
        assert response.status_code == 404
        assert "slash" in problem(response)["detail"]
    assert stored() == before


@debug_on_and_off
@pytest.mark.parametrize("host", ["evil.example", "a b", "localhost:x", "\xe9", "127.0.0.1@evil"])
def test_a_foreign_host_gets_a_400_in_json(host, debug, api, settings):
    settings.DEBUG, settings.ALLOWED_HOSTS = debug, ["crm.example"]
    for path in (LEADS, "/api/nowhere/"):
        problem(response := api.get(path, headers={"Host": host}))
        assert response.status_code == 400
    assert api.get(LEADS, headers={"Host": "crm.example"}).status_code == 200


ALLOWED = {
    LEADS: "GET POST",
    "lead": "GET PATCH DELETE",
    INBOX: "GET",
    "notification": "GET PATCH DELETE",
    f"{INBOX}unread-count/": "GET",
    f"{INBOX}mark-all-read/": "POST",
    f"{INBOX}changes/": "GET",
    TOKEN: "POST",
    REFRESH: "POST",
    LOGOUT: "POST",
    "/api/me/": "GET",
    "/api/users/": "GET",
    "comments": "GET POST",
    "tasks": "GET POST",
    "interactions": "GET POST",
    "appointments": "GET POST",
    "timeline": "GET",
    "a task": "GET PATCH",
    "a reminder": "GET PUT DELETE",
    "a repeat": "GET PUT DELETE",
    "a snooze": "POST",
    "an appointment": "GET PATCH DELETE",
    "/api/schema/": "GET",
    "/api/docs/": "GET",
}

OF_TASK = ("reminder", "repeat", "snooze")


@debug_on_and_off
@pytest.mark.parametrize("path", ALLOWED)
def test_a_wrong_method_gets_a_405_in_json_that_says_which_are_right(path, debug, site, settings):
    settings.DEBUG = debug
    before = stored()
    allowed = ALLOWED[path].split()
    lead = site.doors["change"][1]
    address = {"lead": lead, "notification": site.doors["read"][1]}
    address |= {"a task": site.doors["complete"][1], "an appointment": site.doors["invite"][1]}
    of_task = {f"a {part}": f"{address['a task']}{part}/" for part in OF_TASK}
    parts = ("comments", "tasks", "interactions", "appointments", "timeline")
    address |= of_task | {name: f"{lead}{name}/" for name in parts}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"} - set(allowed):
        response = site.api.generic(method, address.get(path, path), b"{}", JSON)
        assert (response.status_code, list(problem(response))) == (405, ["detail"])
        assert set(allowed) <= set(response["Allow"].split(", "))
    assert stored() == before
    options = site.api.options(address.get(path, path))
    assert options.status_code == 200 or problem(options)


@debug_on_and_off
def test_a_crash_is_a_500_in_json_that_tells_nothing(debug, api, settings, monkeypatch):
    settings.DEBUG = debug
    api.raise_request_exception = False
    assert api.get(LEADS).status_code == 200

    def crash(*args, **kwargs):
        raise RuntimeError("the secret of the database")

    monkeypatch.setattr(LeadViewSet, "list", crash)
    response = api.get(LEADS)
    assert (response.status_code, response["Content-Type"]) == (500, JSON)
    assert list(response.json()) == ["detail"]
    assert "secret" not in response.content.decode()


# Query strings


def cursor(*values):
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


CURSORS = {
    "text": "x",
    "not ASCII": "é",
    "base64 of nothing": "====",
    "base64 of bytes": base64.urlsafe_b64encode(b"\xff\xfe\x00").decode(),
    "nested": base64.urlsafe_b64encode(b"[" * 5_000).decode(),
    "nested and closed": base64.urlsafe_b64encode(b"[" * 5_000 + b"]" * 5_000).decode(),
    "5000 digits": base64.urlsafe_b64encode(b"9" * 5_000).decode(),
    "an object": base64.urlsafe_b64encode(b'{"a": 1}').decode(),
    "too few": cursor(NOW, 1, False),
    "too many": cursor(NOW, 1, False, "-created_at", 1),
    "another ordering": cursor(NOW, 1, False, "password"),
    "no moment": cursor("x", 1, False, "-created_at"),
    "a moment that is null": cursor(None, 1, False, "-created_at"),
    "a moment that is a list": cursor([NOW], 1, False, "-created_at"),
    "a moment that is an object": cursor({"a": 1}, 1, False, "-created_at"),
    "a moment that never was": cursor("2026-02-31T12:00:00Z", 1, False, "-created_at"),
    "an id that is text": cursor(NOW, "x", False, "-created_at"),
    "an id that is null": cursor(NOW, None, False, "-created_at"),
    "an id that is a list": cursor(NOW, [1], False, "-created_at"),
    "an id that is an object": cursor(NOW, {}, False, "-created_at"),
    "an id that is infinite": base64.urlsafe_b64encode(
        b'["2026-03-01T12:00:00Z", Infinity, false, "-created_at"]'
    ).decode(),
}
ODD_CURSORS = {
    "a moment with NUL": cursor(f"{NOW}\0", 1, False, "-created_at"),
    "a moment before time": cursor("0001-01-01T00:00:00+23:59", 1, False, "-created_at"),
    "a moment after time": cursor("9999-12-31T23:59:59-23:59", 1, False, "-created_at"),
    "a moment of no zone": cursor("2026-03-01T12:00:00", 1, False, "-created_at"),
    "an id beyond 64 bits": cursor(NOW, 2**70, False, "-created_at"),
    "a negative id beyond 64 bits": cursor(NOW, -(2**70), True, "-created_at"),
    "an id that is true": cursor(NOW, True, False, "-created_at"),
}


@pytest.mark.parametrize("text", CURSORS)
def test_a_bad_cursor_gets_a_400_that_names_it(text, api, lead):
    response = api.get(LEADS, {"cursor": CURSORS[text]})
    assert (response.status_code, list(problem(response))) == (400, ["cursor"])
    good = api.get(LEADS, {"cursor": cursor("9999-01-01T00:00:00Z", 1, False, "-created_at")})
    assert [row["id"] for row in good.json()["results"]] == [lead.pk]


@pytest.mark.parametrize("text", ODD_CURSORS)
def test_an_odd_cursor_is_a_page_or_a_400(text, api, lead):
    response = api.get(LEADS, {"cursor": ODD_CURSORS[text]})
    assert response["Content-Type"] == JSON
    assert response.status_code == 200 or list(problem(response)) == ["cursor"]


@pytest.mark.parametrize(("path", "field"), [(INBOX, "-arrival"), ("/api/users/", "-pk")])
@pytest.mark.parametrize(
    "place", [("x", 1), (1, "x"), (None, 1), ([], 1), (1, {}), (2**70, 2**200), (-1, True)]
)
def test_the_other_lists_take_no_bad_cursor_either(place, path, field, api):
    response = api.get(path, {"cursor": cursor(*place, False, field)})
    assert response["Content-Type"] == JSON
    assert response.status_code == 200 or list(problem(response)) == ["cursor"]


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        *((LEADS, "owner", value) for value in ("x", "-1", "1.0", str(2**64), "9" * 5_000, "%00")),
        *((LEADS, "search", value) for value in ("%00", "x" * 201)),
        *((LEADS, "source", value) for value in ("%00", "x" * 101)),
        *((LEADS, "stage", value) for value in ("%00", "NEW", "new,won", "[]")),
        *((LEADS, "createdAfter", value) for value in ("x", "2026-02-31", "12:00", "%00", "1e9")),
        *((LEADS, "createdBefore", value) for value in ("x", "2026-03-01T25:00:00Z", "9" * 5_000)),
        *((LEADS, "pageSize", value) for value in ("9" * 5_000, "1.0", "+1", "%D9%A3", "%00", "")),
        *((LEADS, "ordering", value) for value in ("x", "-", "?", "%00", "pk", "-id", "score%00")),
        *((INBOX, "lead", value) for value in ("x", str(2**63), "9" * 5_000, "-1", "1.5", "%00")),
        *((INBOX, "type", value) for value in ("x", "%00", "SYSTEM", "message")),
        *((INBOX, "isRead", value) for value in ("x", "True", "1", "%00")),
        *((f"{INBOX}changes/", "since", value) for value in ("x", "9" * 5_000, "-1", "%00", "%ff")),
    ],
)
def test_a_bad_query_gets_a_400_that_names_it(path, name, value, api, lead):
    response = api.get(f"{path}?{name}={value}")
    assert (response.status_code, list(problem(response))) == (400, [name])
    assert api.get(LEADS).json()["results"] != []


@pytest.mark.parametrize(
    "query",
    ["createdAfter=0001-01-01T00:00:00%2B23:59", "createdBefore=9999-12-31T23:59:59-23:59",
     "createdAfter=0001-01-01", "search=%ff%fe", "search=%ED%A0%80", "search=%F0%9F%94%94",
     "search=" + "a%20" * 66, "search=%5C%25_", "unknown=1", "stage=", "owner=", "=&&=;", "%00=%00",
     "source=%ff", "search=&search=x", "stage=won&stage=lost"],
)  # fmt: skip
def test_an_odd_query_is_a_list_or_a_400(query, api, lead):
    response = api.get(f"{LEADS}?{query}")
    assert response["Content-Type"] == JSON
    assert response.status_code == 200 or problem(response)


# Size, by way of the ASGI application


def by_asgi(**request):
    """The answer of the application to a request as a server passes it on."""

    @async_to_sync
    async def answer():
        transport = httpx.ASGITransport(app=asgi.routes["http"])
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(**request)

    return answer()


@pytest.fixture
def lead_by_asgi(owner):
    access = APIClient().post(TOKEN, OWNER).json()["access"]

    def post(content, **headers):
        headers = {"Authorization": f"Bearer {access}", "Content-Type": JSON} | headers
        return by_asgi(method="POST", url=LEADS, content=content, headers=headers)

    return post


def a_lead_of(size):
    body = json.dumps(GOOD).encode()
    return body[:-1] + b" " * (size - len(body)) + b"}"


def in_chunks(body, size=65_536):
    async def chunks():
        for start in range(0, len(body), size):
            yield body[start : start + size]

    return chunks()


def too_large(response):
    assert (response.status_code, response.headers["content-type"]) == (413, JSON)
    return list(response.json()) == ["detail"]


@pytest.mark.django_db(transaction=True)
def test_a_body_of_two_megabytes_gets_a_413_and_one_of_a_megabyte_is_taken(lead_by_asgi):
    assert too_large(lead_by_asgi(a_lead_of(2_000_000)))
    assert too_large(lead_by_asgi(a_lead_of(1024 * 1024 + 1)))
    assert not Lead.objects.exists()
    assert lead_by_asgi(a_lead_of(1024 * 1024)).status_code == 201
    assert Lead.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_body_whose_size_was_not_announced_is_bounded_just_the_same(lead_by_asgi):
    assert too_large(lead_by_asgi(in_chunks(a_lead_of(2_000_000))))
    assert not Lead.objects.exists()
    response = lead_by_asgi(in_chunks(a_lead_of(200_000)))
    assert response.status_code == 201, response.text
    assert Lead.objects.count() == 1


@pytest.mark.parametrize("announced", [str(10**10), "9" * 5_000, "-1", "x", "1e3"])
def test_an_announced_size_that_is_too_large_or_no_number_is_refused_unread(announced):
    async def never():
        raise AssertionError("the body was read")
        yield b""

    headers = {"Content-Type": JSON, "Content-Length": announced}
    response = by_asgi(method="POST", url=LEADS, content=never(), headers=headers)
    assert response.status_code in (400, 413)
    assert list(response.json()) == ["detail"]


# What nobody thought of

plain = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    | st.sampled_from([2**63, -(2**63) - 1, 10**400, "\0", "\ud800", "a\r\nb", " ", "\u2028"])
)  # fmt: skip
values = st.recursive(
    plain, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)
words = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20)
likely = {
    "email": st.sampled_from(["", "ann@example.org"]) | st.emails(),
    "phone": st.just("555 1234") | st.text("+0123456789 ()-", max_size=60),
    "website": st.sampled_from(["", "abc.example", "https://[::1]/", "http://[", "//x", "a b"]),
    "stage": st.sampled_from(Lead.Stage.values),
}
spoken = st.fixed_dictionaries({}, optional={name: likely.get(name, words) for name in TEXTS})
FIELDS = (*TEXTS, "ownerId", "id", "score", "createdAt")
spoilt = st.just({}) | st.dictionaries(st.sampled_from(FIELDS), values, min_size=1, max_size=3)
bodies = st.builds(lambda some, bad: GOOD | some | bad, spoken, spoilt)
fuzz = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@fuzz
@given(body=bodies)
def test_any_body_makes_a_lead_that_can_be_fetched_or_a_400(body, api):
    before = Lead.objects.count()
    response = api.generic("POST", LEADS, json.dumps(body), JSON)
    if response.status_code == 201:
        made = response.json()
        assert api.get(f"{LEADS}{made['id']}/").content == response.content
        assert {name: made[name] for name in body if name in TEXTS and name != "website"} == {
            name: body[name].strip(" ") if name in LINES else body[name]
            for name in body
            if name in TEXTS and name != "website"
        }
        assert Lead.objects.count() == before + 1
    else:
        assert response.status_code == 400
        assert set(problem(response)) <= {*TEXTS, "ownerId", "detail"}
        assert Lead.objects.count() == before


@fuzz
@given(body=st.builds(dict.__or__, spoken, spoilt) | values)
def test_any_body_changes_a_lead_as_it_says_or_not_at_all(body, api, lead):
    address = f"{LEADS}{lead.pk}/"
    before = api.get(address).content
    response = api.generic("PATCH", address, json.dumps(body), JSON)
    after = api.get(address).content
    if response.status_code == 200:
        assert after == response.content
    else:
        assert response.status_code == 400
        problem(response)
        assert after == before


PARTS = {
    "comments": {"body": "Hello"},
    "tasks": {"title": "Call", "dueAt": None, "remindAt": None, "remindMinutesBefore": None},
    "interactions": {"kind": "call", "direction": "in", "body": "Hello", "occurredAt": NOW},
    "appointments": MEETING | {"attendeeIds": [], "remindMinutesBefore": 15},
}
moments = (
    st.datetimes().map(str)
    | st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat())
    | st.sampled_from([NOW, "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-03-01"])
)
parts = st.sampled_from(sorted(PARTS)).flatmap(
    lambda kind: st.tuples(
        st.just(kind),
        st.dictionaries(st.sampled_from(sorted(PARTS[kind])), values | moments, max_size=3),
    )
)


@fuzz
@given(part=parts)
def test_any_body_makes_a_part_of_a_lead_that_can_be_fetched_or_a_400(part, api, lead):
    kind, spoilt = part
    before = stored()
    address = f"{LEADS}{lead.pk}/{kind}/"
    response = api.generic("POST", address, json.dumps(PARTS[kind] | spoilt), JSON)
    if response.status_code == 201:
        assert api.get(f"/api/{kind}/{response.json()['id']}/").content == response.content
        assert api.get(address).status_code == 200
        assert api.get(f"{LEADS}{lead.pk}/timeline/").status_code == 200
    else:
        assert response.status_code == 400
        assert set(problem(response)) <= {*PARTS[kind], "detail"}
        assert stored() == before


@pytest.mark.parametrize("number", ["9" * 19, "9" * 400])
def test_attendees_of_a_number_that_no_database_holds_are_refused(number, page, lead):
    times = {"starts_at": "2030-01-01T10:00", "ends_at": "2030-01-01T11:00"}
    body = {"title": "Tea", "attendees": [number]} | times
    response = page.post(f"/leads/{lead.pk}/appointments/", body)

    assert response.status_code == 200
    assert "is not one of the available choices" in response.content.decode()
    assert not Appointment.objects.exists()
