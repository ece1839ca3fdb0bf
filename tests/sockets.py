"""A client of the socket, in the process of the test."""

import json

from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.test import Client
from rest_framework_simplejwt.tokens import RefreshToken

from crm import signin
from crm.asgi import application, process
from crm.models import TokenSignIn
from tests.frames import check

PATH = "/ws/notifications/"


def tokens(user) -> dict:
    refresh = RefreshToken.for_user(user)
    refresh[signin.SIGN_IN] = str(TokenSignIn.objects.create(user=user).pk)
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


def cookie_of(user):
    """A session of the user, as the header of a handshake, and the client that holds it."""
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return (b"cookie", f"sessionid={client.cookies['sessionid'].value}".encode()), client


def home():
    """The headers of a page of this site."""
    return [(b"host", b"testserver"), (b"origin", b"http://testserver")]


class Socket:
    """``async with Socket(token=...) as socket`` connects, and ``hello`` is the first frame."""

    def __init__(self, token=None, headers=(), subprotocols=None, path=PATH):
        if subprotocols is None and token:
            subprotocols = ["leadbell.v1", f"bearer.{token}"]
        self.wire = WebsocketCommunicator(application, path, list(headers), subprotocols)

    async def connect(self) -> bool:
        self.connected, self.subprotocol = await self.wire.connect(timeout=5)
        return self.connected

    async def __aenter__(self):
        assert await self.connect()
        self.hello = await self.next()
        assert self.hello["type"] == "hello"
        return self

    async def __aexit__(self, *_):
        await self.wire.disconnect()

    async def next(self, kind=None) -> dict:
        """The next frame; with ``kind``, the next of that type, others passed over."""
        while True:
            frame = check(json.loads(await self.wire.receive_from(timeout=5)))
            if kind in (None, frame["type"]):
                return frame

    async def send(self, frame) -> None:
        await self.wire.send_to(frame if isinstance(frame, str) else json.dumps(frame))

    async def closed(self) -> int:
        """The code it is closed with; frames before that are passed over."""
        while True:
            message = await self.wire.receive_output(timeout=5)
            if message["type"] == "websocket.close":
                return message["code"]

    async def quiet(self) -> bool:
        """Nothing came, and nothing is on its way: a reply to our own frame comes first."""
        await self.send({"type": "sync", "since": self.hello["seq"] + 10**6})
        return (await self.next())["type"] == "sync:reset"


async def stop_process():
    """Ends what the application does beside answering, before the loop of the test ends."""
    await process.stop()
    await get_channel_layer().flush()
