"""Senders as the tests play them: their payloads, and how they sign."""

import base64
import hashlib
import hmac
import json
from pathlib import Path

from leads.models import Source

PAYLOADS = Path(__file__).parent / "payloads"
JSON, URLENCODED = "application/json", "application/x-www-form-urlencoded"
SECRET = "the-secret"
GOOGLE_KEY = "the-google-key"
MINIMAL = {
    "google": {"secret": GOOGLE_KEY},
    "typeform": {"secret": SECRET},
    "meta": {"secret": SECRET, "verify_token": "the-verify-token", "access_token": "the-token"},
}


def source_of(kind, **fields):
    """A source that takes what is in tests/payloads."""
    source = Source(**{"name": "Website", "kind": kind, **MINIMAL.get(kind, {}), **fields})
    source.full_clean()
    source.save()
    return source


def payload(name) -> bytes:
    return (PAYLOADS / name).read_bytes()


def body_of(name) -> dict:
    return json.loads(payload(name))


def post(client, source, body, content_type=JSON, **headers):
    """``headers`` with _ for -: as the sender sends it, whoever it is."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    said = {"CONTENT_TYPE": content_type}  # which the client leaves out of an empty request
    return client.generic("POST", source.path, body, content_type, headers=named, **said)


def post_form(client, source, fields, **headers):
    """``headers`` may take the place of what a browser sends along."""
    named = {"Accept": "text/html,*/*", **{n.replace("_", "-"): v for n, v in headers.items()}}
    if isinstance(fields, bytes):
        return client.generic("POST", source.path, fields, URLENCODED, headers=named)
    return client.post(source.path, fields, headers=named)


def post_google(client, source, body):
    return post(client, source, body)


def post_typeform(client, source, body, secret=SECRET):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    digest = base64.b64encode(_hmac(body, secret).digest()).decode()
    return post(client, source, body, Typeform_Signature=f"sha256={digest}")


def post_meta(client, source, body, secret=SECRET):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return post(client, source, body, X_Hub_Signature_256=f"sha256={signed(body, secret)}")


def signed(body: bytes, secret=SECRET) -> str:
    return _hmac(body, secret).hexdigest()


def _hmac(body, secret):
    return hmac.new(secret.encode(), body, hashlib.sha256)


def said(lead) -> dict:
    """What of a lead is filled in."""
    names = ("first_name", "last_name", "email", "phone", "company", "job_title", "website",
             "message", "city", "region", "postal_code", "country", "source", "stage")  # fmt: skip
    return {name: getattr(lead, name) for name in names if getattr(lead, name)}


def extras(lead) -> dict:
    return dict(lead.origins.get().fields)
