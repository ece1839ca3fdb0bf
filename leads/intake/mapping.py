"""What is where in a payload: flat pairs of path and value, and which field of a lead each is."""

import json
import re

from leads.intake.vocabulary import NAME, OWNER, TAGS, WORDS, field_called, plain

MOST = 1_000  # pairs of one payload
# What a path may be mapped to: who owns a lead is the rules' to say.
MAPPABLE = tuple(name for name in WORDS if name != OWNER)
# What nobody gives unasked: a stranger's word for a stage, a source or a tag may mean anything.
BY_HAND = {"stage", "source", TAGS, OWNER}
# Words that mean a lead's field only where they stand alone, or below a word for a person:
# `contact.name`, and not `product.name`.
VAGUE = {
    *("name", "title", "url", "web", "description", "comment", "comments", "note", "notes"),
    *("position", "role", "first", "last", "account", "question", "questions", "land", "state"),
    *("mobile", "cell", "mail", "ort"),
}
PEOPLE = {
    *("contact", "person", "lead", "customer", "user", "client", "visitor", "applicant", "sender"),
    *("data", "body", "payload", "fields", "form", "answers", "values", "submission", "response"),
    *("name", "address", "kontakt", "kunde", "daten", "felder", "formular", "profile", "details"),
    *("form fields", "submitted"),
}
EMPTY_WORDS = {"value", "text", "string", "number", "address", "raw", "formatted"}
INDEX = re.compile(r"\[\d*\]")
WITHIN = re.compile(r"\[([^\[\]]+)\]")  # `contact[email]`, as forms write `contact.email`


def text_of(value) -> str:
    """What a value of JSON is as a text that the database takes."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return storable(text)


def storable(text: str) -> str:
    """Without NUL and halves of characters, which no database takes."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def flat(payload) -> list[tuple[str, str]]:
    """Each value with its path, as ``contact.emails[0].value``, in the payload's order; the first
    ``MOST``, and how many more there are."""
    if payload in ({}, []):
        return []
    pairs, more = [], 0
    for path, value in _leaves(payload, ""):
        if len(pairs) < MOST:
            pairs.append((storable(path) or "value", text_of(value)))
        else:
            more += 1
    return [*pairs, ("…", str(more))] if more else pairs


def _leaves(value, path):
    """The empty list and the empty object are values as well."""
    if isinstance(value, dict) and value:
        for name, child in value.items():
            yield from _leaves(child, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value:
        for place, child in enumerate(value):
            yield from _leaves(child, f"{path}[{place}]")
    else:
        yield path, value


def field_at(path: str) -> str:
    """The field of a lead that the last words of a path call, or ``NAME``; else empty."""
    *above, last = WITHIN.sub(r".\1", INDEX.sub("", path)).split(".")
    while above and plain(last) in EMPTY_WORDS:
        last = above.pop()
    parent = above[-1] if above else ""
    together = f"{parent} {last}" if parent else last
    found = field_called(together) or field_called(together.removesuffix("s"))
    if not found and _may_stand_for_itself(plain(last), plain(parent)):
        found = field_called(last) or field_called(last.removesuffix("s"))
    return "" if found in BY_HAND and plain(last) != "lead source" else found


def _may_stand_for_itself(last, parent):
    return not parent or last not in VAGUE or parent.removesuffix("s") in PEOPLE or parent in PEOPLE


def proposed(pairs) -> dict[str, str]:
    """By field of a lead: the path that gives it, the first of each that says something."""
    found = {}
    for path, value in pairs:
        field = field_at(path)
        if field and value.strip():
            found.setdefault(field, path)
    return found if {"first_name", "last_name"} - set(found) else _without(found, NAME)


def _without(found, name):
    return {field: path for field, path in found.items() if field != name}


def read(mapping: dict[str, str], pairs) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """By field of a lead what it gets, several values of one path joined; and the pairs that no
    field gets."""
    wanted = {path: field for field, path in mapping.items()}
    values, rest = {}, []
    for path, value in pairs:
        if path in wanted:
            values.setdefault(wanted[path], []).append(value)
        else:
            rest.append((path, value))
    return {field: ", ".join(filter(None, found)) for field, found in values.items()}, rest
