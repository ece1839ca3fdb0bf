"""What the first rows of a file would become."""

from itertools import islice
from typing import NamedTuple

from leads.importing.duplicates import InBatch, find
from leads.importing.looking import Unreadable
from leads.importing.mapping import LEAVE_OUT
from leads.importing.parts import table_of
from leads.importing.rows import Reader
from leads.models import FileImport, Lead

ROWS = 20
SHOWN = 200  # characters of a cell


class Shown(NamedTuple):
    """A row of the preview: ``what`` becomes of it, ``why``, and its cells as ``(text, wrong)``."""

    number: int
    what: str
    column: str
    why: str
    lead: Lead
    cells: list
    tags: list
    duplicate: int | None


class Preview:
    """Of an import that was not started: its first rows, or ``problem``, for which it cannot be
    read as it is."""

    def __init__(self, row: FileImport):
        self.rows, self.problem = [], ""
        try:
            table = table_of(row)
            reader = Reader(row)
            read = [reader.read(*numbered) for numbered in islice(table, ROWS)]
        except Unreadable as problem:
            self.problem = str(problem)
            return
        self.heads = [
            (place, head) for place, head in enumerate(row.heads) if row.targets[place] != LEAVE_OUT
        ]
        self.rows = list(_shown(row, read, self.heads))
        self.failing = sum(one.what == "failed" for one in self.rows)


def _shown(row, read, heads):
    sound = [one for one in read if not one.problem]
    found = dict(zip([one.number for one in sound], find(sound), strict=True)) if sound else {}
    before, creates = InBatch(), row.duplicates == FileImport.Duplicates.CREATE
    for one in read:
        keys, duplicate = found.get(one.number), None
        if keys is not None and not creates:
            duplicate = keys.lead_id or before.find(keys)
        problem = one.problem or (None if duplicate else one.lacking())
        if keys is not None and not problem and not duplicate:
            before.add(keys, -one.number)
        yield _one(row, one, heads, problem, duplicate)


def _one(row, one, heads, problem, duplicate):
    wrong = {column for column, _reason in one.problems}
    what = "failed" if problem else row.duplicates if duplicate else "create"
    cells = [
        (one.cells[place].strip()[:SHOWN] if place < len(one.cells) else "", head in wrong)
        for place, head in heads
    ]
    column, why = problem or ("", "")
    return Shown(one.number, what, column, why, Lead(**one.values), cells, one.tags, duplicate)


