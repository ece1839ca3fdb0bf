"""HTTP by Django, the whole of a request in one hop to one of a few kept threads.

Django's own handler gives each request a thread of its own, and each synchronous middleware a hop
of its own; all of ours is synchronous.
"""

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import SyncToAsync
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import FileResponse
from django.urls import set_script_prefix


class Handler(ASGIHandler):
    """An ASGI application that answers at most ``threads`` requests at a time; more wait.

    A request that has begun is finished, whether or not its client still waits for the answer.
    """

    def __init__(self, threads: int):
        super().__init__()
        self.connections = []
        self.threads = ThreadPoolExecutor(threads, "request", initializer=self._begin_thread)
        self.answer = self._in_thread(self._answer)

    def _begin_thread(self):
        self.connections.append(connections[DEFAULT_DB_ALIAS])

    def close(self) -> None:
        """Waits for what has begun, and closes the connections that the threads kept."""
        self.threads.shutdown()
        for connection in self.connections:
            connection.inc_thread_sharing()
            connection.close()

    def load_middleware(self, is_async=False):
        super().load_middleware(is_async=False)

    async def __call__(self, scope, receive, send):
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        response = await self.answer(scope, body)
        if response.streaming:
            await self._stream(response, receive, send)
        else:
            await self.send_response(response, send)

    async def read_body(self, receive):
        """The body, in memory: crm/bounds.py has seen to its size. Raises RequestAborted."""
        body = io.BytesIO()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise RequestAborted
            body.write(message.get("body", b""))
            more = message.get("more_body", False)
        body.seek(0)
        return body

    def _in_thread(self, act):
        # By asgiref, so that async_to_sync in there finds the loop of the server.
        return SyncToAsync(act, thread_sensitive=False, executor=self.threads)

    def _answer(self, scope, body):
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=type(self), scope=scope)
        request, response = self.create_request(scope, body)
        if request is not None:
            response = self.get_response(request)
        response._handler_class = type(self)
        if not response.streaming:
            response.close()  # here, where it costs no other hop; what it says stays
        return response

    async def _stream(self, response, receive, send):
        """Sends part by part, until the client leaves."""
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if not response.is_async:
            response.streaming_content = self._parts(response.streaming_content)
        sending = asyncio.ensure_future(self.send_response(response, send))
        leaving = asyncio.ensure_future(receive())  # the next message can only be a disconnect
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
            await self._in_thread(response.close)()

    async def _parts(self, parts):
        following = self._in_thread(lambda: next(parts, None))
        while (part := await following()) is not None:
            yield part
