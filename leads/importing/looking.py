"""What a file is, by its bytes: no table, or text in some encoding, so and so long.

A file is looked at part by part, and never held as a whole.
"""

import codecs
from collections.abc import Iterable

from django.utils.translation import gettext as _

LONGEST_LINE = 1024 * 1024  # bytes
SAMPLE = 64 * 1024  # bytes, by which text is told from what is none

UTF_8, UTF_16_LE, UTF_16_BE = "utf-8", "utf-16-le", "utf-16-be"
WINDOWS, LATIN_1 = "cp1252", "iso-8859-1"
ENCODINGS = {
    UTF_8: "UTF-8",
    UTF_16_LE: "UTF-16 (LE)",
    UTF_16_BE: "UTF-16 (BE)",
    WINDOWS: "Windows-1252",
    LATIN_1: "ISO-8859-1 (Latin 1)",
    "cp1250": "Windows-1250",
    "mac-roman": "Mac Roman",
}
BOMS = {
    codecs.BOM_UTF8: UTF_8,
    codecs.BOM_UTF16_LE: UTF_16_LE,
    codecs.BOM_UTF16_BE: UTF_16_BE,
}
NOT_IN_WINDOWS = frozenset(b"\x81\x8d\x8f\x90\x9d")
IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM", b"II*\0", b"MM\0*")
ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ")
WORKBOOK = (b"xl/", b"[Content_Types].xml")
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"


class Unreadable(Exception):
    """The file is no table that can be imported. Says why, for people to read."""


def check_beginning(start: bytes, name: str = "") -> None:
    """Refuses what is no text by how it begins. Raises Unreadable."""
    if not start.strip():
        raise Unreadable(_("This file is empty."))
    if start.startswith(ARCHIVES[:2]) and (
        name.lower().endswith((".xlsx", ".xlsm")) or any(sign in start for sign in WORKBOOK)
    ):
        raise Unreadable(_("This is an Excel workbook: save it as CSV and import that."))
    if start.startswith(OLD_WORKBOOK):
        raise Unreadable(_("This is an old Office document: save it as CSV and import that."))
    if start.startswith(ARCHIVES):
        raise Unreadable(_("This is an archive: unpack it, and import the CSV file in it."))
    if start.startswith(b"%PDF"):
        raise Unreadable(_("This is a PDF: export the table as CSV and import that."))
    if start.startswith(IMAGES) and not start.isascii():
        raise Unreadable(_("This is an image, and no table."))
    encoding = _by_its_signs(start)
    if encoding in (None, UTF_8) and b"\0" in start[:SAMPLE]:
        raise Unreadable(_("This is no text: export the table as CSV and import that."))


class Look:
    """Goes over the parts of a file, in their order: ``encoding``, ``lines``. Raises Unreadable."""

    def __init__(self, parts: Iterable[bytes], name: str = ""):
        self.lines, self._open = 0, 0  # bytes of the line that has not ended yet
        self._utf_8, self._not_windows = codecs.getincrementaldecoder("utf-8")(), False
        self._signs, self.size = None, 0
        for number, part in enumerate(parts):
            if number == 0:
                check_beginning(part, name)
                self._signs = _by_its_signs(part)
            self._see(part)
        if not self.size:
            raise Unreadable(_("This file is empty."))
        if self._open:
            self.lines += 1
        self.encoding = self._signs or self._by_what_it_has()

    def _see(self, part):
        self.size += len(part)
        self._see_lines(part)
        if self._signs not in (UTF_16_LE, UTF_16_BE) and b"\0" in part:
            raise Unreadable(_("This is no text: export the table as CSV and import that."))
        if self._utf_8 is not None:
            try:
                self._utf_8.decode(part)
            except UnicodeDecodeError:
                self._utf_8 = None
        self._not_windows = self._not_windows or not NOT_IN_WINDOWS.isdisjoint(part)

    def _see_lines(self, part):
        if b"\n" not in part:
            part = part.replace(b"\r", b"\n")
        first, *others = part.split(b"\n")
        longest = max([self._open + len(first), *map(len, others)])
        if longest > LONGEST_LINE:
            line = {"n": self.lines + 1}
            raise Unreadable(
                _("Near line %(n)s a line is longer than 1 MiB: this is no table.") % line
            )
        self._open = len(others[-1]) if others else self._open + len(first)
        self.lines += len(others)

    def _by_what_it_has(self) -> str:
        try:
            if self._utf_8 is not None:
                self._utf_8.decode(b"", final=True)
                return UTF_8
        except UnicodeDecodeError:
            pass
        return LATIN_1 if self._not_windows else WINDOWS


def _by_its_signs(start: bytes) -> str | None:
    """The encoding that a file says itself: by its BOM, or by where its NULs are."""
    for bom, encoding in BOMS.items():
        if start.startswith(bom):
            return encoding
    start = start[:4096]
    half = len(start) // 2
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if half and odd > half * 0.3 and even < half * 0.05:
        return UTF_16_LE
    if half and even > half * 0.3 and odd < half * 0.05:
        return UTF_16_BE
    return None
