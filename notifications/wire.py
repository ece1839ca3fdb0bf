"""JSON as it goes over the wire: one encoder for REST bodies and frames, one strict decoder."""

import json
from datetime import UTC, datetime

from rest_framework.renderers import JSONRenderer

MAX_DEPTH = 100

_renderer = JSONRenderer()


def encode(value) -> str:
    """The text that REST would answer for ``value``, byte for byte."""
    return _renderer.render(value).decode()


def moment(value: datetime | None) -> str | None:
    """A moment as JSON has it: ISO 8601 in UTC, with Z."""
    return value and f"{value.astimezone(UTC).isoformat().removesuffix('+00:00')}Z"


def decode(raw: bytes | str):
    """The value of a JSON text. Raises ``ValueError`` with a reason for everything else:
    bytes that are not UTF-8, NaN and Infinity, numbers that no double holds, nesting deeper than
    ``MAX_DEPTH``."""
    text = raw.decode("utf-8") if isinstance(raw, bytes) else raw
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels") from None
    _bound_depth(value)
    return value


def is_text(value: str) -> bool:
    """Whether UTF-8 has it: JSON may escape halves of a character, which nothing can send."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse(name):
    raise ValueError(f"{name} is not JSON")


def _finite(digits):
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"the number {digits[:20]} is too large")
    return value


def _bound_depth(value):
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            child
            for item in level
            if isinstance(item, (dict, list))
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return
    raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")
