"""What pages say of sources, and offer to be pasted elsewhere."""

import json

from django import template
from django.contrib.auth import get_user_model
from django.utils.translation import gettext

from leads.intake.doors.program import SAMPLE

register = template.Library()


@register.filter
def snippet_of(source, base) -> str:
    """As text: here it is no HTML of ours."""
    return "".join(source.snippet(base))


@register.filter
def curl_of(address) -> str:
    """A call of the example, for a shell."""
    body = json.dumps(SAMPLE | {"message": "Hello"})
    return (
        f"curl -X POST '{address}' \\\n  -H 'Content-Type: application/json' \\\n"
        f"  -H 'Idempotency-Key: order-1001' \\\n  -d '{body}'"
    )


@register.filter
def is_paused(person) -> bool:
    """Whether they take no new leads."""
    return getattr(person, "lead_pause", None) is not None


@register.filter
def role_called(role) -> str:
    return dict(get_user_model().Role.choices).get(role, role)


@register.filter
def translated(text) -> str:
    """What is stored in English, in the language that is active."""
    return gettext(text) if text else ""
