"""What gives away a program that fills in forms: it fills in what nobody sees, it is too quick, or
it stands on another site. What is suspected is kept aside, and answered like everything else."""

import secrets
import time
from urllib.parse import urlsplit

from django.core import signing
from django.utils.translation import gettext_noop

HONEYPOT, STAMP = "lb_subject", "lb_stamp"  # names of fields, which autofill does not know
FILLED = gettext_noop("It filled in the field that nobody sees.")
FORGED = gettext_noop("It came with a time stamp that is not ours.")
TOO_QUICK = gettext_noop("It was filled in too quickly.")
ELSEWHERE = gettext_noop("It came from a website that is not one of this source.")


def _signer():
    return signing.Signer(salt="leads.intake.form")


def new_stamp(source) -> str:
    """When the hosted page of a source was opened, signed; no two are alike."""
    return _signer().sign(f"{source.pk}.{time.time_ns() // 1_000_000}.{secrets.token_hex(8)}")


def seconds_since(stamp: str, source) -> float | None:
    """None for a stamp that is not of the source's page."""
    try:
        pk, opened, _ = _signer().unsign(stamp).split(".")
    except (signing.BadSignature, ValueError):
        return None
    return time.time() - int(opened) / 1000 if pk == str(source.pk) else None


def suspicion(source, fields: dict, arrival) -> str:
    """Why a form is kept aside, in English; empty where it is not."""
    if fields.get(HONEYPOT, "").strip():
        return FILLED
    if STAMP in fields:
        seconds = seconds_since(fields[STAMP], source)
        if seconds is None:
            return FORGED
        if seconds < source.fill_seconds:
            return TOO_QUICK
    return "" if _is_at_home(source, arrival) else ELSEWHERE


def _is_at_home(source, arrival):
    if not source.allowed_origins:
        return True
    return origin_of(arrival) in {*source.allowed_origins, arrival.our_origin}


def origin_of(arrival) -> str:
    """As the browser says it: by Origin, else by Referer; empty if by neither."""
    said = arrival.headers.get("Origin") or arrival.headers.get("Referer") or ""
    try:
        parts = urlsplit(said)
        return f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else ""
    except ValueError:
        return ""
