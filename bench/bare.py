"""`python -m bench.bare PORT POSTS_PORT`: what the `websockets` library does without a database.

Every POST to POSTS_PORT makes one frame of the size of Leadbell's, broadcast to every socket, and
is answered when that is done. No sign-in, nothing stored.
"""

import asyncio
import itertools
import json
import sys

from websockets.asyncio.server import broadcast, serve

try:
    import uvloop
except ImportError:
    uvloop = None

NOTIFICATION = {
    "id": "0193a2b4-7c1e-7d2f-8a3b-4c5d6e7f8a9b",
    "type": "lead_created",
    "title": "New Lead Created",
    "message": "John Doe (ABC Company) added to pipeline",
    "isRead": False,
    "readAt": None,
    "relatedLeadId": 0,
    "url": "/leads/10000/",
    "actorId": 100,
    "seq": 10000,
    "createdAt": "2026-01-01T00:00:00.000000Z",
    "updatedAt": "2026-01-01T00:00:00.000000Z",
}


def frame(number):
    """Leadbell's frame of a notification, byte for byte but for the values."""
    notification = NOTIFICATION | {"relatedLeadId": number}
    head = {"type": "notification:created", "action": "add", "seq": number, "unreadCount": number}
    return json.dumps(head | {"notification": notification}, separators=(",", ":"))


class Posts(asyncio.Protocol):
    """HTTP as bench/posts.py speaks it: one request at a time, its body in the same segment."""

    numbers = itertools.count(1)
    sockets = set()

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        number = next(self.numbers)
        broadcast(self.sockets, frame(number))
        body = json.dumps({"id": number}).encode()
        head = f"HTTP/1.1 201 Created\r\nContent-Length: {len(body)}\r\n\r\n"
        self.transport.write(head.encode() + body)


async def hold(socket):
    Posts.sockets.add(socket)
    try:
        await socket.wait_closed()
    finally:
        Posts.sockets.discard(socket)


async def main(port, posts_port):
    loop = asyncio.get_running_loop()
    await loop.create_server(Posts, "127.0.0.1", posts_port)
    async with serve(hold, "127.0.0.1", port, compression=None, backlog=4096) as server:
        await server.serve_forever()


if __name__ == "__main__":
    quick = uvloop is not None and "--uvloop" in sys.argv
    with asyncio.Runner(loop_factory=uvloop.new_event_loop if quick else None) as runner:
        runner.run(main(int(sys.argv[1]), int(sys.argv[2])))
