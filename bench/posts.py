"""Posts of leads over a connection that is kept, as cheap as Python has them."""

import asyncio
import itertools
import json
import re
from time import perf_counter
from urllib.parse import urlencode

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
LEAD = {"firstName": "John", "lastName": "Doe", "email": "john@example.com"}
BODY = json.dumps(LEAD | {"company": "ABC Company", "source": "bench"}).encode()


class Failed(Exception):
    """A post was not answered by 201, or 200."""


class Api:
    """``POST /api/leads/``, the same every time."""

    def __init__(self, host, token):
        self.whole = request("/api/leads/", host, "application/json", BODY, token)

    def next(self):
        return self.whole


class Doors:
    """Doors of intake, one after the other: what comes twice from one address, and too often,
    is not taken. No two bodies are alike."""

    numbers = itertools.count()

    def __init__(self, host, paths, kind):
        self.host, self.kind, self.paths = host, kind, itertools.cycle(paths)

    def next(self):
        content_type, body = BODIES[self.kind](next(self.numbers))
        return request(next(self.paths), self.host, content_type, body)


def request(path, host, content_type, body, token=None):
    head = [
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        *([f"Authorization: Bearer {token}"] if token else []),
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


def json_body(number):
    return "application/json", json.dumps(LEAD | {"company": "ABC Company", "n": number}).encode()


def form_body(number):
    fields = {"first_name": "John", "last_name": "Doe", "email": "john@example.com"}
    told = urlencode(fields | {"company": "ABC Company", "n": number})
    return "application/x-www-form-urlencoded", told.encode()


BODIES = {"json": json_body, "form": form_body}


class Poster(asyncio.Protocol):
    """One connection, one request on it at a time."""

    def __init__(self, requests):
        self.requests = requests
        self.answer, self.buffer = None, b""

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, problem):
        if self.answer and not self.answer.done():
            self.answer.set_exception(Failed(f"the connection was lost: {problem}"))

    def data_received(self, data):
        self.buffer += data
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        length = LENGTH.search(self.buffer, 0, head + 2)
        end = head + 4 + int(length[1])
        if len(self.buffer) >= end:
            self.answer.set_result((self.buffer[:15], self.buffer[head + 4 : end]))
            self.buffer = b""

    async def post(self):
        """The new lead's id, if the answer says it, and when its request was sent and answered.
        Raises Failed."""
        if self.transport.is_closing():
            raise Failed("the connection was closed")
        self.answer = asyncio.get_running_loop().create_future()
        sent = perf_counter()
        self.transport.write(self.requests.next())
        head, body = await self.answer
        if b" 201" not in head and b" 200" not in head:
            raise Failed(f"{head} {body[:200]}")
        answered, said = perf_counter(), json.loads(body)
        return said.get("leadId", said.get("id")), sent, answered
