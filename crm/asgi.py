"""The application that servers run: HTTP by Django, the socket by Channels, and what the process
does beside both. Any ASGI server can run it; ``manage.py serve`` is the one it is made for."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
django.setup(set_prefix=False)

# Models can be imported only now.
from channels.routing import URLRouter
from django.conf import settings
from django.urls import path

from chat import rounds as chat_rounds
from crm.bounds import BodyLimit
from crm.consumers import Consumer
from crm.http import Handler
from crm.jobs import JOBS
from crm.sockets import SocketAuth
from crm.webhooks import rounds as webhook_rounds
from notifications.process import Process


async def unknown_socket(scope, receive, send):
    await receive()
    await send({"type": "websocket.close"})


handlers = {"page": Handler(settings.REQUEST_THREADS), "health": Handler(1)}


async def http(scope, receive, send):
    """Health has a thread of its own, and answers while all others wait for the database."""
    handler = handlers["health" if scope["path"] == "/healthz" else "page"]
    await handler(scope, receive, send)


process = Process(JOBS if settings.EMBEDDED else (), rounds=[chat_rounds.run, webhook_rounds.run])
routes = {
    "http": BodyLimit(http),
    "websocket": URLRouter(
        [
            path("ws/notifications/", SocketAuth(Consumer.as_asgi())),
            path("<path:unknown>", unknown_socket),
            path("", unknown_socket),
        ]
    ),
}


async def application(scope, receive, send):
    process.start()
    if scope["type"] == "lifespan":
        return await process.lifespan(receive, send)
    return await routes[scope["type"]](scope, receive, send)
