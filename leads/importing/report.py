"""What became of the rows, for people to read and to mend."""

import csv

from django.utils.translation import gettext as _

from leads.models import FileImport, ImportedRow
from leads.spreadsheets import BOM, Echo, cell

CHUNK = 500
SHOWN = 50
Outcome = ImportedRow.Outcome
TO_MEND = (Outcome.FAILED, Outcome.SKIPPED)


def first_of(row: FileImport, outcome: str) -> list[ImportedRow]:
    return list(row.rows.filter(outcome=outcome).order_by("number")[:SHOWN])


def own_heads() -> list[str]:
    """Of what is said of a row, after its own."""
    return [_("Row"), _("What became of it"), _("Column"), _("Reason")]


def lines(row: FileImport, outcomes):
    """CSV: the rows as they came, with their number and why. What is mended there can be imported
    again: the heads are the same."""
    write = csv.writer(Echo()).writerow
    yield BOM + write(map(cell, [*row.heads, *own_heads()]))
    rows, last = row.rows.filter(outcome__in=outcomes).order_by("number"), 0
    while chunk := list(rows.filter(number__gt=last)[:CHUNK]):
        yield "".join(write(map(cell, _cells(row, one))) for one in chunk)
        last = chunk[-1].number


def _cells(row, one):
    """As wide as the heads, so that what is said of it stands under its own."""
    width = len(row.heads)
    cells = [*one.cells, *[""] * (width - len(one.cells))][:width]
    return [*cells, one.number, one.get_outcome_display(), one.column, one.reason]
