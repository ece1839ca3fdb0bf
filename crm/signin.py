"""Signing in and out: what axes counts by, tokens that know their sign-in, and what ends."""

import functools
import hashlib
from uuid import UUID

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import connection, transaction
from rest_framework import status
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.tokens import RefreshToken
from rest_framework_simplejwt.utils import aware_utcnow

from crm.models import TokenSignIn, User
from crm.tokens import Access
from notifications import realtime
from notifications.prepared import Prepared

SIGN_IN = "sid"  # the claim that names the TokenSignIn
ENDED = "The sign-in of this token has ended"


class LockedOut(APIException):
    status_code = status.HTTP_429_TOO_MANY_REQUESTS
    default_detail = "Too many wrong passwords: wait fifteen minutes and try again."
    wait = settings.AXES_COOLOFF_TIME.total_seconds()  # for the Retry-After header


def address_of(request) -> str:
    """Where a request comes from: behind PROXIES proxies, what the outermost of them saw. What
    stands further left in X-Forwarded-For the client may have made up."""
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if settings.PROXIES and len(hops) >= settings.PROXIES:
        return hops[-settings.PROXIES].strip()
    return request.META.get("REMOTE_ADDR", "")


def account_of(request, credentials):
    """Under which name axes counts failures: the e-mail address, as accounts are compared."""
    credentials = credentials or {}
    name = credentials.get("email") or credentials.get("username") or ""
    if not name and request is not None:
        name = request.POST.get("username", "")
    return str(name).strip().lower()


def tokens_for(request, email: str, password: str) -> dict:
    """``{access, refresh}`` of a new sign-in. Raises AuthenticationFailed or LockedOut."""
    user = authenticate(request, email=email, password=password)
    if getattr(request, "axes_locked_out", False):
        raise LockedOut
    if user is None:
        raise AuthenticationFailed("No active account has this e-mail and password.")
    user_logged_in.send(sender=User, request=request, user=user)  # forgives the wrong ones before
    refresh = RefreshToken.for_user(user)
    refresh[SIGN_IN] = str(TokenSignIn.objects.create(user=user).pk)
    return _pair(refresh)


def renewed(token: str) -> dict:
    """``{access, refresh}`` for a refresh token, which is dead from now on. Raises InvalidToken."""
    with transaction.atomic():
        refresh, _ = _alive(token)
        _, first = refresh.blacklist()
        if not first:  # somebody else renewed with it at the same moment
            raise InvalidToken("Token is blacklisted")
        refresh.set_jti()
        refresh.set_exp()
        refresh.set_iat()
        refresh.outstand()
        return _pair(refresh)


def sign_out(token: str) -> None:
    """Ends the refresh token's sign-in and closes its sockets. Raises InvalidToken."""
    with transaction.atomic():
        refresh, sign_in = _alive(token)
        refresh.blacklist()
        sign_in.end()


def _pair(refresh) -> dict:
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


def _alive(token):
    try:
        refresh = RefreshToken(token)
    except TokenError as problem:
        raise InvalidToken(str(problem)) from problem
    return refresh, _sign_in(refresh)


def bearer(token: str) -> tuple[User, Access]:
    """Whom an access token stands for. Raises InvalidToken, also for one that was signed out."""
    try:
        access = verified(token)
    except TokenError as problem:
        raise InvalidToken(str(problem)) from problem
    return user_of(access), access


def verified(token: str | bytes) -> Access:
    """What an access token says. Raises TokenError for a forged and for an expired one."""
    access = _signed_by_us(token)
    access.check_exp(current_time=aware_utcnow())
    return access


@functools.lru_cache(maxsize=1000)
def _signed_by_us(token):
    """A client sends the same token with every request: who signed it is worked out once."""
    return Access(token)


def user_of(token) -> User:
    """The active user of a token whose sign-in has not ended. Raises InvalidToken."""
    sign_in = TokenSignIn._meta.pk.get_db_prep_value(token.get(SIGN_IN), connection)
    for row in _active_by_sign_in.rows(sign_in):
        user = User.from_db(connection.alias, COLUMNS, row)
        if str(user.pk) == str(token.get("user_id")):
            return user
    raise InvalidToken(ENDED)


COLUMNS = [field.attname for field in User._meta.concrete_fields]
_active_by_sign_in = Prepared(
    lambda: User.objects.filter(
        is_active=True, token_sign_ins__ended_at=None, token_sign_ins__pk=UUID(int=0)
    ).values_list(*COLUMNS)
)


def _sign_in(token) -> TokenSignIn:
    alive = TokenSignIn.objects.alive().select_related("user")
    sign_in = alive.filter(pk=token.get(SIGN_IN)).first()
    if sign_in is None or str(sign_in.user_id) != str(token.get("user_id")):
        raise InvalidToken(ENDED)
    return sign_in


def connect() -> None:
    user_logged_out.connect(_close_session_sockets, dispatch_uid="close-session-sockets")


def _close_session_sockets(sender, request, user, **kwargs):
    key = request.session.session_key
    if user is not None and key:
        request.session.delete()  # first, so that nobody comes back in by it
        realtime.end_sockets(user.pk, code=realtime.REVOKED, sign_in=session_name(key))


def session_name(key: str) -> str:
    """A session's name in the channel layer, which does not give the session away."""
    return hashlib.sha256(key.encode()).hexdigest()
