"""A small WebSocket client (RFC 6455) on the standard library, for commands that run where no
client library is installed. Text frames only, no extensions, one thread at a time.

Everything it does ends by ``until``, a moment of ``time.monotonic()``: TimeoutError after that.
"""

import base64
import contextlib
import hashlib
import http.client
import secrets
import ssl
import time
from urllib.parse import urlsplit

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
NORMAL, PROTOCOL_ERROR, NO_CODE = 1000, 1002, 1005  # close codes
MAX_MESSAGE = 16 * 1024 * 1024  # bytes


class Refused(Exception):
    """The server answered the handshake with another status than 101."""

    def __init__(self, status: int):
        super().__init__(f"HTTP {status}")
        self.status = status


class Closed(Exception):
    """The server closed the socket; ``code`` is 1005 where it gave none."""

    def __init__(self, code: int, reason: str = ""):
        super().__init__(f"closed with {code} {reason}".strip())
        self.code, self.reason = code, reason


class ProtocolError(Exception):
    """What came is not WebSocket."""


def left(until: float) -> float:
    """Seconds until then. Raises TimeoutError when it has passed."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("No answer in time.")
    return seconds


def http_connection(url: str, until: float) -> http.client.HTTPConnection:
    """To the server of an http:// or https:// address. Raises ValueError for any other."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError(f"{url!r} is not an http:// or https:// address.")
    place = {"host": parts.hostname, "port": parts.port, "timeout": left(until)}
    if parts.scheme == "http":
        return http.client.HTTPConnection(**place)
    return http.client.HTTPSConnection(**place, context=ssl.create_default_context())


class WebSocket:
    """``url`` is http:// or https://, the address of the endpoint. Raises Refused, ProtocolError,
    OSError or http.client.HTTPException where no socket comes of it."""

    def __init__(self, url, until, subprotocols=(), headers=()):
        self.until = until
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        fields = {
            **dict(headers),
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": key,
        }
        if subprotocols:
            fields["Sec-WebSocket-Protocol"] = ", ".join(subprotocols)
        self.http = http_connection(url, until)
        try:
            self._shake_hands(urlsplit(url).path or "/", fields, key)
        except BaseException:
            self.http.close()
            raise

    def _shake_hands(self, path, fields, key):
        self.http.request("GET", path, headers=fields)
        self.sock = self.http.sock  # http.client lets go of it where the answer says close
        self.answer = self.http.getresponse()
        if self.answer.status != 101:
            raise Refused(self.answer.status)
        digest = hashlib.sha1((key + GUID).encode(), usedforsecurity=False).digest()
        if self.answer.headers.get("Sec-WebSocket-Accept") != base64.b64encode(digest).decode():
            raise ProtocolError("The handshake was answered for another key.")
        self.subprotocol = self.answer.headers.get("Sec-WebSocket-Protocol")

    # Messages

    def send(self, text: str) -> None:
        self._send_frame(TEXT, text.encode())

    def receive(self) -> str:
        """The next message; pings before it are answered. Raises Closed."""
        message, kind = b"", None
        while True:
            final, opcode, payload = self._receive_frame()
            if opcode in (CLOSE, PING, PONG):
                self._control(opcode, payload)
                continue
            if (opcode == CONTINUATION) != (kind is not None) or opcode > BINARY:
                raise ProtocolError("A fragment out of order, or an unknown kind of frame.")
            kind, message = kind or opcode, message + payload
            if len(message) > MAX_MESSAGE:
                raise ProtocolError("The message is too large.")
            if final:
                if kind == BINARY:
                    raise ProtocolError("The message is binary.")
                return message.decode()

    def close(self, code: int = NORMAL, seconds: float = 0.5) -> None:
        """Says goodbye and waits up to ``seconds`` for the answer. Never raises."""
        self.until = time.monotonic() + seconds
        with contextlib.suppress(Exception):
            self._send_frame(CLOSE, code.to_bytes(2, "big"))
            while True:
                self.receive()
        self._hang_up()

    def _control(self, opcode, payload):
        if opcode == PING:
            self._send_frame(PONG, payload)
        elif opcode == CLOSE:
            with contextlib.suppress(OSError):
                self._send_frame(CLOSE, payload[:2])
            self._hang_up()
            code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else NO_CODE
            raise Closed(code, payload[2:].decode(errors="replace"))

    def _hang_up(self):
        self.answer.close()
        self.http.close()

    # Frames: RFC 6455, section 5.2

    def _send_frame(self, opcode, payload):
        size = len(payload)
        if size < 126:
            head = bytes([0x80 | opcode, 0x80 | size])
        elif size < 1 << 16:
            head = bytes([0x80 | opcode, 0x80 | 126]) + size.to_bytes(2, "big")
        else:
            head = bytes([0x80 | opcode, 0x80 | 127]) + size.to_bytes(8, "big")
        mask = secrets.token_bytes(4)
        self.sock.settimeout(left(self.until))
        self.sock.sendall(head + mask + _masked(payload, mask))

    def _receive_frame(self):
        first, second = self._read(2)
        size = second & 0x7F
        if size >= 126:
            size = int.from_bytes(self._read(2 if size == 126 else 8), "big")
        control_too_large = first & 0x08 and (size > 125 or not first & 0x80)
        if first & 0x70 or second & 0x80 or size > MAX_MESSAGE or control_too_large:
            raise ProtocolError("A frame with reserved bits, a mask, or too large.")
        return bool(first & 0x80), first & 0x0F, self._read(size)

    def _read(self, size) -> bytes:
        """Exactly so many bytes; those that came along with the handshake are buffered."""
        data = bytearray()
        while len(data) < size:
            self.sock.settimeout(left(self.until))
            part = self.answer.fp.read1(size - len(data))
            if not part:
                raise ConnectionResetError("The connection ended without a close frame.")
            data += part
        return bytes(data)


def _masked(payload: bytes, mask: bytes) -> bytes:
    """The payload XOR the mask, repeated."""
    size = len(payload)
    pad = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(size, "big")
