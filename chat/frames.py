"""The frames of the chat, as text. docs/delivery.md documents each; this is their only source.

``new_message`` is as every client knows it; the sequence that it took follows in a ``chat:state``.
"""

from notifications import wire


def new_message(message) -> str:
    return wire.encode({"type": "new_message", "message": message.as_json()})


def state(seq: int, unread: int) -> str:
    return wire.encode({"type": "chat:state", "seq": seq, "unreadCount": unread})


def read(seq: int, unread: int, at, **whose) -> str:
    return _told("chat:read", seq, unread, at, whose)


def delivered(seq: int, unread: int, at, **whose) -> str:
    return _told("chat:delivered", seq, unread, at, whose)


def _told(kind, seq, unread, at, whose):
    standing = {"at": wire.moment(at), "seq": seq, "unreadCount": unread}
    return wire.encode({"type": kind, **whose, **standing})


def typing(user_id: int) -> str:
    return wire.encode({"type": "chat:typing", "userId": user_id})


def sync(page: dict) -> str:
    return wire.encode({"type": "chat:sync", **page})


def sync_reset(seq: int, unread: int) -> str:
    return wire.encode({"type": "chat:reset", "seq": seq, "unreadCount": unread})
