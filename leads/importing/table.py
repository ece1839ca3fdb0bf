"""The table in a file, row by row: no more than one is in memory, however large the file."""

import csv
import io
from collections.abc import Iterator

from django.utils.translation import gettext as _

from leads.importing.looking import Unreadable

MOST_COLUMNS = 500
LONGEST_ROW = 1024 * 1024  # characters
DELIMITERS = {",": ",", ";": ";", "\t": "Tab", "|": "|"}
SAMPLE_CHARACTERS, SAMPLE_ROWS = 64 * 1024, 100
BUFFER = 64 * 1024
csv.field_size_limit(LONGEST_ROW)


class Table:
    """``heads``, and by iteration ``(number, cells)`` of each row that has anything in it: the
    heads are row 1, blank rows count. ``line`` is the line on which the last one ended. Raises
    Unreadable where it is no table."""

    def __init__(self, file: io.RawIOBase, encoding: str, delimiter: str):
        buffered = io.BufferedReader(file, BUFFER)
        self._text = io.TextIOWrapper(buffered, encoding=encoding, errors="strict", newline="")
        self._since_row, self.number, self._lines_before = 0, 0, 0
        self._reader = csv.reader(self._lines(), delimiter=delimiter)
        self.heads = self._read_heads()

    @property
    def line(self) -> int:
        return self._lines_before + self._reader.line_num

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        for cells in self._rows():
            if any(map(str.strip, cells)):
                yield self.number, cells

    def skip_to(self, number: int) -> None:
        """Reads on to after the row with that number."""
        while self.number < number and next(self._rows(), None) is not None:
            pass

    def _rows(self):
        try:
            for cells in self._reader:
                self._since_row = 0
                self.number += 1
                yield cells
        except csv.Error:
            raise Unreadable(self._too_long()) from None
        except UnicodeDecodeError:
            line = {"n": self.line + 1}
            said = _("After line %(n)s there is something that this encoding does not know.")
            raise Unreadable(said % line) from None

    def _lines(self):
        """Of which no one is longer than a row may be; a quote that nobody closes does not make
        one row of all that follows."""
        first = True
        while line := self._text.readline(LONGEST_ROW + 1):
            if first:
                first, line = False, line.removeprefix("\ufeff")
                if _says_delimiter(line):
                    self._lines_before = 1
                    continue
            self._since_row += len(line)
            if self._since_row > LONGEST_ROW:
                raise Unreadable(self._too_long())
            yield line.replace("\0", "") if "\0" in line else line

    def _too_long(self):
        said = _("Row %(n)s is longer than a row can be: is a quote missing that closes a cell?")
        return said % {"n": self.number + 1}

    def _read_heads(self):
        for cells in self._rows():
            if any(map(str.strip, cells)):
                heads = [" ".join(cell.split()) for cell in cells]
                while heads and not heads[-1]:
                    heads.pop()
                if len(heads) > MOST_COLUMNS:
                    numbers = {"n": len(heads), "most": MOST_COLUMNS}
                    raise Unreadable(_("It has %(n)s columns; %(most)s are the most.") % numbers)
                return distinct(heads)
        raise Unreadable(_("This file is empty."))


def distinct(heads: list[str]) -> list[str]:
    """Each has a name, and no two the same."""
    named, seen = [], set()
    for place, head in enumerate(heads, 1):
        head = name = head[:200] or _("Column %(n)s") % {"n": place}
        times = 1
        while name in seen:
            times += 1
            name = f"{head} ({times})"
        seen.add(name)
        named.append(name)
    return named


def delimiter_of(start: bytes, encoding: str) -> str:
    """By what the file says of itself (``sep=;``), else by which most rows are as wide as the
    first. ``csv.Sniffer`` looks at letters too, and is often wrong."""
    text = start[: 4 * SAMPLE_CHARACTERS].decode(encoding, errors="ignore").removeprefix("\ufeff")
    text = text[:SAMPLE_CHARACTERS]
    line, _end, _rest = text.partition("\n")
    if _says_delimiter(line):
        return line.strip()[4]
    if len(text) == SAMPLE_CHARACTERS:
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
    scores = {delimiter: _consistency(text, delimiter) for delimiter in DELIMITERS}
    return max(scores, key=scores.get)


def _says_delimiter(line) -> bool:
    line = line.strip("\r\n").strip('"')
    return len(line) == 5 and line[:4].lower() == "sep=" and line[4] in DELIMITERS


def _consistency(text, delimiter) -> float:
    """0 for one column; near 1 where all rows have as many cells as the first, and many."""
    rows = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if any(map(str.strip, row)):
                rows.append(len(row))
            if len(rows) == SAMPLE_ROWS:
                break
    except csv.Error:
        return 0
    if not rows or rows[0] < 2:
        return 0
    alike = sum(width == rows[0] for width in rows) / len(rows)
    return alike * (1 - 1 / rows[0])
