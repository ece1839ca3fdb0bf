"""What the AsyncAPI document says of frames, held against those that the server sends."""

import copy
import functools

from jsonschema import Draft202012Validator, FormatChecker

from crm.rest import asyncapi


@functools.cache
def validators() -> dict[str, Draft202012Validator]:
    """By type: a frame must have all that the document says, and nothing besides."""
    document = copy.deepcopy(asyncapi.document())
    components = document["components"]
    for schema in components["schemas"].values():
        _close(schema)
    found = {}
    for key, message in components["messages"].items():
        if key.startswith("server."):
            schema = _close(message["payload"]) | {"components": components}
            found[message["name"]] = Draft202012Validator(schema, format_checker=FormatChecker())
    return found


def check(frame: dict) -> dict:
    """The frame, if it is as documented."""
    validators()[frame["type"]].validate(frame)
    return frame


def _close(schema):
    if "properties" in schema:
        schema["additionalProperties"] = False
    return schema
