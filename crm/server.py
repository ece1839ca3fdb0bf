"""daphne with a graceful end, close frames instead of dropped connections, and bounds."""

import asyncio
import logging
import time

from autobahn.twisted import websocket as twisted_autobahn
from autobahn.websocket import protocol as autobahn
from daphne.http_protocol import WebRequest
from daphne.server import Server as Daphne
from daphne.ws_protocol import WebSocketProtocol
from django.conf import settings
from twisted.internet import defer, reactor, tcp
from twisted.web import http

from crm.bounds import TOO_LARGE
from crm.ending import at_the_latest
from crm.handshake import Channel, QuickSocket
from notifications.consumers import MAX_FRAME
from notifications.outlet import WRITE

logger = logging.getLogger(__name__)

RESTARTING = 1012
DRAIN_SECONDS = 10
END_SECONDS = DRAIN_SECONDS + 5
HANDSHAKE_SECONDS = 20  # when all clients come back at once, each waits its turn
PING_SECONDS = 60  # heartbeats keep connections open; this finds those whose client is gone
LINGER_SECONDS = 2
SLOW_BYTES = 1024 * 1024  # what may wait for a client that does not read


# autobahn renders texts for its debug log with every connection, whether anybody reads it or not.
for module in (autobahn, twisted_autobahn):
    for name in {"hltype", "hlval", "pformat"} & vars(module).keys():
        setattr(module, name, lambda *_: "")


# Twisted would read every form before Django does, and its Content-Type by the rules of e-mail.
http._parseContentType = lambda line: b""


class BoundedRequest(WebRequest):
    """Refuses a body that is too large before it is read: as soon as its length is announced, or
    else when it has grown too large. What still comes is thrown away for LINGER_SECONDS, so that
    the sender gets to read why."""

    refused = False
    received = 0

    def gotLength(self, length):
        if length is not None and length > settings.BODY_LIMIT:
            self.refuse()
        super().gotLength(0 if self.refused else length)

    def handleContentChunk(self, data):
        self.received += len(data)
        if not self.refused and self.received > settings.BODY_LIMIT:
            self.refuse()
        if not self.refused:
            super().handleContentChunk(data)

    def requestReceived(self, command, path, version):
        if not self.refused:
            super().requestReceived(command, path, version)

    def refuse(self):
        self.refused = True
        head = (
            "HTTP/1.1 413 Content Too Large\r\nContent-Type: application/json\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            f"Content-Length: {len(TOO_LARGE)}\r\nConnection: close\r\n\r\n"
        )
        self.channel.transport.write(head.encode() + TOO_LARGE)
        reactor.callLater(LINGER_SECONDS, self.hang_up)

    def hang_up(self):
        if self.channel is not None:
            self.channel.loseConnection()


class SpeakingSocket(QuickSocket):
    """Sends every close code that the protocol has, where autobahn lets applications send only
    some, frames of any size, where autobahn bounds both directions alike, and ready frames without
    their detour through autobahn and Twisted."""

    def write_ready(self, data: bytes) -> None:
        """Writes whole frames, to the socket itself as long as nothing waits before it. How much
        these are is no fault of the client; what still waits when the next ones come is."""
        if self.state != self.STATE_OPEN:
            return
        waiting = _waiting(self)
        if waiting > SLOW_BYTES:
            return self.cut_off()
        if not waiting:
            data = data[_sent(self.transport, data) :]
        if data:
            self.transport.write(data)

    def cut_off(self) -> None:
        logger.warning("A socket does not read: %s is cut off", self.client_addr)
        self.dropConnection(abort=True)

    def sendMessage(self, *args, **kwargs):
        incoming, self.maxMessagePayloadSize = self.maxMessagePayloadSize, 0
        try:
            super().sendMessage(*args, **kwargs)
        finally:
            self.maxMessagePayloadSize = incoming

    def serverClose(self, code=None):
        if code is None or code >= 3000:
            super().serverClose(code)
        else:
            self.sendCloseFrame(code=code)


class Server(Daphne):
    """On SIGTERM it stops listening, closes sockets with 1012 so that clients come back to
    another process, and lets requests in flight finish for up to DRAIN_SECONDS."""

    def __init__(self, *args, on_start, on_listen, on_end, **kwargs):
        super().__init__(
            *args,
            websocket_max_message_size=MAX_FRAME,
            websocket_max_frame_size=MAX_FRAME,
            websocket_timeout=-1,
            websocket_handshake_timeout=HANDSHAKE_SECONDS,
            websocket_connect_timeout=HANDSHAKE_SECONDS,
            ping_interval=PING_SECONDS,
            ready_callable=self._get_ready,
            **kwargs,
        )
        self.on_start, self.on_listen, self.on_end = on_start, on_listen, on_end
        self.problem = ""  # why it could not listen

    def create_application(self, protocol, scope):
        if isinstance(protocol, SpeakingSocket):
            scope["extensions"] = {WRITE: protocol.write_ready}
        return super().create_application(protocol, scope)

    def listen_success(self, port):
        super().listen_success(port)
        self.on_listen()

    def listen_error(self, failure):
        self.problem = failure.getErrorMessage()
        self.stop()

    def timeout_checker(self):
        """Every two seconds; closes clients that do not read as fast as they are sent to."""
        for protocol in self._open():
            if isinstance(protocol, WebSocketProtocol) and _waiting(protocol) > SLOW_BYTES:
                protocol.cut_off()
        super().timeout_checker()

    def _get_ready(self):
        reactor.callLater(0, self.on_start)  # within the loop; callWhenRunning is before it runs
        # Says why with a close frame (1009, or 1002 and 1007 for broken ones) before it hangs up.
        self.ws_factory.setProtocolOptions(failByDrop=False)
        self.ws_factory.protocol = _with_options_of(self.ws_factory)
        self.http_factory.protocol = Channel
        build = self.http_factory.buildProtocol

        def bounded(address):
            channel = build(address)
            channel.requestFactory = BoundedRequest
            return channel

        self.http_factory.buildProtocol = bounded

    def kill_all_applications(self):
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._end()))

    async def _end(self):
        at_the_latest(END_SECONDS)
        logger.info("Stopping: no new connections, %d open", len(self._open()))
        for listener in self.listeners:
            listener.addCallback(lambda port: port.stopListening())
        for protocol in self._open():
            if isinstance(protocol, WebSocketProtocol):
                self._send_away(protocol)
        until = time.monotonic() + DRAIN_SECONDS
        while self._open() and time.monotonic() < until:
            await asyncio.sleep(0.05)
        await self.on_end()
        running = [state.get("application_instance") for state in self.connections.values()]
        running = [each for each in running if each is not None and not each.done()]
        for application in running:
            application.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    @staticmethod
    def _send_away(socket):
        if socket.state == socket.STATE_OPEN:
            socket.sendCloseFrame(code=RESTARTING)
        else:  # in the middle of its handshake
            socket.dropConnection(abort=True)

    def _open(self):
        """What is connected and was handed to the application: a half-sent request is neither."""
        return [
            each
            for each, state in self.connections.items()
            if "disconnected" not in state and "application_instance" in state
        ]


def _with_options_of(factory):
    """The socket's class with the options of ``factory``, which autobahn would else copy to each
    socket, one by one."""
    options = {name: getattr(factory, name) for name in SpeakingSocket.CONFIG_ATTRS}
    for name, value in options.items():
        if callable(value):  # a function, which would be a method
            options[name] = staticmethod(value)
    return type("ServedSocket", (SpeakingSocket,), options | {"CONFIG_ATTRS": ()})


def _sent(transport, data: bytes) -> int:
    """How many bytes of ``data`` the socket took at once. What is wrong with it, if anything,
    Twisted finds out."""
    try:
        return transport.socket.send(data) if isinstance(transport, tcp.Connection) else 0
    except OSError:
        return 0


def _waiting(protocol) -> int:
    """Bytes that the transport holds because the client has not read them yet."""
    transport = protocol.transport
    return len(transport.dataBuffer) - transport.offset + transport._tempDataLen
