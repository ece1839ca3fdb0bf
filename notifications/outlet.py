"""How text frames leave for one client: in order, and without waiting for it.

``manage.py serve`` offers ``leadbell.write`` in the scope's extensions, which takes ready bytes and
hands them to the socket at once. Other ASGI servers take one frame at a time; what a client does
not read there waits here, and one that lets MAX_WAITING pile up is cut off.
"""

import asyncio
import contextlib
from collections import deque
from functools import lru_cache

WRITE = "leadbell.write"
MAX_WAITING = 1024 * 1024  # characters
TOO_SLOW = 1008
LONG = 16 * 1024  # characters, from which on a frame is not worth remembering


def outlet(scope, send):
    write = scope.get("extensions", {}).get(WRITE)
    return ReadyOutlet(write) if write else AsgiOutlet(send)


def ready(text: str) -> bytes:
    """A text frame as a server sends it: RFC 6455, section 5.2."""
    return _ready_before(text) if len(text) < LONG else _ready(text)


def _ready(text):
    data = text.encode()
    size = len(data)
    if size < 126:
        return bytes((0x81, size)) + data
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2, "big") + data
    return b"\x81\x7f" + size.to_bytes(8, "big") + data


_ready_before = lru_cache(maxsize=64)(_ready)  # a user's sockets, one by one, get the same text


class ReadyOutlet:
    __slots__ = ("_write",)

    def __init__(self, write):
        self._write = write

    def write(self, *texts: str) -> None:
        self._write(ready(texts[0]) if len(texts) == 1 else b"".join(map(ready, texts)))

    async def flushed(self) -> None:
        """Returns when all that was written has been handed over."""


class AsgiOutlet:
    def __init__(self, send):
        self._send = send
        self._waiting, self._size, self._task, self._cut = deque(), 0, None, False

    def write(self, *texts: str) -> None:
        if self._size > MAX_WAITING:  # and was there before
            self._cut_off()
        if self._cut:
            return
        self._waiting.extend(texts)
        self._size += sum(map(len, texts))
        if self._task is None:
            self._task = asyncio.ensure_future(self._hand_over())

    async def flushed(self) -> None:
        """Returns when all that was written has been handed over."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _hand_over(self):
        while self._waiting:
            text = self._waiting.popleft()
            await self._send({"type": "websocket.send", "text": text})
            self._size -= len(text)
        self._task = None

    def _cut_off(self):
        self._cut, self._size = True, 0
        self._task.cancel()
        self._waiting.clear()
        self._task = asyncio.ensure_future(self._end())

    async def _end(self):
        with contextlib.suppress(Exception):  # it may be gone
            await self._send({"type": "websocket.close", "code": TOO_SLOW})
