"""What the first rows of a file would become."""

from itertools import islice
from typing import NamedTuple

from leads.importing.batch import for_all
from leads.importing.duplicates import InBatch, find
from leads.importing.looking import Unreadable
from leads.importing.parts import table_of
from leads.importing.rows import Reader
from leads.models import FileImport, Lead

ROWS = 20
SHOWN, EXAMPLES = 80, 3  # characters of a cell, cells of a column
REST = ("job_title", "website", "city", "region", "postal_code", "country", "source", "message")


class Shown(NamedTuple):
    """A row of the preview: ``what`` becomes of it, ``why`` it fails and in which column, and what
    else it has beside the lead's main fields."""

    number: int
    what: str
    column: str
    why: str
    lead: Lead
    more: list


class Preview:
    """Of an import that was not started: its first rows, or ``problem``, for which it cannot be
    read as it is; ``examples`` has a text for each column."""

    def __init__(self, row: FileImport):
        self.rows, self.problem, self.examples = [], "", [""] * len(row.heads)
        try:
            table = table_of(row)
            reader = Reader(row)
            read = [reader.read(*numbered) for numbered in islice(table, ROWS)]
        except Unreadable as problem:
            self.problem = str(problem)
            return
        self.rows = list(_shown(row, read))
        self.examples = [_examples(place, read) for place in range(len(row.heads))]
        self.failing = sum(one.what == "failed" for one in self.rows)


def _shown(row, read):
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
        yield _one(row, one, problem, duplicate)


def _one(row, one, problem, duplicate):
    what = "failed" if problem else row.duplicates if duplicate else "create"
    column, why = problem or ("", "")
    rest = [str(one.values[name]) for name in REST if one.values.get(name)]
    kept = [f"{head}: {text}" for head, text in one.kept]
    more = [text[:SHOWN] for text in [*rest, *one.tags, *kept]]
    return Shown(one.number, what, column, why, Lead(**for_all(row) | one.values), more)


def _examples(place, read) -> str:
    cells = (one.cells[place].strip() for one in read if place < len(one.cells))
    return " · ".join(text[:SHOWN] for text in list(dict.fromkeys(filter(None, cells)))[:EXAMPLES])
