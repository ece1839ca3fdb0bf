"""Posts of leads over a connection that is kept, as cheap as Python has them."""

import asyncio
import json
import re
from time import perf_counter

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
LEAD = {"firstName": "John", "lastName": "Doe", "email": "john@example.com"}
BODY = json.dumps(LEAD | {"company": "ABC Company", "source": "bench"}).encode()


class Failed(Exception):
    """A post was not answered by 201."""


class Poster(asyncio.Protocol):
    """One connection, one request on it at a time."""

    def __init__(self, host, token):
        head = [
            "POST /api/leads/ HTTP/1.1",
            f"Host: {host}",
            f"Authorization: Bearer {token}",
            "Content-Type: application/json",
            f"Content-Length: {len(BODY)}",
        ]
        self.request = "\r\n".join([*head, "", ""]).encode() + BODY
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
        """The new lead's id, and when its request was sent and answered. Raises Failed."""
        if self.transport.is_closing():
            raise Failed("the connection was closed")
        self.answer = asyncio.get_running_loop().create_future()
        sent = perf_counter()
        self.transport.write(self.request)
        head, body = await self.answer
        if b" 201" not in head:
            raise Failed(f"{head} {body[:200]}")
        return json.loads(body)["id"], sent, perf_counter()
