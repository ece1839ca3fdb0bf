"""Requests that a client may send again without doing them again: the Idempotency-Key header."""

import hashlib
import json

from django.db import IntegrityError, transaction
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError

from leads.models import IdempotencyKey
from notifications import wire

HEADER = "Idempotency-Key"


class KeyReused(APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = f"This {HEADER} came with another body before: take a new key."


def key_of(request) -> str | None:
    """The request's key, or None without one. Raises ValidationError for one that is no key."""
    key = request.headers.get(HEADER)
    if key is not None and not (0 < len(key) <= 255 and all("!" <= c <= "~" for c in key)):
        raise ValidationError(f"{HEADER}: give 1 to 255 visible ASCII characters.")
    return key


def answer_once(request, act) -> tuple[dict, bool]:
    """The answer of ``act()``, and whether it is the answer to an earlier request with this key.

    The key is stored with what ``act`` stores, or not at all; of two requests at the same moment
    one waits for the other. Only answers of success are kept.
    """
    key = key_of(request)
    if key is None:
        return act(), False
    fingerprint = _digest_of(request.data)
    stored = _stored(request.user, key)
    if stored is None:
        try:
            return _answer_first(request.user, key, fingerprint, act), False
        except IntegrityError:
            stored = _stored(request.user, key)
            if stored is None:
                raise
    if stored.fingerprint != fingerprint:
        raise KeyReused
    return wire.decode(stored.answer), True


def _answer_first(user, key, fingerprint, act):
    with transaction.atomic():
        keys = IdempotencyKey.objects.filter(user=user, key=key)
        keys.forget_expired()
        row = keys.create(user=user, key=key, fingerprint=fingerprint)
        answer = act()
        row.answer = wire.encode(answer)
        row.save(update_fields=["answer"])
    return answer


def _stored(user, key):
    return IdempotencyKey.objects.fresh().filter(user=user, key=key).first()


def _digest_of(body) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
