"""How far an import is, how fast, and how long it still takes."""

from typing import NamedTuple

from django.utils import timezone

from leads.models import FileImport


class Progress(NamedTuple):
    done: int  # rows
    all: int  # about, until it has ended
    percent: int
    rate: int  # rows a second
    left: int | None  # seconds


def progress_of(row: FileImport) -> Progress:
    """By the lines that were read: how many rows there are, nobody knows before the last."""
    if row.state in (FileImport.State.UNDOING, FileImport.State.UNDONE):
        return _of(row.undo_done, row.created + row.updated, row.undo_began_at, row.undone_at)
    about = max(row.lines - 1, row.dealt_with)
    if row.line and row.dealt_with:
        about = max(row.dealt_with, round(row.dealt_with * row.lines / row.line))
    return _of(row.dealt_with, about, row.started_at, row.ended_at)


def _of(done, all_of_them, began, ended) -> Progress:
    seconds = ((ended or timezone.now()) - began).total_seconds() if began else 0
    share = min(1, done / all_of_them) if all_of_them else 0
    rate = done / seconds if seconds > 0 else 0
    left = round((all_of_them - done) / rate) if rate and not ended else None
    return Progress(done, all_of_them, int(share * 100), round(rate), left)
