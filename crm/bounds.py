"""Bounds on what a request may bring, checked before Django reads it.

daphne by itself calls the application only when it has the whole body: crm/server.py refuses
earlier, and this serves every other server.
"""

from django.conf import settings

from notifications import wire

TOO_LARGE = wire.encode(
    {"detail": f"The body is larger than {settings.BODY_LIMIT // 1024} KiB: send less."}
).encode()


class BodyLimit:
    """ASGI middleware: a body over BODY_LIMIT bytes gets a 413, announced or not."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or len(announced) > 12 or int(announced) > settings.BODY_LIMIT:
            return await _refuse(send)
        messages, size, more = [], 0, True
        while more:
            message = await receive()
            messages.append(message)
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
            if size > settings.BODY_LIMIT:
                return await _refuse(send)
        return await self.app(_announcing(scope, size), _replay(messages, receive), send)


def _announcing(scope, size):
    """The scope with the body's size: DRF takes a body without one, sent in chunks, for empty."""
    others = [header for header in scope["headers"] if header[0] != b"content-length"]
    return scope | {"headers": [*others, (b"content-length", b"%d" % size)]}


def _replay(messages, receive):
    waiting = iter(messages)

    async def replay():
        return next(waiting, None) or await receive()

    return replay


async def _refuse(send):
    headers = [
        (b"content-type", b"application/json"),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": TOO_LARGE})
