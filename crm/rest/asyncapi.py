"""The AsyncAPI document: every frame of the socket, with the same bodies as REST.

The frames themselves are made by the ``frames`` modules of the apps; here is what they look like,
and tests/test_asyncapi.py holds what the server sends against it. docs/delivery.md says how a
client uses them.
"""

import functools

from drf_spectacular.generators import SchemaGenerator

from crm.rest import examples

INTEGER = {"type": "integer"}
COUNT = {"type": "integer", "minimum": 0}
TEXT = {"type": "string"}
UUID = {"type": "string", "format": "uuid"}
MOMENT = {"type": "string", "format": "date-time"}
FLAG = {"type": "boolean"}
REQUEST = {"type": ["string", "integer"], "maxLength": 255}
STANDS = {"seq": COUNT, "unreadCount": COUNT}


def _body(name):
    return {"$ref": f"#/components/schemas/{name}"}


def _many(schema):
    return {"type": "array", "items": schema}


def _only(value):
    return {"const": value}


NOTIFICATION, LEAD, MESSAGE = _body("Notification"), _body("Lead"), _body("Message")

# By type: what it says, and its fields besides. A name that ends with ? may be missing.
SENT = {
    "hello": ("Always the first.", {"protocol": _only(1), "userId": INTEGER, **STANDS}),
    "notification:created": (
        "One has arrived.",
        {"action": _only("add"), **STANDS, "notification": NOTIFICATION},
    ),
    "notification:updated": (
        "Read, unread, edited, or its lead is gone.",
        {**STANDS, "notification": NOTIFICATION},
    ),
    "notification:deleted": ("One is gone.", {**STANDS, "id": UUID}),
    "notifications:bulk-updated": (
        "All up to here are read.",
        {"action": _only("mark-all-read"), "count": COUNT, **STANDS},
    ),
    "sync": (
        "What changed since then, oldest first.",
        {
            "since": COUNT,
            **STANDS,
            "changed": _many(NOTIFICATION),
            "removed": _many(UUID),
            "hasMore": FLAG,
        },
    ),
    "sync:reset": ("The position is not kept: load the list again.", STANDS),
    "heartbeat": ("At least every 25 s.", {"seq": COUNT}),
    "lead:created": ("Not sequenced.", {"action": _only("add"), "lead": LEAD}),
    "lead:updated": (
        "Not sequenced; also when something that belongs to the lead changed.",
        {"action": _only("change"), "lead": LEAD},
    ),
    "lead:deleted": ("Not sequenced.", {"id": INTEGER}),
    "lead:presence": (
        "Not sequenced: who looks at the lead now.",
        {"id": INTEGER, "userIds": _many(INTEGER)},
    ),
    "lead:mentioned": (
        "Not sequenced: what mentions the user there came, went or was seen.",
        {"id": INTEGER, "entryId": INTEGER},
    ),
    "lead:appointments": (
        "Not sequenced: an appointment was made, changed or cancelled.",
        {"id": INTEGER},
    ),
    "new_message": ("A chat message, to both of the two.", {"message": MESSAGE}),
    "chat:state": ("Where the user’s chat stands.", STANDS),
    "chat:read": (
        "All that one wrote to the other, up to that message, is read.",
        {"readerId": INTEGER, "senderId": INTEGER, "upTo": INTEGER, "at": MOMENT, **STANDS},
    ),
    "chat:delivered": (
        "What the user wrote has reached them, up to that message.",
        {"recipientId": INTEGER, "upTo": INTEGER, "at": MOMENT, **STANDS},
    ),
    "chat:typing": ("Not sequenced: they are writing to the user now.", {"userId": INTEGER}),
    "chat:sync": (
        "What changed in the chat since then.",
        {
            "since": COUNT,
            **STANDS,
            "changed": _many(MESSAGE),
            "delivered": _many(INTEGER),
            "hasMore": FLAG,
        },
    ),
    "chat:reset": ("The chat never was at that position: load it again.", STANDS),
    "ack": ("It was made.", {"requestId": REQUEST, "lead": LEAD}),
    "error": (
        "The frame cannot be done; the socket stays open.",
        {
            "code": {"enum": ["bad_frame", "unknown_type", "invalid"]},
            "detail": TEXT,
            "requestId?": REQUEST,
        },
    ),
}
TAKEN = {
    "sync": ("Asks for what changed.", {"since": COUNT, "limit?": {**COUNT, "minimum": 1}}),
    "ack": ("Everything up to there has reached this user.", {"seq": COUNT}),
    "chat:sync": ("Asks for what changed in the chat.", {"since": COUNT}),
    "chat:ack": ("Every message up to there has reached this user.", {"seq": COUNT}),
    "chat:typing": ("Passed on, at most every 2 s.", {"to": {**COUNT, "minimum": 1}}),
    "lead:create": (
        "Creates a lead, as REST does.",
        {"requestId": REQUEST, "lead": _body("LeadRequest")},
    ),
}
ANSWERED = {
    "sync": ("sync", "sync:reset", "error"),
    "chat:sync": ("chat:sync", "chat:reset", "error"),
    "lead:create": ("ack", "error"),
}
CLOSES = {
    "1009": "A frame is over 64 KiB.",
    "1012": "The server is restarting: come back, with jitter.",
    "1013": "The channel layer or the database is away: come back later.",
    "4401": "The credentials expired or were revoked.",
    "4403": "The user was deactivated.",
    "4429": "More than 50 frames in 10 s, or a 21st socket of the user.",
}
SECURITY = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An access token: as a header, or as the subprotocol `bearer.<token>` beside"
        " `leadbell.v1`, which the server selects. Never in the URL.",
    },
    "session": {
        "type": "httpApiKey",
        "name": "sessionid",
        "in": "cookie",
        "description": "From a page of this site, by its Origin.",
    },
}


def payload_of(kind: str, fields: dict) -> dict:
    """The JSON Schema of a frame."""
    properties = {name.removesuffix("?"): schema for name, schema in fields.items()}
    return {
        "type": "object",
        "properties": {"type": _only(kind), **properties},
        "required": ["type", *(name for name in fields if not name.endswith("?"))],
    }


@functools.cache
def document() -> dict:
    schemas = SchemaGenerator().get_schema(public=True)["components"]["schemas"]
    messages = {
        key: _message(kind, said, schemas)
        for end, frames in (("server", SENT), ("client", TAKEN))
        for kind, said in frames.items()
        for key in (_key(end, kind),)
    }
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": "Leadbell",
            "version": "1",
            "description": "The socket: a user’s notifications as they happen, live lists of leads,"
            " and the chat. A push is a hint, the sequence is the truth.",
        },
        "defaultContentType": "application/json",
        "servers": {"here": _server()},
        "channels": {"socket": _socket(messages)},
        "operations": _operations(),
        "components": {
            "messages": messages,
            "schemas": _reached(messages, schemas),
            "securitySchemes": SECURITY,
        },
    }


def _server():
    return {
        "host": "{host}",
        "protocol": "wss",
        "variables": {"host": {"default": "localhost:8000"}},
        "security": [{"$ref": f"#/components/securitySchemes/{key}"} for key in SECURITY],
    }


def _socket(messages):
    return {
        "address": "/ws/notifications/",
        "description": "Frames are JSON objects with a `type`.",
        "messages": {key: {"$ref": f"#/components/messages/{key}"} for key in messages},
        "bindings": {"ws": {"method": "GET"}},
        "x-close-codes": CLOSES,
    }


def _key(end, kind):
    return f"{end}.{kind.replace(':', '.')}"


def _message(kind, said, schemas):
    summary, fields = said
    payload = payload_of(kind, fields)
    example = examples.of(payload, schemas)
    return {
        "name": kind,
        "summary": summary,
        "payload": payload,
        "examples": [{"payload": example}],
    }


def _operations():
    """As the server does them."""
    operations = {
        "push": {
            "action": "send",
            "channel": {"$ref": "#/channels/socket"},
            "messages": [_of_channel("server", kind) for kind in SENT],
        }
    }
    for kind in TAKEN:
        operations[f"take.{kind.replace(':', '.')}"] = {
            "action": "receive",
            "channel": {"$ref": "#/channels/socket"},
            "messages": [_of_channel("client", kind)],
            "reply": {
                "channel": {"$ref": "#/channels/socket"},
                "messages": [_of_channel("server", one) for one in ANSWERED.get(kind, ("error",))],
            },
        }
    return operations


def _of_channel(end, kind):
    return {"$ref": f"#/channels/socket/messages/{_key(end, kind)}"}


def _reached(thing, schemas) -> dict:
    """The schemas that ``thing`` refers to, with those that they refer to."""
    found, names = {}, _references(thing)
    while names:
        name = names.pop()
        if name not in found:
            found[name] = schemas[name]
            names |= _references(schemas[name])
    return dict(sorted(found.items()))


def _references(thing) -> set:
    if isinstance(thing, dict):
        here = {thing["$ref"].rsplit("/", 1)[-1]} if isinstance(thing.get("$ref"), str) else set()
        return here.union(*(_references(inner) for inner in thing.values()))
    if isinstance(thing, list):
        return set().union(*map(_references, thing))
    return set()
