"""A file that is sent in parts, and read from them again as if it were one."""

import io

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from leads.importing.looking import Look, Unreadable, check_beginning
from leads.importing.mapping import guessed
from leads.importing.table import Table, delimiter_of
from leads.models.file_import import PART_BYTES, FileImport, FilePart

MEGABYTE = 1024 * 1024


class PartsFile(io.RawIOBase):
    """The parts one after the other, one of them in memory."""

    def __init__(self, row: FileImport):
        self._row, self._next, self._rest = row, 0, memoryview(b"")

    def readable(self):
        return True

    def readinto(self, buffer):
        if not self._rest:
            self._rest = memoryview(part_of(self._row, self._next))
            self._next += 1
        taken = min(len(buffer), len(self._rest))
        buffer[:taken] = self._rest[:taken]
        self._rest = self._rest[taken:]
        return taken


def part_of(row, number: int) -> bytes:
    """Empty after the last."""
    content = row.parts.filter(number=number).values_list("content", flat=True).first()
    return bytes(content or b"")


def table_of(row: FileImport) -> Table:
    return Table(PartsFile(row), row.encoding, row.delimiter)


def begin(name: str, size: int, by, version: str = "") -> FileImport:
    """The import of a file that will come in parts; one of the same ``version`` that broke off is
    gone on with. Raises Unreadable for one that is too large."""
    name = " ".join(name.replace("\0", "").split())[-200:] or _("Unnamed")
    most = settings.IMPORT_MEGABYTES
    if size > most * MEGABYTE:
        raise Unreadable(_("This file has more than %(n)s MiB: part it.") % {"n": most})
    if size <= 0:
        raise Unreadable(_("This file is empty."))
    file = {"name": name, "size": size, "by": by, "version": version[:32].replace("\0", "")}
    begun = FileImport.objects.filter(**file, state=FileImport.State.UPLOADING)
    return (version and begun.order_by("-pk").first()) or FileImport.objects.create(**file)


def number_of_parts(size: int) -> int:
    return -(-size // PART_BYTES)


def receive(row: FileImport, number: int, content: bytes) -> None:
    """Stores a part; again changes nothing but its content. Raises Unreadable, and of what is
    refused nothing remains."""
    last = number_of_parts(row.size) - 1
    expected = PART_BYTES if number < last else row.size - last * PART_BYTES
    if number > last or len(content) != expected:
        raise ValueError(f"part {number} has {len(content)} bytes")
    try:
        if number == 0:
            check_beginning(content, row.name)
            if last and not {10, 13} & set(content):
                raise Unreadable(_("Its first line does not end: this is no table."))
    except Unreadable:
        row.discard()
        raise
    FilePart.objects.update_or_create(file_import=row, number=number, defaults={"content": content})


def take(name: str, file, by) -> FileImport:
    """A file as a whole: a form's, or one of a disk. ``file`` has ``size`` and ``read``."""
    row = begin(name, file.size, by)
    number = 0
    while content := file.read(PART_BYTES):
        receive(row, number, content)
        number += 1
    complete(row)
    return row


def complete(row: FileImport) -> None:
    """All parts are here: looks at what they are. Raises Unreadable, and of what is refused
    nothing remains; ValueError where parts are missing."""
    count = number_of_parts(row.size)
    if row.parts.count() != count:
        raise ValueError("parts are missing")
    try:
        look = Look((part_of(row, number) for number in range(count)), row.name)
        row.encoding, row.lines = look.encoding, look.lines
        row.delimiter = delimiter_of(part_of(row, 0), row.encoding)
        _take_heads(row)
    except Unreadable:
        row.discard()
        raise
    row.arrive()


def read_as(row: FileImport, encoding: str, delimiter: str) -> None:
    """Reads it so instead. Raises Unreadable where it is no table then."""
    row.encoding, row.delimiter = encoding, delimiter
    with transaction.atomic():
        _take_heads(row)
        row.save(update_fields=["encoding", "delimiter", "heads", "targets"])


def _take_heads(row):
    """What its heads are, and what is taken to be meant by them."""
    table = table_of(row)
    if next(iter(table), None) is None:
        raise Unreadable(_("It has heads, and no rows."))
    if table.heads != row.heads:
        row.heads, row.targets = table.heads, guessed(table.heads)
