"""Sockets of users, as cheap as Python has them: the servers share the machine with them.

WebSocket (RFC 6455) by hand on asyncio's transports. A notification is never decoded: where its
numbers stand is found by a search of its bytes.
"""

import asyncio
import json
from collections import defaultdict
from time import perf_counter

LEAD = b'"relatedLeadId":'
SEQ = b'"seq":'
CREATED = b'{"type":"notification:created"'
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Tally:
    """What reached all sockets together."""

    def __init__(self):
        self.twice = self.disordered = self.caught_up = self.gaps = self.closed = 0
        self.begin()

    def begin(self):
        """From here on only what arrives from now on is counted as delivered."""
        self.delivered = 0
        self.by_lead = defaultdict(lambda: [0, 0.0])  # lead -> sockets reached, and the last's time

    def arrived(self, lead):
        self.delivered += 1
        reached = self.by_lead[lead]
        reached[0] += 1
        reached[1] = perf_counter()


class Socket(asyncio.Protocol):
    """One socket; ``greeted`` is done when the server has taken it in.

    ``since`` is where a client that reconnects stood; ``current`` is done when it has caught up.
    """

    path = "/"

    def __init__(self, tally, host, token, since=None):
        self.tally, self.host, self.token, self.since = tally, host, token, since
        loop = asyncio.get_running_loop()
        self.greeted, self.current = loop.create_future(), loop.create_future()
        self.buffer, self.open, self.leads = b"", False, set()
        self.seq, self.missing = None, set()

    def handshake(self):
        return ()

    def connection_made(self, transport):
        self.transport = transport
        lines = [
            f"GET {self.path} HTTP/1.1",
            f"Host: {self.host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: bGVhZGJlbGwtYmVuY2htYQ==",
            "Sec-WebSocket-Version: 13",
            *self.handshake(),
        ]
        transport.write("\r\n".join([*lines, "", ""]).encode())

    def connection_lost(self, problem):
        self.tally.closed += 1
        if not self.greeted.done():
            self.greeted.set_exception(problem or ConnectionResetError("closed while it opened"))
        self.current.cancel()

    def data_received(self, data):
        if self.buffer:
            data = self.buffer + data
        at = 0 if self.open else self.opened(data)
        end = len(data)
        while end - at >= 2:
            size, body = data[at + 1], at + 2
            if size > 125:
                body += 2 if size == 126 else 8
                size = int.from_bytes(data[at + 2 : body])
            if body + size > end or body > end:
                break
            self.frame(data, data[at] & 15, body, body + size)
            at = body + size
        self.buffer = data[at:]

    def opened(self, data):
        """Where the frames begin, after the answer to the handshake."""
        head = data.find(b"\r\n\r\n")
        if head < 0:
            return 0
        if b" 101 " not in data[:16]:
            self.greeted.set_exception(ConnectionRefusedError(data[:100]))
            self.transport.abort()
            return len(data)
        self.open = True
        self.accepted()
        return head + 4

    def accepted(self):
        pass

    def frame(self, data, opcode, body, stop):
        if opcode == TEXT:
            mark = data.find(LEAD, body, stop)
            if mark < 0 or not self.notifies(data, body):
                return self.other(data[body:stop])
            self.notified(int(data[mark + 16 : data.index(b",", mark)]), data, body)
        elif opcode == PING:
            self.send(data[body:stop], PONG)
        elif opcode == CLOSE:
            self.transport.close()

    def notifies(self, data, body):
        return True

    def notified(self, lead, data, body):
        if lead in self.leads:
            self.tally.twice += 1
        else:
            self.leads.add(lead)
            self.tally.arrived(lead)

    def other(self, text):
        pass

    def send(self, payload, opcode=TEXT):
        """The mask is zero, so that the payload goes as it is."""
        size = len(payload)
        length = bytes([128 | size]) if size < 126 else b"\xfe" + size.to_bytes(2)
        self.transport.write(bytes([128 | opcode]) + length + b"\0\0\0\0" + payload)


class Bare(Socket):
    def accepted(self):
        self.greeted.set_result(None)


class Peer(Socket):
    """Socket.IO 4: Engine.IO 4 packets in WebSocket frames, the token in the CONNECT packet."""

    path = "/socket.io/?EIO=4&transport=websocket"

    def other(self, text):
        if text[:1] == b"0":
            self.send(b'40{"token":"%s"}' % self.token.encode())
        elif text[:2] == b"40":
            self.greeted.set_result(None)
        elif text[:1] == b"2":
            self.send(b"3")


class Leadbell(Socket):
    path = "/ws/notifications/"

    def handshake(self):
        return (f"Sec-WebSocket-Protocol: leadbell.v1, bearer.{self.token}",)

    def notifies(self, data, body):
        return data.startswith(CREATED, body)

    def notified(self, lead, data, body):
        mark = data.index(SEQ, body) + 6
        seq = int(data[mark : data.index(b",", mark)])
        if seq == self.seq + 1:
            self.seq = seq
        else:
            self.leapt(seq)
        super().notified(lead, data, body)

    def leapt(self, seq):
        """A number that is not the next: it comes late, or others before it are missing."""
        if seq > self.seq:
            self.tally.gaps += 1
            self.missing.update(range(self.seq + 1, seq))
            self.seq = seq
        elif seq in self.missing:
            self.missing.discard(seq)
            self.tally.disordered += 1

    def other(self, text):
        if text.startswith(b'{"type":"hello"'):
            self.seq = json.loads(text)["seq"]
            if self.since is not None:
                self.send(b'{"type":"sync","since":%d}' % self.since)
            self.greeted.set_result(None)
        elif text.startswith(b'{"type":"sync"'):
            self.synced(json.loads(text))

    def synced(self, page):
        """A repeat within a ``sync`` is none: the contract calls applying it twice harmless."""
        for row in page["changed"]:
            self.missing.discard(row["seq"])
            if row["relatedLeadId"] not in self.leads:
                self.leads.add(row["relatedLeadId"])
                self.tally.arrived(row["relatedLeadId"])
                self.tally.caught_up += 1
        self.seq = max(self.seq, page["seq"])
        if not page["hasMore"] and not self.current.done():
            self.current.set_result(None)


KINDS = {"leadbell": Leadbell, "peer": Peer, "bare": Bare}
