"""What all doors have in common: what comes in, what is refused, and what a door makes of it."""

import base64
import hashlib
import hmac
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from leads.intake.mapping import storable
from leads.intake.understanding import Pair
from notifications import wire

JSON = "application/json"


class Refused(Exception):
    """What is not taken: nothing of it is stored but that it came, and why."""

    def __init__(self, status: int, detail: str, wait: int = 0):
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.wait = wait  # seconds until it may be taken


@dataclass(frozen=True)
class Arrival:
    """A request, as far as a door looks at it. ``headers`` are asked whatever their case;
    ``our_origin`` is the origin of the hosted page. ``is_test`` is never said from outside."""

    body: bytes
    content_type: str = ""
    headers: Mapping = field(default_factory=dict)
    address: str | None = None
    our_origin: str = ""
    is_test: bool = False

    @property
    def media_type(self) -> str:
        return self.content_type.split(";")[0].strip().lower()


class Brought(NamedTuple):
    """One thing that an arrival brings. ``key`` is the sender's own id of it, or empty; ``before``
    the key that it had a minute ago, where the time is part of it; ``suspicion`` says why it is
    kept aside; what is ``waiting`` the worker fetches."""

    payload: bytes
    content_type: str = JSON
    key: str = ""
    before: str = ""
    headers: dict = {}
    is_test: bool = False
    suspicion: str = ""
    waiting: bool = False


class Door(ABC):
    """A sender's way. Its errors are JSON, unless ``has_pages``; ``error_name`` is what they are
    called in it. The bounds are per minute."""

    has_pages = False
    error_names = ("detail",)
    per_source = 1_200
    per_address = None

    @abstractmethod
    def brought(self, source, arrival: Arrival) -> list[Brought]:
        """Raises Refused."""

    @abstractmethod
    def pairs(self, payload: bytes) -> list[Pair]:
        """What a payload that was taken says, in its order. Raises NotUnderstood."""

    def is_fetched(self, payload: bytes) -> bool:
        """Whether all of it is here."""
        return True

    def answer(self, delivery) -> dict:
        """``{"status", "body"}`` of the first answer, and of every other."""
        return {"status": 200, "body": {}}

    def same_again(self, first, brought: Brought) -> None:  # noqa: B027 (most have nothing to say)
        """What came before comes again. Raises Refused where it cannot be the same."""

    @abstractmethod
    def sample(self, source) -> Arrival:
        """What the sender would send, with made-up people in it."""


def decoded(body: bytes):
    """Raises Refused for what is no JSON, with where it is not."""
    try:
        return wire.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except ValueError as problem:
        raise Refused(400, f"The body is not valid JSON: {storable(str(problem))}.") from problem


def decoded_object(arrival: Arrival) -> dict:
    """Raises Refused for another type, for what is no JSON, and for what is no object."""
    if arrival.media_type != JSON:
        raise Refused(415, f"Send JSON, with the Content-Type {JSON}.")
    value = decoded(arrival.body)
    if isinstance(value, list):
        raise Refused(400, "Send one lead at a time: the body is a list.")
    if not isinstance(value, dict):
        raise Refused(400, "Send an object: the body is another value of JSON.")
    return value


def same_secret(sent, secret: str) -> bool:
    """In constant time. No secret is no proof."""
    sent = sent if isinstance(sent, str) else ""
    return bool(secret) and hmac.compare_digest(_bytes(sent), _bytes(secret))


def signature(body: bytes, secret: str, encoding: str) -> str:
    """``sha256=`` and the HMAC-SHA256 of the body in ``hex`` or ``base64``."""
    digest = hmac.new(_bytes(secret), body, hashlib.sha256).digest()
    text = digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()
    return f"sha256={text}"


def key_of(*parts) -> str:
    """A sender's own id; one that is too long for a key by its digest."""
    key = storable(":".join(str(part) for part in parts)).strip()
    return key if len(key) <= 255 else digest(key.encode())


def digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\x00".join(parts)).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
