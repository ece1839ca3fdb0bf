"""Who may open a socket: by bearer token, as a subprotocol or a header, or by session cookie.

The application behind finds ``scope["sign_in"]``. Everybody else is refused before the handshake,
which a browser sees as a failed connection (HTTP 403).
"""

import functools
import logging
import time
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import urlsplit
from uuid import UUID

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host
from django.utils.http import is_same_domain
from rest_framework_simplejwt.exceptions import TokenError

from crm import requests, signin
from crm.models import TokenSignIn
from crm.sessions import SessionStore
from notifications import trace
from notifications.consumers import Refused
from notifications.models import Inbox
from notifications.together import Together

logger = logging.getLogger(__name__)

PROTOCOL = "leadbell.v1"
BEARER = "bearer."
WEB = {"http", "https"}
# Sign-ins that are looked up at once, at most. When all clients come back, those who were greeted
# ask for what they missed: who is not must not wait for them again and again.
TOGETHER = 1_000


@dataclass(frozen=True)
class SocketSignIn:
    user_id: int
    means: str  # "token" or "session"
    name: str  # of the sign-in, by which it can be ended
    expires_in: float | None  # seconds
    subprotocol: str | None
    key: str = ""  # of the session

    async def inbox(self) -> tuple[int, int]:
        """The user's sequence and unread count. Raises Refused where the sign-in has ended. Those
        of many who open a socket at once are looked up together."""
        return await standings.ask(self)

    @staticmethod
    @database_sync_to_async
    def find_ended(sign_ins) -> set["SocketSignIn"]:
        """Those of ``sign_ins`` that were signed out of. Two queries."""
        names = [each.name for each in sign_ins if each.means == "token"]
        keys = [each.key for each in sign_ins if each.means == "session"]
        tokens = TokenSignIn.objects.alive().filter(pk__in=names).values_list("pk", flat=True)
        sessions = Session.objects.filter(session_key__in=keys).values_list("pk", flat=True)
        alive = {str(pk) for pk in tokens} | set(sessions)
        return {each for each in sign_ins if (each.key or each.name) not in alive}


@database_sync_to_async
def _standings(sign_ins) -> list[tuple[int, int] | Refused]:
    """One query for all tokens among them, and two for each session."""
    alive = _by_sign_in([each.name for each in sign_ins if each.means == "token"])
    ended = Refused("the sign-in of this token has ended")
    return [
        _of_session(each)
        if each.means == "session"
        else alive.get((each.name, each.user_id), ended)
        for each in sign_ins
    ]


standings = Together(_standings, at_most=TOGETHER)


def _of_session(sign_in):
    if not Session.objects.filter(session_key=sign_in.key).exists():
        return Refused("the session has ended")
    return Inbox.objects.standing(sign_in.user_id)


def _by_sign_in(names) -> dict[tuple[str, int], tuple[int, int]]:
    """By the name of a sign-in that is alive and its user, where that stands."""
    if not names:
        return {}
    gaps = 1 << (len(names) - 1).bit_length()  # few lengths, so that few queries are compiled
    as_stored = TokenSignIn._meta.pk.get_db_prep_value
    stored = {as_stored(name, connection): name for name in names}
    values = [*stored, *[next(iter(stored))] * (gaps - len(stored))]
    query, before = _standing_of(gaps)
    with connection.cursor() as cursor:
        cursor.execute(query, [*before, *values])
        return {
            (stored[name], user_id): (seq or 0, unread or 0)
            for name, user_id, seq, unread in cursor.fetchall()
        }


@functools.cache
def _standing_of(gaps: int) -> tuple[str, list]:
    """As SQL with a gap for each sign-in, and the values of what stands before them: to compile it
    each time takes longer than the database does."""
    alive = TokenSignIn.objects.alive().filter(pk__in=[UUID(int=n) for n in range(gaps)])
    columns = alive.values_list("pk", "user_id", "user__inbox__seq", "user__inbox__unread_count")
    query, params = columns.query.sql_with_params()
    return query, params[: len(params) - gaps]


class SocketAuth:
    """ASGI middleware for websocket scopes. The application raises Refused where ``inbox`` does."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        trace.request_id.set(requests.of_scope(scope))  # of this connection, and what it records
        try:
            sign_in = await _sign_in(scope)
            await self.app(scope | {"sign_in": sign_in}, receive, send)
        except Refused as problem:
            logger.info("Socket refused: %s", problem)
            await send({"type": "websocket.close", "code": 4403})


async def _sign_in(scope) -> SocketSignIn:
    headers = {name: value.decode("latin1") for name, value in scope["headers"]}
    _check_origin(headers)
    offered = scope.get("subprotocols", [])
    subprotocol = PROTOCOL if PROTOCOL in offered else None
    token = _bearer_token(headers, offered)
    if token is not None:
        return _by_token(token, subprotocol)
    if b"origin" not in headers:
        raise Refused("no token, and no Origin for a session")
    return await _by_session(headers, subprotocol)


def _check_origin(headers):
    """A browser says where its page came from, and only this site's pages may connect."""
    origin = headers.get(b"origin")
    if origin is None:
        return
    try:
        parts = urlsplit(origin)
    except ValueError as problem:
        raise Refused("an Origin that is none") from problem
    if not (_is_ours(parts, headers.get(b"host", "")) or _is_trusted(parts)):
        raise Refused("a foreign Origin")


def _is_ours(origin, host):
    known = validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)
    return known and origin.scheme in WEB and _netloc(origin.netloc) == _netloc(host)


def _is_trusted(origin):
    """By CSRF_TRUSTED_ORIGINS, where ``https://*.example.com`` stands for all of a domain."""
    for trusted in map(urlsplit, settings.CSRF_TRUSTED_ORIGINS):
        domain = trusted.netloc.removeprefix("*")
        if origin.scheme == trusted.scheme and is_same_domain(origin.netloc.lower(), domain):
            return True
    return False


def _netloc(value):
    return value.lower().removesuffix(":80").removesuffix(":443")


def _bearer_token(headers, offered):
    """The token, or None where none is offered. It wins over a cookie that comes along."""
    for protocol in offered:
        if protocol.startswith(BEARER):
            return protocol.removeprefix(BEARER)
    scheme, _, token = headers.get(b"authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _by_token(token, subprotocol):
    """Reads the token only: its ``inbox`` finds whether the sign-in is alive."""
    try:
        access = signin.verified(token)
        user_id, name = int(access["user_id"]), str(UUID(access[signin.SIGN_IN]))
    except (TokenError, KeyError, TypeError, ValueError) as problem:
        raise Refused("a bad token") from problem
    left = access["exp"] - time.time()
    return SocketSignIn(user_id, "token", name, max(0.0, left), subprotocol)


@database_sync_to_async
def _by_session(headers, subprotocol):
    key = _cookie(headers.get(b"cookie", ""))
    request = HttpRequest()
    request.session = SessionStore(key)
    user = get_user(request) if key else None
    if user is None or not user.is_active:
        raise Refused("no session")
    left = request.session.seconds_left()
    name = signin.session_name(key)
    return SocketSignIn(user.pk, "session", name, left, subprotocol, key)


def _cookie(header):
    try:
        morsel = SimpleCookie(header).get(settings.SESSION_COOKIE_NAME)
    except Exception:  # a cookie header may hold anything
        return None
    return morsel.value if morsel else None
