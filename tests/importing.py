"""Files of leads, and what becomes of them, without a browser."""

import io
from pathlib import Path

from leads.importing import parts
from leads.importing.running import Importer
from leads.models import FileImport

FILES = Path(__file__).parent / "files"


class Upload(io.BytesIO):
    """A file as a form brings it."""

    def __init__(self, content):
        super().__init__(content)
        self.size = len(content)


def sent(content, by=None, name="leads.csv") -> FileImport:
    """An import that was not started yet, of these bytes, of this text, or of a file of files/."""
    if isinstance(content, Path):
        name, content = content.name, content.read_bytes()
    content = content.encode() if isinstance(content, str) else content
    return parts.take(name, Upload(content), by=by)


def run(row, importer=None, **changed) -> FileImport:
    """Starts it and works until it has ended."""
    for name, value in changed.items():
        setattr(row, name, value)
    row.save()
    assert row.start("en")
    return work_off(row, importer)


def work_off(row, importer=None) -> FileImport:
    importer = importer or Importer()
    while importer.turn():
        pass
    row.refresh_from_db()
    return row


def imported(content, by=None, name="leads.csv", **changed) -> FileImport:
    return run(sent(content, by, name), **changed)


def counts(row) -> tuple:
    return row.created, row.updated, row.skipped, row.failed_rows
