"""The log: one line an event, and one id from the request to the frame."""

import asyncio
import json
import logging
import re
import subprocess
import sys

import httpx
import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.test import Client

from crm.logs import DatabaseAway, Json, Stamped
from crm.requests import id_of
from notifications import trace
from notifications.models import Event, Notification
from tests.factories import PASSWORD, LeadFactory
from tests.servers import ROOT, RunningServer, environment
from tests.sockets import Socket, tokens
from tests.test_server import connect, frame

pytestmark = pytest.mark.django_db(transaction=True)

GIVEN = "router-4711-from_the.front"
MADE = r"[0-9a-f]{32}"
LEAD = {"firstName": "Jo", "lastName": "Secretname", "email": "jo.secret@example.org"}
TEXT = "%(levelname)s %(name)s %(message)s"


@pytest.fixture
def logged(caplog):
    """``logged(formatter)``: the lines that it makes of what was logged."""
    caplog.set_level(logging.INFO)
    handler = logging.Handler()
    lines = {Json: [], Stamped: []}
    formatters = {Json: Json(), Stamped: Stamped(TEXT)}

    def emit(record):
        for kind, formatter in formatters.items():
            lines[kind].extend(formatter.format(record).split("\n"))

    handler.emit = emit
    logging.getLogger().addHandler(handler)
    read = {Json: json.loads, Stamped: str}
    yield lambda kind=Json: [read[kind](line) for line in lines[kind]]
    logging.getLogger().removeHandler(handler)


def of(request_id, lines):
    return [line["message"] for line in lines if line.get("requestId") == request_id]


# The id


def test_a_sane_id_of_the_router_is_taken_and_given_back(client):
    assert client.get("/healthz", headers={"X-Request-ID": GIVEN})["X-Request-ID"] == GIVEN


@pytest.mark.parametrize("given", [
    None, "", "short", "x" * 129, "with space in it", "line\nbreak-in-it", 'quote"in-it',
    "ümläut-in-it", "someone@example.org", "<script>alert</script>", "nul\0in-the-middle",
])  # fmt: skip
def test_any_other_is_replaced_by_a_new_one(given, client):
    assert re.fullmatch(MADE, id_of(given))
    if given is not None and "\n" not in given:
        headers = {"HTTP_X_REQUEST_ID": given.encode().decode("latin1")}
        answered = client.get("/healthz", **headers)["X-Request-ID"]
        assert re.fullmatch(MADE, answered)


def test_each_answer_has_one_of_its_own_also_where_something_is_wrong(client, page):
    page.raise_request_exception = False
    paths = ("/healthz", "/nowhere/", "/", "/api/leads/", "/metrics")
    answers = [client.get(path) for path in paths]
    answers += [page.get("/"), Client(headers={"host": "evil.example"}).get("/")]
    ids = [answer["X-Request-ID"] for answer in answers]
    assert len(set(ids)) == len(ids)
    assert trace.current() == ""


def test_what_is_recorded_in_a_request_knows_it_and_what_is_not_does_not(page, owner):
    form = {"first_name": "Jo", "email": "jo@example.org", "stage": "new"}
    page.post("/leads/new/", form, headers={"X-Request-ID": GIVEN})
    LeadFactory()
    assert list(Event.objects.order_by("pk").values_list("request_id", flat=True)) == [GIVEN, ""]


@pytest.mark.usefixtures("in_process")
async def test_what_is_created_over_a_socket_knows_its_handshake(owner, logged):
    token = (await sync_to_async(tokens)(owner))["access"]
    async with Socket(token, headers=[(b"x-request-id", GIVEN.encode())]) as socket:
        await socket.send({"type": "lead:create", "requestId": 1, "lead": LEAD})
        while (await socket.next())["type"] != "notification:created":
            pass
    assert (await Event.objects.aget()).request_id == GIVEN
    assert f"Socket of user {owner.pk} connected by token" in of(GIVEN, logged())


# The lines


def test_one_id_leads_from_the_request_to_everybody_who_was_sent_it(page, owner, teammate, logged):
    form = {"first_name": "Jo", "email": "jo@example.org", "stage": "new"}
    page.post("/leads/new/", form, headers={"X-Request-ID": GIVEN})
    LeadFactory()  # by nobody's request
    event = Event.objects.earliest("pk")
    told = [f"Sent notification {row.pk} to user {row.recipient_id}" for row in event_rows(event)]
    fanned_out, *sent, answered = of(GIVEN, logged())
    assert fanned_out == f"Fanned out event {event.pk}: lead_created"
    assert sorted(sent) == sorted(told)
    assert re.fullmatch(r"Answered POST leads/new/: 302 in \d+ ms", answered)
    others = [line for line in logged() if "requestId" not in line]
    assert sum("Sent notification" in line["message"] for line in others) == 2
    text = [line for line in logged(Stamped) if line.endswith(f" request={GIVEN}")]
    assert len(text) == 4


def event_rows(event):
    return Notification.objects.filter(event=event)


def test_many_events_of_one_fan_out_keep_their_own_ids(owner, logged, monkeypatch):
    monkeypatch.setattr("notifications.models.event.fan_out.wake", lambda: None)
    for number in range(3):
        token = trace.request_id.set(f"request-{number}")
        LeadFactory()
        trace.request_id.reset(token)
    assert Event.objects.fan_out() == 3
    for number, event in enumerate(Event.objects.order_by("pk")):
        (row,) = event_rows(event)
        expected = [f"Fanned out event {event.pk}: lead_created"]
        expected += [f"Sent notification {row.pk} to user {owner.pk}"]
        assert of(f"request-{number}", logged()) == expected


def test_requests_that_read_have_no_line_and_paths_no_part_in_any(page, client, logged):
    page.get("/leads/")
    client.post("/calendar/feed/a-secret-of-somebody.ics")
    client.post("/nowhere/a-secret-of-somebody/")
    messages = [line["message"] for line in logged() if line["logger"] == "crm.requests"]
    assert [re.sub(r"\d+ ms", "", message) for message in messages] == [
        "Answered POST calendar/feed/<str:token>.ics: 405 in ",
        "Answered POST no page: 404 in ",
    ]


def test_no_line_has_personal_data(page, api, client, logged):
    api.post("/api/leads/", LEAD)
    client.post("/login/", {"email": "jo.secret@example.org", "password": PASSWORD})
    assert "Answered POST api/leads/: 201" in str(logged())
    for part in ("Secretname", "jo.secret", PASSWORD):
        assert part not in str(logged())


def test_no_line_has_the_link_that_sets_a_password(client, owner, logged, monkeypatch):
    """Where its page fails, Django logs the path."""
    monkeypatch.setattr("crm.entrance.forgotten.New.get_user", lambda *_: 1 / 0)
    client.raise_request_exception = False
    assert client.get("/password/MQ/a-secret-of-somebody/").status_code == 500
    for kind in (Json, Stamped):
        assert "/password/MQ/…" in "\n".join(map(str, logged(kind)))
        assert "a-secret-of-somebody" not in "\n".join(map(str, logged(kind)))


@pytest.mark.parametrize("text", ['a "quoted" \\n line', "ümläut \u2028", "tab\t", "\ud800 alone"])
def test_a_line_of_json_is_one_whatever_is_in_it(text):
    record = logging.makeLogRecord({"msg": text, "levelname": "INFO", "name": "x"})
    batch = logging.makeLogRecord({"msg": f"{text}\n{text}", "levelname": "INFO", "name": "x"})
    batch.each_line, batch.request_ids = True, (GIVEN, "")
    lines = [Json().format(record), *Json().format(batch).split("\n")]
    for line, request_id in zip(lines, (None, GIVEN, None), strict=True):
        assert line.isascii()
        parsed = json.loads(line)
        assert parsed["message"] == text
        assert parsed.get("requestId") == request_id
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", parsed["time"])


def test_an_exception_stays_within_its_line(logged):
    try:
        raise ValueError("several\nlines")
    except ValueError:
        logging.getLogger("crm").exception("It failed")
    (line,) = logged()
    assert line["message"] == "It failed"
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("ValueError: several\nlines")


@pytest.mark.parametrize("host", ["evil.example", "evil\r\nexample"])
def test_a_host_that_is_none_of_ours_is_one_warning(host, logged):
    assert Client(headers={"host": host}).get("/login/").status_code == 400
    (line,) = [line for line in logged() if line["logger"] == "django.security.DisallowedHost"]
    assert line["level"] == "WARNING"
    assert repr(host) in line["message"]
    assert "exception" not in line
    text = [line for line in logged(Stamped) if "DisallowedHost" in line or "Traceback" in line]
    assert len(text) == 1


# Real processes


@pytest.mark.redis
@pytest.mark.postgres
async def test_an_id_is_found_on_standard_output_of_the_process_that_was_asked(tmp_path, owner):
    token = (await sync_to_async(tokens)(owner))["access"]
    starting = [RunningServer(tmp_path, LOG_FORMAT="json") for _ in range(2)]
    asked, other = [await asyncio.to_thread(each.wait) for each in starting]
    try:
        async with connect(other, token) as socket, httpx.AsyncClient() as client:
            await frame(socket)
            headers = {"Authorization": f"Bearer {token}", "X-Request-ID": GIVEN}
            answer = await client.post(f"{asked.base}/api/leads/", json=LEAD, headers=headers)
            assert answer.headers["X-Request-ID"] == GIVEN
            told = await frame(socket, "notification:created")
            assert GIVEN not in str(told)
            sent = f"Sent notification {told['notification']['id']} to user {owner.pk}"
            async with asyncio.timeout(10):
                while sent not in of(GIVEN, lines_of(asked)):
                    await asyncio.sleep(0.05)
        assert "Answered POST api/leads/: 201" in str(of(GIVEN, lines_of(asked)))
        assert LEAD["email"] not in asked.log + other.log
    finally:
        for each in starting:
            each.stop()


def lines_of(server):
    """Its output is all of it: what a command says to people is no JSON."""
    return [json.loads(line) for line in server.log.splitlines() if line.startswith("{")]


def test_a_database_that_is_away_is_a_line_a_minute_and_a_deadlock_an_exception(monkeypatch):
    def passed(problem, name="notifications.worker"):
        cause = OperationalError(str(problem))
        cause.__cause__ = problem
        error = (OperationalError, cause, None)
        record = logging.LogRecord(name, logging.ERROR, "", 1, "The job %r failed", ("x",), error)
        return there.filter(record) and (record.getMessage(), bool(record.exc_info))

    there, now = DatabaseAway(), [1_000.0]
    monkeypatch.setattr("crm.logs.time.monotonic", lambda: now[0])
    away = psycopg.OperationalError("connection refused\nIs the server running?")
    assert passed(away) == ("The job 'x' failed: connection refused", False)
    assert not passed(away)
    now[0] += 60
    assert passed(away)
    deadlock = psycopg.errors.DeadlockDetected("deadlock detected")
    assert passed(deadlock) == passed(deadlock) == ("The job 'x' failed", True)
    assert passed(ValueError("x")) == ("The job 'x' failed", True)


def test_a_worker_logs_on_standard_output_and_a_command_does_not():
    def run(*words, seconds=30):
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *words], cwd=ROOT, env=environment(LOG_FORMAT="json"),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        return process.communicate(timeout=seconds)

    out, err = run("worker")
    assert (json.loads(out)["message"], err) == ("A line", "")
    out, err = run("any other")
    assert (out, json.loads(err)["message"]) == ("", "A line")


PROGRAM = """
import logging, sys, django
django.setup()
from crm import logs
if sys.argv[1] == "worker":
    logs.to_stdout()
logging.getLogger("crm").info("A line")
"""
