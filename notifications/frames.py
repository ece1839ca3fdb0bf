"""The frames of the socket, as text. docs/delivery.md documents each; this is their only source."""

from collections.abc import Callable

from notifications import wire

PROTOCOL = 1


def _frame(kind: str, **fields) -> str:
    return wire.encode({"type": kind, **fields})


# Everybody gets one, often all at once, and all that differs are numbers.
_HELLO = _frame("hello", protocol=PROTOCOL, userId="%d", seq="%d", unreadCount="%d")
_HELLO = _HELLO.replace('"%d"', "%d")
_HEARTBEAT = _frame("heartbeat", seq="%d").replace('"%d"', "%d")


def hello(user_id: int, seq: int, unread: int) -> str:
    return _HELLO % (user_id, seq, unread)


def created(seq: int, unread: int, notification: dict) -> str:
    return _frame(
        "notification:created",
        action="add",
        seq=seq,
        unreadCount=unread,
        notification=notification,
    )


def updated(seq: int, unread: int, notification: dict) -> str:
    return _frame("notification:updated", seq=seq, unreadCount=unread, notification=notification)


def for_each(frame: Callable[..., str], notification: dict) -> Callable[[int, int, str], str]:
    """``frame``, ``created`` or ``updated``, of notifications that differ in their ids and numbers
    only: a function of seq, unread count and id. Renders once, and gives what ``frame`` gives."""
    name, slot = "", ""
    rendered = slot
    while rendered.count(slot) != 4:  # else a text of the notification looks like a slot
        name += "@"
        slot = f'"{name}"'
        rendered = frame(name, name, notification | {"id": name, "seq": name})
    a, b, c, d, e = rendered.split(slot)
    return lambda seq, unread, pk: f'{a}{seq}{b}{unread}{c}"{pk}"{d}{seq}{e}'


def deleted(seq: int, unread: int, notification_id: str) -> str:
    return _frame("notification:deleted", seq=seq, unreadCount=unread, id=notification_id)


def all_read(seq: int, unread: int, count: int) -> str:
    return _frame(
        "notifications:bulk-updated",
        action="mark-all-read",
        count=count,
        seq=seq,
        unreadCount=unread,
    )


def sync(page: dict) -> str:
    return _frame("sync", **page)


def sync_reset(seq: int, unread: int) -> str:
    return _frame("sync:reset", seq=seq, unreadCount=unread)


def heartbeat(seq: int) -> str:
    return _HEARTBEAT % seq


def ack(request_id, **made) -> str:
    return _frame("ack", requestId=request_id, **made)


def error(code: str, detail: str, request_id=None) -> str:
    fields = {} if request_id is None else {"requestId": request_id}
    return _frame("error", code=code, detail=detail, **fields)
