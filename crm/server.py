"""daphne with a graceful end and closed frames instead of dropped connections."""

import asyncio
import logging
import time

from daphne.server import Server as Daphne
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import defer

from notifications.consumers import MAX_FRAME

logger = logging.getLogger(__name__)

RESTARTING = 1012
DRAIN_SECONDS = 10


class Server(Daphne):
    """On SIGTERM it stops listening, closes sockets with 1012 so that clients come back to
    another process, and lets requests in flight finish for up to DRAIN_SECONDS."""

    def __init__(self, *args, on_end, **kwargs):
        super().__init__(
            *args,
            websocket_max_message_size=MAX_FRAME,
            websocket_max_frame_size=MAX_FRAME,
            websocket_timeout=-1,
            ready_callable=self._close_what_is_too_big,
            **kwargs,
        )
        self.on_end = on_end

    def _close_what_is_too_big(self):
        # Says why with a close frame (1009, or 1002 and 1007 for broken ones) before it hangs up.
        self.ws_factory.setProtocolOptions(failByDrop=False)

    def kill_all_applications(self):
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._end()))

    async def _end(self):
        logger.info("Stopping: no new connections, %d open", len(self._open()))
        for listener in self.listeners:
            listener.addCallback(lambda port: port.stopListening())
        for protocol in self._open():
            if isinstance(protocol, WebSocketProtocol):
                protocol.sendCloseFrame(code=RESTARTING)
        until = time.monotonic() + DRAIN_SECONDS
        while self._open() and time.monotonic() < until:
            await asyncio.sleep(0.05)
        await self.on_end()
        await super().kill_all_applications().asFuture(asyncio.get_running_loop())

    def _open(self):
        return [each for each, state in self.connections.items() if "disconnected" not in state]
