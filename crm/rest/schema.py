"""What the OpenAPI document says of every operation without being told by each view: its errors,
the bounds that a model sets, and an example of each body (crm/rest/examples.py)."""

import inspect
from http import HTTPStatus

from django.apps import apps
from django.core import validators
from django.db.models import EmailField
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework.serializers import CharField

from crm.keys import scopes
from crm.rest import examples
from leads.fields import one_line, validate_phone
from leads.serializers import ModelRules
from notifications.serializers import ProblemSerializer

PROBLEM = "#/components/schemas/Problem"
BODY, ROW, KEYED = "requestBody", "path", "Idempotency-Key"
# By status: when it comes, and what it says for example.
ANSWERS = {
    400: (
        "The request is wrong; it says in which field, where it is one.",
        "The body is not valid JSON: Expecting value: line 1 column 1 (char 0).",
    ),
    401: (
        "Nobody is signed in, or not any more.",
        "Authentication credentials were not provided.",
    ),
    403: (
        "It is there to see, and not yours to change; or the session’s CSRF token is missing.",
        "This lead belongs to somebody else: ask them or a manager.",
    ),
    404: ("It is not there, or not yours.", "Not found."),
    409: (
        "Somebody changed it meanwhile.",
        "Somebody changed this lead meanwhile: look at what it is now, then send yours again.",
    ),
    410: (
        "What changed since then is not kept.",
        "Changes since then are not kept: load the list again and start from its seq.",
    ),
    413: ("The body is larger than 1 MiB.", "The body is larger than 1024 KiB: send less."),
    415: ("The body is not `application/json`.", 'Unsupported media type "text/plain" in request.'),
    422: (
        "The key came with another body before.",
        "This Idempotency-Key came with another body before: take a new key.",
    ),
    429: (
        "Too many wrong passwords.",
        "Too many wrong passwords: wait fifteen minutes and try again.",
    ),
}
FIELD_PROBLEMS = {
    "type": "object",
    "description": "By the name of the field, what is wrong with it.",
    "additionalProperties": {"type": "array", "items": {"type": "string"}},
    "examples": [{"email": ["Enter a valid email address."]}],
}
ONE_LINE = r"^[^\u0000-\u001f\u007f\u2028\u2029]*$"
A_NUMBER = r"^$|^([^\u0000-\u001f\u007f\u2028\u2029]*[0-9]){3}[^\u0000-\u001f\u007f\u2028\u2029]*$"
SOMETHING = r"\S"
NOTHING = {"type": "string", "maxLength": 0}


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = "crm.rest.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_requirement(self, auto_schema):
        """With the scope that a key needs there."""
        scope = scopes.needed(auto_schema.method, auto_schema.path)
        return {self.name: [scope] if scope else []}

    def get_security_definition(self, auto_schema):
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "The access token of `POST /api/auth/token/`, or the key of a machine,"
            " `lbk_…`, with the scope that stands beside it.",
        }


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "rest_framework.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema):
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "As pages have it; what changes something needs `X-CSRFToken` too.",
        }


class Schema(AutoSchema):
    def get_operation(self, *args):
        operation = super().get_operation(*args)
        if operation is not None:
            answers = operation["responses"]
            for status in self._errors_of(operation):
                answers.setdefault(str(status), self._problem(status))
            for status, answer in answers.items():
                answer["description"] = answer["description"] or _meaning(int(status))
            operation["responses"] = dict(sorted(answers.items()))
        return operation

    def get_summary(self):
        words = self.get_operation_id().replace("_", " ").removesuffix(" retrieve")
        return super().get_summary() or words.capitalize()

    def get_description(self):
        """What the method says. What a class says is for who reads the code."""
        method = getattr(self.view, getattr(self.view, "action", None) or self.method.lower(), None)
        return inspect.cleandoc(getattr(method, "__doc__", None) or "")

    def _errors_of(self, operation):
        parameters = operation.get("parameters", ())
        places = {parameter["in"] for parameter in parameters}
        yield 401
        if BODY in operation or places - {ROW}:
            yield 400
        if self.view.get_authenticators():
            yield 403
        if ROW in places:
            yield 404
        if BODY in operation:
            yield from (413, 415)
        if KEYED in {parameter["name"] for parameter in parameters}:
            yield 422

    def _problem(self, status):
        schema = self.resolve_serializer(ProblemSerializer, "response").ref
        if status == 400:
            schema = {"anyOf": [{"$ref": "#/components/schemas/FieldProblems"}, schema]}
        return {"description": "", "content": {"application/json": {"schema": schema}}}

    def _get_filter_parameters(self):
        """A filter without a value filters nothing."""
        parameters = super()._get_filter_parameters()
        for parameter in parameters:
            if {"enum", "format"} & parameter["schema"].keys():
                parameter["schema"] = {"anyOf": [parameter["schema"], NOTHING]}
        return parameters

    # Bodies

    def _map_basic_serializer(self, serializer, direction):
        """An answer has all of its fields. What is sent keeps to the model's bounds."""
        schema = super()._map_basic_serializer(serializer, direction)
        if "description" in schema and not vars(type(serializer)).get("__doc__"):
            del schema["description"]  # its base's
        if direction == "response":
            schema["required"] = sorted(
                name for name, field in schema["properties"].items() if not field.get("writeOnly")
            )
        if isinstance(serializer, ModelRules):
            _bound_by_model(serializer, schema["properties"], direction)
        return schema


def _meaning(status: int) -> str:
    return ANSWERS[status][0] if status in ANSWERS else HTTPStatus(status).phrase


def _bound_by_model(serializer, properties, direction):
    model = apps.get_model(serializer.MODEL)
    columns = {field.attname: field for field in model._meta.concrete_fields}
    for name, field in serializer.fields.items():
        column = columns.get(field.source)
        if name in properties and column is not None and isinstance(field, CharField):
            properties[name].pop("minLength", None)
            properties[name] |= _bounds_of(column, direction)


def _bounds_of(column, direction) -> dict:
    if column.choices:
        return {"enum": [value for value, _ in column.choices]}
    if direction == "response":
        return {}
    if isinstance(column, EmailField):
        address = {"type": "string", "format": "email", "maxLength": column.max_length}
        return {"anyOf": [address, NOTHING]}
    bounds = {}
    for validator in column.validators:
        if isinstance(validator, validators.MaxLengthValidator):
            bounds["maxLength"] = validator.limit_value
        elif validator is one_line:
            bounds.setdefault("pattern", ONE_LINE)
        elif validator is validate_phone:
            bounds["pattern"] = A_NUMBER
    if not column.blank and "pattern" not in bounds:
        bounds["pattern"] = SOMETHING
    return bounds


# What is done to the whole document


def finish(result, generator, request, public):
    """The answer to a wrong field, which is no serializer's, and an example of every body."""
    schemas = result["components"]["schemas"]
    schemas["FieldProblems"] = FIELD_PROBLEMS
    schemas["Problem"]["examples"] = [{"detail": ANSWERS[404][1]}]
    for operation in _operations(result):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "header":
                parameter["schema"] |= {"minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
        for status, body in [(None, operation.get(BODY, {})), *operation["responses"].items()]:
            media = body.get("content", {}).get("application/json")
            if media and "$ref" in media["schema"] and media["schema"]["$ref"] == PROBLEM:
                media["example"] = {"detail": ANSWERS[int(status)][1]}
            elif media:
                media["example"] = examples.of(media["schema"], schemas)
    _link(result["paths"])
    return result


def _link(paths):
    """From the answer that made something to all that can be done with it: what ``/…/things/``
    makes is at ``/api/things/{id}/``."""
    for path, operations in paths.items():
        made = operations.get("post", {}).get("responses", {}).get("201")
        begin = f"/api/{path.rstrip('/').rsplit('/', 1)[-1]}/{{"
        for reached, others in paths.items():
            if made and reached.startswith(begin):
                name = reached.removeprefix(begin).partition("}")[0]
                for other in others.values():
                    link = {"parameters": {name: "$response.body#/id"}}
                    link["operationId"] = other["operationId"]
                    made.setdefault("links", {})[other["operationId"]] = link


def _operations(document):
    for path in document["paths"].values():
        yield from path.values()
