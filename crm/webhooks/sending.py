"""One delivery over HTTP: to the address that was looked at, without redirects, within ten seconds,
and with no more of the answer than somebody reads."""

import base64
import hashlib
import hmac
import http.client
import socket
import ssl
import threading
import time
from typing import NamedTuple
from urllib.parse import urlsplit

from crm.webhooks import addresses

SECONDS = 10
KEPT = 2_000  # bytes of the answer
PREFIX = "whsec_"


class Answer(NamedTuple):
    status: int
    text: str


def signature(secret: str, message_id: str, timestamp: int, body: str) -> str:
    """As Standard Webhooks has it: HMAC-SHA256 over ``id.timestamp.body``."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    text = f"{message_id}.{timestamp}.{body}".encode()
    return "v1," + base64.b64encode(hmac.digest(key, text, hashlib.sha256)).decode()


def headers_of(secrets: list[str], message_id: str, body: str) -> dict[str, str]:
    """Signed with each of ``secrets``: who verifies takes any."""
    timestamp = int(time.time())
    signed = (signature(secret, message_id, timestamp, body) for secret in secrets)
    return {
        "Content-Type": "application/json",
        "User-Agent": "Leadbell-Webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signed),
    }


def post(url: str, headers: dict[str, str], body: str) -> Answer:
    """Raises OSError, HTTPException or Forbidden where there is no answer."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = addresses.resolved(parts.hostname, port)
    kind = _Tls if parts.scheme == "https" else _Plain
    connection = kind(address, parts.hostname, port)
    end = threading.Timer(SECONDS, connection.cut)  # also where bytes come one by one
    end.start()
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body.encode(), headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(KEPT).decode("utf-8", "replace"))
    finally:
        end.cancel()
        connection.close()


class _Plain(http.client.HTTPConnection):
    """Connects to the address that is given, and asks for the host by its name."""

    def __init__(self, address, host, port):
        super().__init__(host, port, timeout=SECONDS)
        self.address, self.over = address, False

    def connect(self):
        self._keep(socket.create_connection((self.address, self.port), self.timeout))

    def _keep(self, sock):
        """From now on ``cut`` ends it; the time may have come meanwhile."""
        self.sock = sock
        if self.over:
            raise TimeoutError("timed out")

    def cut(self):
        self.over = True
        if self.sock is not None:
            try:
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)  # beneath TLS, too
            except OSError:
                return  # it ended by itself


class _Tls(_Plain):
    default_port = http.client.HTTPS_PORT

    def connect(self):
        super().connect()
        context = ssl.create_default_context()
        self._keep(context.wrap_socket(self.sock, server_hostname=self.host))
