"""Content lines of iCalendar (RFC 5545). Written here, since a library of 10 MB in every process
would be asked for these three rules alone; the tests read them with one."""

import re
from datetime import UTC, datetime

LONGEST = 75  # octets of a line (3.1)
NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})  # 3.3.11
IN_QUOTES = str.maketrans({"^": "^^", '"': "^'", "\n": "^n"})  # RFC 6868


def line(name: str, value: str, **parameters: str) -> bytes:
    """``value`` is written as it is: ``text`` and ``moment`` make it from other things."""
    written = "".join(f';{key}="{_quoted(said)}"' for key, said in parameters.items())
    return _folded(f"{name}{written}:{value}".encode())


def text(value: str) -> str:
    return _lines(value).translate(ESCAPED)


def moment(value: datetime) -> str:
    return f"{value.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _quoted(value):
    return _lines(value).translate(IN_QUOTES)


def _lines(value):
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    return NOT_TEXT.sub("", value)


def _folded(data: bytes) -> bytes:
    """Never within a character, as some who read it unfold too late."""
    parts, room = [], LONGEST
    while len(data) > room:
        cut = room
        while data[cut] & 0xC0 == 0x80:
            cut -= 1
        parts.append(data[:cut])
        data, room = data[cut:], LONGEST - 1  # after the space that goes on
    return b"\r\n ".join([*parts, data]) + b"\r\n"
