"""A socket of the running server, and why there is none where there is none."""

import http.client
import json
import ssl
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

from crm import wsclient
from crm.doctor.administrator import sign_in
from crm.doctor.check import Trouble, said
from crm.doctor.laps import Laps
from crm.sockets import BEARER, PROTOCOL

NOT_LEADBELL = (
    "Name Leadbell's own address with --url, and let a proxy in front of it pass WebSockets on."
)
UNTRUSTED = (
    "Name the address as its certificate does, or SSL_CERT_FILE for an authority of your own."
)
ANOTHER_ENVIRONMENT = (
    "Give the doctor the server's environment: it has another SECRET_KEY or DATABASE_URL, "
    "or the clocks differ."
)
CLOSED = {
    1012: "The server is restarting: try again in a moment.",
    1013: "The server reaches its database or Redis no more: see its log and /readyz.",
    4401: "Somebody ended the sign-in: try again.",
    4429: "This administrator has too many sockets open: name another one with --user.",
}


class Silence(Trouble):
    """Nothing came on a socket that is open."""


def look_at_socket(visit) -> str:
    _, token = sign_in(visit)
    laps = Laps()
    socket = connect(visit, token)
    laps.end("handshake")
    hello = next_frame(socket, "hello")
    laps.end("hello")
    send(socket, type="sync", since=hello["seq"])
    next_frame(socket, "sync")
    laps.end("sync")
    return f"{visit.url} answered: {laps}"


def connect(visit, token) -> wsclient.WebSocket:
    """Open until the end of the check. Raises Trouble."""
    try:
        socket = wsclient.WebSocket(
            f"{visit.url.rstrip('/')}/ws/notifications/",
            visit.until,
            [PROTOCOL, f"{BEARER}{token}"],
            headers(visit.url),
        )
    except Exception as problem:
        raise _trouble(visit.url, problem) from None
    visit.undo.callback(socket.close)
    if socket.subprotocol != PROTOCOL:
        raise Trouble(f"{visit.url} speaks another protocol.", NOT_LEADBELL)
    return socket


def _trouble(url, problem) -> Exception:
    """What it means that no socket came of it."""
    if isinstance(problem, wsclient.Refused):
        hint = ANOTHER_ENVIRONMENT if problem.status == 403 else NOT_LEADBELL
        return Trouble(f"{url} refused the socket: {problem}.", hint)
    if isinstance(problem, ssl.SSLCertVerificationError):  # an OSError and a ValueError, too
        return Trouble(f"{url} is not trusted: {said(problem)}", UNTRUSTED)
    if isinstance(problem, OSError | http.client.HTTPException):
        return Trouble(f"{url} does not answer: {said(problem)}")
    if isinstance(problem, ValueError):
        return Trouble(str(problem), "Write --url http://localhost:8000, or as it is.")
    return problem


def headers(url) -> dict:
    """Those with which a request that comes straight to the server passes for one by its proxy."""
    fields = {"X-Forwarded-Proto": "https"} if settings.SECURE_SSL_REDIRECT else {}
    names = [host.removeprefix(".") for host in settings.ALLOWED_HOSTS]
    if names and not validate_host(urlsplit(url).hostname or "", settings.ALLOWED_HOSTS):
        fields["Host"] = names[0]
    return fields


def send(socket, **frame) -> None:
    socket.send(json.dumps(frame))


def next_frame(socket, kind="") -> dict:
    """The next one, of that type if one is given. Raises Trouble where none comes."""
    try:
        while True:
            frame = json.loads(socket.receive())
            if kind in ("", frame["type"]):
                return frame
    except wsclient.Closed as closed:
        raise Trouble(f"The server {closed}.", CLOSED.get(closed.code, "")) from None
    except TimeoutError:
        raise Silence(f"No {kind or 'frame'} came in time.", "See the server's log.") from None
