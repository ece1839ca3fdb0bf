"""The opening handshake of a WebSocket as nearly every client sends it, read in one step.

daphne reads the request, writes it anew, and autobahn reads it again: together a third of what a
connection takes. Here it is recognized by one strict grammar and given to autobahn as what that
would have read. Whatever is different in any way goes by daphne and autobahn, who know what is
wrong with it, if anything.
"""

import re
from typing import NamedTuple

from autobahn.websocket.types import ConnectionDeny, ConnectionRequest
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import defer, tcp
from twisted.web.http import HTTPChannel

LONGEST = 8192  # bytes; what is longer is not looked at here
MOST = 100  # headers
VERSION = 13  # of the protocol, RFC 6455
FAILED = 500  # HTTP status

# Each line has one way only to match its part, so that none of this can take long.
HEAD = re.compile(rb"GET (/[\w/.~-]*) HTTP/1\.1\r\n((?:[A-Za-z0-9-]+:[ -~]*\r\n)+)\r\n")
NEEDED = {
    b"host": re.compile(rb"[A-Za-z0-9.-]+(?::\d{1,4}|:[1-5]\d{4})?"),
    b"upgrade": re.compile(rb"(?i:websocket)"),
    b"connection": re.compile(rb"(?i:(?:keep-alive, )?upgrade)"),
    b"sec-websocket-version": re.compile(rb"13"),
    b"sec-websocket-key": re.compile(rb"[A-Za-z0-9+/]{22}=="),
}
POSSIBLE = {
    b"origin": re.compile(rb"https?://[A-Za-z0-9.-]+(?::\d{1,4}|:[1-5]\d{4})?"),
    b"sec-websocket-protocol": re.compile(rb"[\w.-]+(?:, ?[\w.-]+)*"),
    b"sec-websocket-extensions": re.compile(rb"permessage-deflate(?:; client_max_window_bits)?"),
}
UNUSUAL = {b"content-length", b"transfer-encoding", b"expect", b"daphne-root-path"}


class Handshake(NamedTuple):
    path: str
    headers: dict[str, str]
    subprotocols: list[str]


def plain(data: bytes) -> Handshake | None:
    """What ``data`` asks for, if it is a whole handshake and nothing about it is unusual."""
    head = HEAD.fullmatch(data) if len(data) <= LONGEST else None
    if head is None:
        return None
    lines = head[2].split(b"\r\n")[:-1]
    fields = {name.lower(): value.strip() for name, _, value in (x.partition(b":") for x in lines)}
    if not len(fields) == len(lines) <= MOST or head[1][1:2] == b"/" or not _is_plain(fields):
        return None
    headers = {name.decode(): value.decode() for name, value in fields.items()}
    offered = headers.get("sec-websocket-protocol", "")
    subprotocols = [each.strip() for each in offered.split(",")] if offered else []
    if len(set(subprotocols)) < len(subprotocols):
        return None
    return Handshake(head[1].decode(), headers, subprotocols)


def _is_plain(fields):
    return (
        not UNUSUAL & fields.keys()
        and all(name in fields and form.fullmatch(fields[name]) for name, form in NEEDED.items())
        and all(form.fullmatch(fields[name]) for name, form in POSSIBLE.items() if name in fields)
    )


class Channel(HTTPChannel):
    """A connection from a client. Until its first bytes are there nobody knows what it wants."""

    fresh = True

    def dataReceived(self, data):
        if self.fresh:
            self.fresh = False
            handshake = plain(data) if isinstance(self.transport, tcp.Connection) else None
            if handshake is not None:
                return self._upgrade(handshake)
        super().dataReceived(data)

    def _upgrade(self, handshake):
        """The connection is the socket's from now on, and nothing of HTTP stays with it."""
        transport = self.transport
        self.setTimeout(None)
        transport.unregisterProducer()
        socket = self.factory.server.ws_factory.buildProtocol(transport.getPeer())
        transport.protocol = socket
        socket.makeConnection(transport)
        socket.shake_hands(handshake)


class QuickSocket(WebSocketProtocol):
    """A socket that can be told what its handshake says."""

    def shake_hands(self, handshake: Handshake) -> None:
        """As autobahn's ``processHandshake``, which would read it."""
        path, headers, subprotocols = handshake
        self._raw_query_string = b""
        self._wskey = headers["sec-websocket-key"]
        self.websocket_version = VERSION
        self.websocket_protocols, self.websocket_extensions = subprotocols, []
        origin = headers.get("origin", "")
        request = ConnectionRequest(
            self.peer, headers, headers["host"], path, {}, VERSION, origin, subprotocols, []
        )
        decision = defer.maybeDeferred(self.onConnect, request)
        decision.addCallbacks(self.succeedHandshake, self._refuse)

    def _refuse(self, failure):
        problem = failure.value
        if isinstance(problem, ConnectionDeny):
            self.failHandshake(problem.reason, problem.code)
        else:
            self.failHandshake("Internal server error", FAILED)
