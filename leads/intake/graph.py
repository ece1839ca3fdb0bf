"""Meta's Graph API, as far as a lead is read from it: one GET, bounded in time and size, that
follows nobody elsewhere. Where it is comes from the environment alone."""

import http.client
import ssl
from time import monotonic
from urllib.parse import urlencode, urlsplit

from django.conf import settings

from leads.intake.mapping import storable
from notifications import wire

SECONDS = 10
LARGEST = 1024 * 1024
CHUNK = 16 * 1024
FIELDS = (
    *("id", "created_time", "field_data", "form_id", "ad_id", "ad_name", "adset_id", "adset_name"),
    *("campaign_id", "campaign_name", "is_organic", "platform"),
)
# Errors that pass by themselves, by developers.facebook.com/docs/graph-api/guides/error-handling:
# Meta is down, or we asked too often.
PASSING = {1, 2, 4, 17, 32, 341, 368, 613, 80001, 80004, 80005}


class NotNow(Exception):
    """It may be there when it is asked for later."""


class Never(Exception):
    """Somebody has to mend something first. Says what, in Meta's own words."""


def lead(lead_id: str, access_token: str) -> dict:
    """The lead as Meta has it. Raises NotNow and Never."""
    try:
        status, body = _get(f"/{lead_id}?{urlencode({'fields': ','.join(FIELDS)})}", access_token)
    except (OSError, http.client.HTTPException, ValueError) as problem:
        raise NotNow(f"{type(problem).__name__}: {problem}") from problem
    answer = _decoded(body)
    if status == 200 and isinstance(answer.get("field_data"), list):
        return answer
    if 400 <= status < 500 and status != 429:
        _refuse(status, answer.get("error"))
    raise NotNow(f"Meta answered {status}, and no lead.")


def _get(path, access_token) -> tuple[int, bytes]:
    base = urlsplit(settings.META_GRAPH_URL)
    until = monotonic() + SECONDS
    connection = _connection(base)
    try:
        target = f"{base.path.rstrip('/')}{path}"
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
        connection.request("GET", target, headers=headers)
        response = connection.getresponse()
        return response.status, _read(response, connection.sock, until)
    finally:
        connection.close()


def _connection(base):
    if base.scheme == "http":
        return http.client.HTTPConnection(base.hostname, base.port, timeout=SECONDS)
    context = ssl.create_default_context()
    return http.client.HTTPSConnection(base.hostname, base.port, timeout=SECONDS, context=context)


def _read(response, sock, until) -> bytes:
    """Each wait is as long as is left of the time: who sends a byte a second is too slow."""
    body = b""
    while chunk := _chunk(response, sock, until):
        body += chunk
        if len(body) > LARGEST:
            raise ValueError(f"more than {LARGEST} bytes")
    return body


def _chunk(response, sock, until):
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError(f"not all of it came within {SECONDS} s")
    if sock is not None:
        sock.settimeout(left)
    return response.read1(CHUNK)


def _decoded(body) -> dict:
    try:
        answer = wire.decode(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _refuse(status, error):
    """Raises Never for what does not pass by itself."""
    error = error if isinstance(error, dict) else {}
    if error.get("is_transient") is True or error.get("code") in PASSING:
        return
    said = error.get("message")
    said = said if isinstance(said, str) and said.strip() else f"Meta answered {status}."
    raise Never(storable(said)[:500])
