"""Typeform: https://www.typeform.com/developers/webhooks/."""

import json
import re
import secrets

from django.utils.translation import gettext_noop

from leads.intake.door import (
    JSON,
    Arrival,
    Brought,
    Door,
    Refused,
    decoded_object,
    digest,
    key_of,
    same_secret,
    signature,
)
from leads.intake.mapping import BY_HAND, flat, text_of
from leads.intake.understanding import NotUnderstood, Pair
from leads.intake.vocabulary import field_called, plain
from notifications import wire

SIGNATURE, RESPONSE, PARTIAL = "Typeform-Signature", "form_response", "form_response_partial"
NO_RESPONSE = gettext_noop("There is no object form_response in it.")
NOT_FINISHED = gettext_noop("The form was left before its end: these are the answers until there.")
# What an answer of a type says where neither its question nor its ref is a word we know.
BY_TYPE = {"email": "email", "phone_number": "phone"}


class Typeform(Door):
    def brought(self, source, arrival):
        sent_with = arrival.headers.get(SIGNATURE)
        if not same_secret(sent_with, signature(arrival.body, source.secret, "base64")):
            raise Refused(403, f"The header {SIGNATURE} is not the body's signature.")
        sent = decoded_object(arrival)
        response = sent.get(RESPONSE)
        token = text_of(response.get("token")) if isinstance(response, dict) else ""
        token = token or digest(arrival.body)
        if sent.get("event_type") == PARTIAL:
            return [Brought(arrival.body, key=key_of(token, "partial"), suspicion=NOT_FINISHED)]
        return [Brought(arrival.body, key=key_of(token))]

    def pairs(self, payload):
        """The answers by their questions, then hidden fields, variables and what else there is."""
        sent = wire.decode(payload.removeprefix(b"\xef\xbb\xbf"))
        response = sent.get(RESPONSE)
        if not isinstance(response, dict):
            raise NotUnderstood(NO_RESPONSE)
        asked = _questions(response.pop("definition", None))
        answers = _dicts(response.pop("answers", None))
        hidden = response.pop("hidden", None)
        variables = _dicts(response.pop("variables", None))
        pairs = [_answered(answer, asked) for answer in answers]
        pairs += [Pair(f"hidden.{path}", value, _field(path)) for path, value in flat(hidden or {})]
        pairs += [_variable(each) for each in variables]
        return pairs + [Pair(path, value) for path, value in flat(response)]

    def sample(self, source):
        people = [("short_text", "text", "First name", "Ada"),
                  ("short_text", "text", "Last name", "Lovelace"),
                  ("email", "email", "Email", "ada.lovelace@example.com"),
                  ("phone_number", "phone_number", "Phone number", "+442079460958")]  # fmt: skip
        fields = [
            {"id": f"field{n}", "ref": f"ref-{n}", "type": kind, "title": title}
            for n, (kind, _, title, _) in enumerate(people)
        ]
        answers = [
            {"type": kind, kind: value, "field": {name: fields[n][name] for name in FIELD}}
            for n, (_, kind, _, value) in enumerate(people)
        ]
        response = {
            "form_id": "test",
            "token": f"test{secrets.token_hex(14)}",
            "definition": {"id": "test", "title": "Test", "fields": fields},
            "answers": answers,
        }
        event = {"event_id": "test", "event_type": RESPONSE, RESPONSE: response}
        body = json.dumps(event).encode()
        signed = signature(body, source.secret, "base64")
        return Arrival(body, JSON, {SIGNATURE: signed}, is_test=True)


FIELD = ("id", "ref", "type")
ASKING = re.compile(
    r"^(what is|what s|enter|please enter|wie lautet|was ist)?\s*(your|ihre?|deine?) "
)


def _dicts(value) -> list[dict]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _questions(definition) -> dict[str, str]:
    """By a field's id: what it asks, in one line, as a page can send it back. A group and a block
    of contact details ask by the fields within them."""
    asked = {}
    for each in _dicts(definition.get("fields")) if isinstance(definition, dict) else []:
        asked[text_of(each.get("id"))] = " ".join(text_of(each.get("title")).split())
        asked |= _questions(each.get("properties"))
    return asked


def _answered(answer, asked) -> Pair:
    about = answer.get("field") if isinstance(answer.get("field"), dict) else {}
    ref, kind = text_of(about.get("ref")), text_of(answer.get("type"))
    title = asked.get(text_of(about.get("id")), "")
    field = _field(ref) or _field(title) or BY_TYPE.get(kind, "")
    return Pair(title or ref or kind or "answer", _said(answer.get(kind)), field)


def _said(value) -> str:
    """A choice by its label, several joined, with what somebody wrote beside them."""
    if not isinstance(value, dict):
        return text_of(value)
    labels = value.get("labels") if isinstance(value.get("labels"), list) else [value.get("label")]
    told = [text_of(each) for each in [*labels, value.get("other")] if each not in (None, "")]
    return ", ".join(told) or text_of(value)


def _variable(variable) -> Pair:
    kind = text_of(variable.get("type"))
    return Pair(f"variables.{text_of(variable.get('key'))}", text_of(variable.get(kind)))


def _field(name) -> str:
    """Questions are asked in sentences: ``What is your first name?``"""
    field = field_called(name) or field_called(ASKING.sub("", plain(name)))
    return "" if field in BY_HAND else field
