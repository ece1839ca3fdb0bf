"""The OpenAPI document: valid, complete, true, and kept by the server."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
import time_machine
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from rest_framework.test import APIClient

from crm.models import User
from leads.models import Task
from notifications.models import Announcement, Notification
from tests.factories import (
    PASSWORD,
    AppointmentFactory,
    CommentFactory,
    InteractionFactory,
    LeadFactory,
    TaskFactory,
    UserFactory,
)
from tests.servers import serving
from tests.sockets import tokens

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
CONFIG = Path(__file__).with_name("schemathesis.toml")
WRITING = ("post", "put", "patch", "delete")
EXAMPLE = 17  # the id of whatever an example names


@pytest.fixture(scope="module")
def document():
    return APIClient().get("/api/schema/").json()


def operations(document):
    for path, ways in document["paths"].items():
        for method, operation in ways.items():
            yield f"{method} {path}", method, path, operation


def bodies(operation):
    """Of the request and of each answer: the media type's object."""
    for part in (operation.get("requestBody", {}), *operation["responses"].values()):
        yield from part.get("content", {}).values()


def test_the_document_is_valid_openapi_3_1_and_nothing_in_it_was_guessed():
    GENERATOR_STATS.reset()
    made = SchemaGenerator().get_schema(public=True)
    validate_schema(made)
    assert made["openapi"] == "3.1.0"
    assert not GENERATOR_STATS, "what it warned of is on stderr"


def test_every_operation_says_each_status_that_it_can_answer(document):
    for name, _, path, operation in operations(document):
        answers = set(operation["responses"])
        expected = {"401"}
        if operation["security"] != [{}]:
            expected |= {"403"}
        if "{" in path:
            expected |= {"404"}
        if "requestBody" in operation:
            expected |= {"400", "413", "415"}
        if any(parameter["in"] == "query" for parameter in operation.get("parameters", ())):
            expected |= {"400"}
        if any(p["name"] == "Idempotency-Key" for p in operation.get("parameters", ())):
            expected |= {"422"}
        assert expected <= answers, name
        assert answers & {"200", "201", "202", "204"}, name
        assert all(answer["description"] for answer in operation["responses"].values()), name
    said = {name: set(operation["responses"]) for name, _, _, operation in operations(document)}
    assert "409" in said["patch /api/leads/{id}/"]
    assert "410" in said["get /api/notifications/changes/"]
    assert "429" in said["post /api/auth/token/"]


def test_every_operation_says_who_may_call_it(document):
    schemes = document["components"]["securitySchemes"]
    assert {"bearer", "session"} <= set(schemes)
    for name, _, path, operation in operations(document):
        named = {scheme for one in operation["security"] for scheme in one}
        assert named == (set() if "/auth/" in path else {"bearer", "session"}), name


def test_every_body_has_an_example_that_keeps_to_its_own_schema(document):
    looked_at = 0
    for _, _, _, operation in operations(document):
        for media in bodies(operation):
            schema = media["schema"] | {"components": document["components"]}
            jsonschema.Draft202012Validator(schema).validate(media["example"])
            looked_at += 1
    assert looked_at > 200


@pytest.fixture
def things(db, manager):
    """One of each kind, all with the id that examples name."""
    user = UserFactory(pk=EXAMPLE)
    lead = LeadFactory(pk=EXAMPLE)
    of_lead = {"pk": EXAMPLE, "lead": lead, "created_by": manager}
    for factory in (CommentFactory, InteractionFactory, AppointmentFactory):
        factory(**of_lead)
    TaskFactory(**of_lead, due_at=datetime(2031, 3, 2, 9, tzinfo=UTC), remind_minutes_before=10)
    return user


@time_machine.travel("2026-03-01T12:00:00Z", tick=False)
def test_every_example_of_a_request_is_taken(things, document, administrator, api_of):
    api, taken = api_of(administrator), 0
    note = Notification.objects.create(recipient=administrator, type="system", title="Hello")
    Announcement(pk=EXAMPLE, title="Hello", created_by=administrator).keep()
    for name, method, path, operation in operations(document):
        if "requestBody" not in operation or "/auth/" in path:
            continue
        kind = note.pk if path.startswith("/api/notifications/{id}") else EXAMPLE
        address = path.replace("{id}", str(kind)).replace("{lead}", str(EXAMPLE))
        example = operation["requestBody"]["content"]["application/json"]["example"]
        Task.objects.update(completed_at=None)
        response = getattr(api, method)(address, example)
        assert response.status_code in (200, 201), (name, example, response.json())
        taken += 1
    assert taken > 15


def test_the_examples_of_signing_in_have_what_it_takes(document, db):
    user = UserFactory(email="john.doe@example.org")
    said = {name: operation for name, _, _, operation in operations(document)}
    sent = said["post /api/auth/token/"]["requestBody"]["content"]["application/json"]["example"]
    assert sent == {"email": user.email, "password": PASSWORD}
    assert APIClient().post("/api/auth/token/", sent).status_code == 200


def test_what_was_made_links_to_all_that_can_be_done_with_it(document):
    said = {name: operation for name, _, _, operation in operations(document)}
    links = said["post /api/leads/{lead}/tasks/"]["responses"]["201"]["links"]
    assert {"tasks_retrieve", "tasks_reminder_update"} <= set(links)
    known = {operation["operationId"] for operation in said.values()}
    assert set(links) <= known


def test_the_page_of_the_document_needs_nobody_else(db):
    page = APIClient().get("/api/docs/").content.decode()
    assert "swagger-ui" in page
    assert "http://" not in page.replace("http://testserver", "")
    assert "https://" not in page


# The server, by what the document says of it


@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("role", "where"),
    [(User.Role.MANAGER, ()), (User.Role.ADMIN, ("--include-path-regex", "announcements"))],
)
def test_schemathesis_finds_nothing(role, where, things, tmp_path):
    """Every check, in all phases: the examples, the edges of each parameter, made-up requests, and
    chains of requests by the links."""
    user = UserFactory(role=role)
    note = Notification.objects.create(recipient=user, type="system", title="Hello")
    assert note.pk
    with serving(tmp_path, ACCESS_TOKEN_MINUTES="60") as server:
        run = subprocess.run(
            [SCHEMATHESIS, "--config-file", CONFIG, "run", f"{server.base}/api/schema/",
             "-H", f"Authorization: Bearer {tokens(user)['access']}",
             "--phases", "examples,coverage,fuzzing,stateful", "--checks", "all",
             "--max-examples", "5", "--generation-deterministic", "--continue-on-failure",
             "--no-color", "--warnings", "off", *where],
            cwd=tmp_path, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr
    assert "Tested: " in run.stdout
