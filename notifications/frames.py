"""The frames of the socket, as text. docs/delivery.md documents each; this is their only source."""

from notifications import wire

PROTOCOL = 1


def _frame(kind: str, **fields) -> str:
    return wire.encode({"type": kind, **fields})


def hello(user_id: int, seq: int, unread: int) -> str:
    return _frame("hello", protocol=PROTOCOL, userId=user_id, seq=seq, unreadCount=unread)


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
    return _frame("heartbeat", seq=seq)


def ack(request_id, **made) -> str:
    return _frame("ack", requestId=request_id, **made)


def error(code: str, detail: str, request_id=None) -> str:
    fields = {} if request_id is None else {"requestId": request_id}
    return _frame("error", code=code, detail=detail, **fields)
