"""Of two who change a lead at once the later is told: the headers ETag and If-Match (RFC 9110).

The version of a lead is its ``updatedAt``, so that a client which has the lead from a list or a
frame has its ETag too: the same in quotes.
"""

from django.utils.http import parse_etags
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from leads.serializers import LeadSerializer
from notifications import wire

HEADER = "If-Match"
CHANGED = "Somebody changed this lead meanwhile: look at what it is now, then send yours again."


class ConflictSerializer(serializers.Serializer):
    """``sent`` has the fields that came, as they came."""

    detail = serializers.CharField()
    current = LeadSerializer()
    sent = serializers.DictField()


def version_of(lead) -> str:
    """The lead as it is: what a form carries, so that it says what it was made from."""
    return wire.moment(lead.updated_at)


def is_wanted(request, lead) -> bool:
    """Whether the request is about the lead as it is, or about any. Raises ValidationError for a
    header that names no version."""
    header = request.headers.get(HEADER)
    if header is None:
        return True
    versions = [etag.removeprefix("W/") for etag in parse_etags(header)]  # a proxy may weaken them
    if not versions:
        raise ValidationError(f'{HEADER}: give the ETag of the lead, its updatedAt in quotes: "…".')
    return "*" in versions or _etag(LeadSerializer(lead).data) in versions


def conflict(lead, serializer) -> Response:
    """What the lead is now, beside what was sent."""
    current, sent = LeadSerializer(lead).data, serializer.sent()
    body = {"detail": CHANGED, "current": current, "sent": sent}
    return Response(body, status.HTTP_409_CONFLICT)


def stamped(response) -> Response:
    """With the version of the lead that it carries."""
    response["ETag"] = _etag(response.data.get("current", response.data))
    return response


def _etag(lead) -> str:
    return f'"{lead["updatedAt"]}"'
