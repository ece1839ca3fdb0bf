"""Signing in and out: what axes counts by, tokens that know their sign-in, and what ends."""

import functools
from uuid import UUID

from django.conf import settings
from django.contrib.auth import SESSION_KEY, authenticate
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import connection, transaction
from django.db.models import Value
from django.utils import timezone
from rest_framework import status
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.tokens import RefreshToken
from rest_framework_simplejwt.utils import aware_utcnow

from crm import audit
from crm.audit import AuditEntry
from crm.entrance import devices
from crm.entrance.address import address_of, neighbourhood_of
from crm.entrance.devices import session_name
from crm.entrance.second import SecondStep, TooManyCodes
from crm.models import TokenSignIn, User
from crm.tokens import Access
from notifications import realtime
from notifications.prepared import Prepared

SIGN_IN = "sid"  # the claim that names the TokenSignIn
NEEDS_CODE = (
    "This account signs in in two steps: send the code of its app, or a recovery code, as otp too."
)
WRONG_CODE = "That code is wrong, or was used already: send the next one that the app shows."
ENDED = "The sign-in of this token has ended"


class LockedOut(APIException):
    status_code = status.HTTP_429_TOO_MANY_REQUESTS
    default_detail = "Too many wrong passwords: wait fifteen minutes and try again."
    wait = settings.AXES_COOLOFF_TIME.total_seconds()  # for the Retry-After header


def account_of(request, credentials):
    """Under which name axes counts failures: the e-mail address, as accounts are compared."""
    credentials = credentials or {}
    name = credentials.get("email") or credentials.get("username") or ""
    if not name and request is not None:
        name = request.POST.get("username", "")
    return str(name).strip().lower()


def tokens_for(request, email: str, password: str, otp: str = "") -> dict:
    """``{access, refresh}`` of a new sign-in. ``otp`` is the code of who has a second step. Raises
    AuthenticationFailed or LockedOut."""
    user = authenticate(request, email=email, password=password)
    if getattr(request, "axes_locked_out", False):
        raise LockedOut
    if user is None:
        raise AuthenticationFailed("No active account has this e-mail and password.")
    _check_second_step(request, user, otp)
    user_logged_in.send(sender=User, request=request, user=user)  # forgives the wrong ones before
    refresh = RefreshToken.for_user(user)
    device = {"address": address_of(request), "agent": devices.agent_of(request)}
    refresh[SIGN_IN] = str(TokenSignIn.objects.create(user=user, **device).pk)
    return _pair(refresh)


def _check_second_step(request, user, otp):
    step = SecondStep.of(user)
    if step is None:
        return
    if not otp:
        raise AuthenticationFailed(NEEDS_CODE, "code_needed")
    try:
        if not step.takes(otp, neighbourhood_of(request)):
            raise AuthenticationFailed(WRONG_CODE, "code_wrong")
    except TooManyCodes:
        raise LockedOut("Too many wrong codes: wait fifteen minutes and try again.") from None


def renewed(token: str) -> dict:
    """``{access, refresh}`` for a refresh token, which is dead from now on. Raises InvalidToken."""
    with transaction.atomic():
        refresh, sign_in = _alive(token)
        _, first = refresh.blacklist()
        if not first:  # somebody else renewed with it at the same moment
            raise InvalidToken("Token is blacklisted")
        refresh.set_jti()
        refresh.set_exp()
        refresh.set_iat()
        refresh.outstand()
        TokenSignIn.objects.filter(pk=sign_in.pk).update(used_at=timezone.now())
        return _pair(refresh)


def sign_out(token: str) -> None:
    """Ends the refresh token's sign-in and closes its sockets. Raises InvalidToken."""
    with transaction.atomic():
        refresh, sign_in = _alive(token)
        refresh.blacklist()
        sign_in.end()
        audit.note(AuditEntry.What.SIGNED_OUT, by=sign_in.user)


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
    for row in _active_by_sign_in.rows(True, sign_in):
        user = User.from_db(connection.alias, COLUMNS, row)
        if str(user.pk) == str(token.get("user_id")):
            return user
    raise InvalidToken(ENDED)


COLUMNS = [field.attname for field in User._meta.concrete_fields]
_active_by_sign_in = Prepared(
    lambda: User.objects.filter(
        is_active=Value(True), token_sign_ins__ended_at=None, token_sign_ins__pk=UUID(int=0)
    ).values_list(*COLUMNS)
)


def _sign_in(token) -> TokenSignIn:
    alive = TokenSignIn.objects.alive().select_related("user")
    sign_in = alive.filter(pk=token.get(SIGN_IN)).first()
    if sign_in is None or str(sign_in.user_id) != str(token.get("user_id")):
        raise InvalidToken(ENDED)
    return sign_in


def connect() -> None:
    user_logged_in.connect(_list_session, dispatch_uid="list-session")
    user_logged_in.connect(_note_sign_in, dispatch_uid="note-sign-in")
    user_login_failed.connect(_note_refusal, dispatch_uid="note-refusal")
    user_logged_out.connect(_close_session_sockets, dispatch_uid="close-session-sockets")


def _list_session(sender, request, user, **kwargs):
    session = getattr(request, "session", None)
    if session is not None and session.get(SESSION_KEY) == str(user.pk):
        devices.enter(request, user)


def _note_sign_in(sender, request, user, **kwargs):
    audit.note(AuditEntry.What.SIGNED_IN, by=user)


def _note_refusal(sender, credentials, request=None, **kwargs):
    """What was typed is not kept: where it is nobody's address it may be a password."""
    known = User.objects.filter(email=account_of(request, credentials)).first()
    about = f"user {known.pk}" if known else "nobody's e-mail"
    audit.note(AuditEntry.What.REFUSED, about=about)


def _close_session_sockets(sender, request, user, **kwargs):
    key = request.session.session_key
    if user is not None:
        audit.note(AuditEntry.What.SIGNED_OUT, by=user)
    if user is not None and key:
        request.session.delete()  # first, so that nobody comes back in by it
        realtime.end_sockets(user.pk, code=realtime.REVOKED, sign_in=session_name(key))
