"""What a worker does for imports: a batch a turn."""

import logging
from itertools import islice
from uuid import uuid4

from django.db import OperationalError, connection, transaction
from django.urls import reverse
from django.utils import timezone, translation

from leads import frames
from leads.importing import undoing
from leads.importing.batch import bring_in
from leads.importing.looking import Unreadable
from leads.importing.parts import table_of
from leads.importing.rows import Reader
from leads.models import FileImport
from leads.models.file_import import LEASE
from notifications.kinds import Kind
from notifications.models import Event

log = logging.getLogger(__name__)

BATCH, UPDATING = 2_000, 200  # rows of one transaction, and where each may be an edit
State = FileImport.State


class Importer:
    """Does what is to be done for imports, one at a time; the file of the one that it is at stays
    open between two turns."""

    def __init__(self):
        self.worker = uuid4()
        self.reading = None

    def turn(self) -> int:
        """A batch of the oldest import that nobody else is at; 0 where there is nothing to do."""
        row = self._leased() or FileImport.objects.claim(self.worker)
        if row is None:
            self.reading = None
            return 0
        self.work(row)
        return 1

    def _leased(self) -> FileImport | None:
        """The one that it is at, for as long as half of its lease: one commit less for a batch."""
        half = timezone.now() + LEASE / 2
        mine = FileImport.objects.at_work().filter(worker=self.worker, leased_until__gt=half)
        return mine.select_related("by").order_by("pk").first() if self.reading else None

    def work(self, row: FileImport) -> None:
        """A batch of this one. What fails is tried again later, and holds up no other."""
        try:
            with translation.override(row.language):
                self._batch(row)
        except OperationalError:
            raise
        except Unreadable as problem:
            self.reading = None
            end(row, State.STOPPED, reason=str(problem))
        except Exception as problem:
            self.reading = None
            if FileImport.objects.at_work().filter(pk=row.pk).exists():  # nobody ended it meanwhile
                log.exception("import %s failed", row.pk)
                row.failed(problem)

    def _batch(self, row):
        if row.state == State.UNDOING:
            undoing.undo_batch(row)
        else:
            self._import_batch(row)

    def _import_batch(self, row):
        if not (self.reading and self.reading.is_at(row)):
            self.reading = Reading(row)
        updating = row.duplicates == FileImport.Duplicates.UPDATE
        rows = self.reading.next(min(BATCH, UPDATING) if updating else BATCH)
        if not rows:
            end(row, State.DONE)
            return
        with transaction.atomic():
            if not _still(row, State.RUNNING):
                self.reading = None
                return
            _let_the_disk_be()
            _wait_for_other_imports()
            bring_in(row, rows)
            row.position, row.line = self.reading.number, self.reading.line
            row.attempts, row.next_attempt_at = 0, None
            row.save(update_fields=[*COUNTED, "attempts", "next_attempt_at"])


COUNTED = ("position", "line", "created", "updated", "skipped", "failed_rows")


class Reading:
    """The file of an import, open where its last batch ended."""

    def __init__(self, row: FileImport):
        self.pk, self.number, self.line = row.pk, row.position, row.line
        self._table = table_of(row)
        self._table.skip_to(row.position)
        self._rows, self._reader = iter(self._table), Reader(row)

    def is_at(self, row) -> bool:
        return (self.pk, self.number) == (row.pk, row.position)

    def next(self, count: int) -> list:
        rows = [self._reader.read(*numbered) for numbered in islice(self._rows, count)]
        self.line = self._table.line
        self.number = rows[-1].number if rows else self.number
        return rows


def _let_the_disk_be() -> None:
    """The commit of a batch waits for no disk. What a crash of the database takes from it is a
    whole batch with its position, which is then read again; the end of the import does wait."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")


def _wait_for_other_imports() -> None:
    """Two imports store their batches one after the other: of somebody whom both bring, the later
    finds the lead that the earlier made. SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [KEY])


KEY = 0x66696C65  # any number that nobody else locks


def _still(row, state) -> bool:
    """Whether it is as this worker knows it, which then has it to itself until the transaction
    ends: whoever was slower stores nothing."""
    locked = FileImport.objects.select_for_update(of=("self",)).filter(pk=row.pk, state=state)
    return locked.filter(position=row.position, undo_place=row.undo_place).exists()


def cancel(row: FileImport) -> bool:
    """Ends it after the batch that is being stored; what was made stays until it is undone."""
    return end(row, State.CANCELLED)


def end(row: FileImport, state: str, reason: str = "") -> bool:
    """It has ended: the file goes, and one event tells of all that was made. False where it ended
    already."""
    with transaction.atomic():
        running = FileImport.objects.select_for_update(of=("self",)).filter(
            pk=row.pk, state=State.RUNNING
        )
        stored = running.first()
        if stored is None:
            return False
        stored.state, stored.reason, stored.ended_at = state, reason, timezone.now()
        stored.parked_at = stored.next_attempt_at = stored.leased_until = None
        if state == State.DONE:
            stored.line = stored.lines
        stored.save()
        stored.parts.all().delete()
        if stored.created:
            told_of(stored).save()
        if stored.created or stored.updated:
            frames.send_after_commit(frames.many())
    row.refresh_from_db()
    return True


def told_of(row: FileImport) -> Event:
    one = row.created == 1
    return Event(
        kind=Kind.LEAD_CREATED,
        title=ONE_TITLE if one else TITLE,
        message=f"{row.created:,} {'lead' if one else 'leads'} imported from {row.name}",
        url=f"{reverse('leads:list')}?import={row.pk}",
        actor_id=row.by_id,
    )


TITLE, ONE_TITLE = "Leads Imported", "Lead Imported"
