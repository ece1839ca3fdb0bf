"""A file of leads, imported from a terminal: what the page does, with a progress bar."""

import os
import signal
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from leads import policy
from leads.importing import parts
from leads.importing.batch import Outcome
from leads.importing.looking import ENCODINGS, Unreadable
from leads.importing.mapping import KEEP, LEAVE_OUT, target_called
from leads.importing.progress import progress_of
from leads.importing.rows import Reader
from leads.importing.running import Importer, cancel
from leads.importing.table import DELIMITERS
from leads.models import FileImport, Lead

WIDTH = 30  # characters of the bar
SHOWN = 10  # rows that failed
CANCELLED = 130
NAMED = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


class Command(BaseCommand):
    help = "Imports a CSV or TSV file of leads. Ctrl-C cancels it; what is there then stays."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="COLUMN=FIELD",
            help=f"What a column is; {LEAVE_OUT} leaves it out, nothing keeps it with the lead.",
        )
        parser.add_argument(
            "--duplicates", choices=FileImport.Duplicates.values, default=FileImport.Duplicates.SKIP
        )
        parser.add_argument("--as", dest="by", metavar="EMAIL", help="Who imports it.")
        parser.add_argument("--source", default="", help="Of the leads that name none.")
        parser.add_argument("--encoding", choices=ENCODINGS, help="Where it is not as detected.")
        parser.add_argument("--delimiter", help="One of , ; tab |")
        parser.add_argument("--dry-run", action="store_true", help="Only says what would become.")

    def handle(self, *args, file, **options):
        try:
            row = self._taken(file, options)
        except Unreadable as problem:
            raise CommandError(str(problem)) from problem
        try:
            self._read(row, options)
            self._map(row, options["map"])
            self._say_columns(row)
        except BaseException:
            row.discard()
            raise
        if options["dry_run"]:
            self._try(row)
        else:
            self._import(row)

    # What is imported, and how

    def _taken(self, path, options):
        by = self._person(options["by"])
        try:
            with path.open("rb") as file:
                return parts.take(path.name, Sized(file), by=by)
        except OSError as problem:
            raise CommandError(f"{path}: {problem.strerror}") from problem

    def _person(self, email):
        if not email:
            return None
        person = get_user_model().objects.filter(email=email.strip().lower()).first()
        if person is None or not policy.leads_the_team(person):
            raise CommandError(f"{email} is no manager or administrator who works here.")
        return person

    def _read(self, row, options):
        delimiter = options["delimiter"]
        delimiter = NAMED.get(delimiter, delimiter) or row.delimiter
        if delimiter not in DELIMITERS:
            raise CommandError("--delimiter: one of , ; tab |")
        try:
            parts.read_as(row, options["encoding"] or row.encoding, delimiter)
        except Unreadable as problem:
            raise CommandError(str(problem)) from problem
        row.duplicates = options["duplicates"]
        try:
            row.source = Lead._meta.get_field("source").clean(options["source"], None)
        except ValidationError as problem:
            raise CommandError(f"--source: {' '.join(problem.messages)}") from problem

    def _map(self, row, said):
        for text in said:
            head, equals, name = text.rpartition("=")
            if not equals or head not in row.heads:
                raise CommandError(f"--map {text}: the columns are {', '.join(row.heads)}.")
            target = target_called(name.strip())
            if target is None:
                raise CommandError(f"--map {text}: {name} is no field of a lead.")
            row.targets[row.heads.index(head)] = target
        if not any(target not in (KEEP, LEAVE_OUT) for target in row.targets):
            raise CommandError("No column is known: say with --map what they are.")
        row.save()

    def _say_columns(self, row):
        names = {KEEP: "kept with the lead", LEAVE_OUT: "left out"}
        for head, target in zip(row.heads, row.targets, strict=True):
            self.stdout.write(f"  {head}: {names.get(target, target)}")

    # Doing it

    def _try(self, row):
        try:
            count, failing = self._failing(row)
        except Unreadable as problem:
            raise CommandError(str(problem)) from problem
        finally:
            row.discard()
        self.stdout.write(f"{count:,} rows, of which {len(failing):,} would fail.")
        self._say_rows(failing)

    def _failing(self, row):
        reader, count, failing = Reader(row), 0, []
        for number, cells in parts.table_of(row):
            count += 1
            read = reader.read(number, cells)
            if problem := read.problem or read.lacking():
                failing.append((number, *problem))
        return count, failing

    def _import(self, row):
        importer = Importer()
        row.start(language="en", worker=importer.worker)
        with interrupts() as stopping:
            while row.state == FileImport.State.RUNNING:
                if stopping.is_set():
                    cancel(row)
                else:
                    self._step(row, importer)
        self._conclude(row)

    def _step(self, row, importer):
        """A batch; the lease keeps the workers away."""
        row.lease(importer.worker)
        importer.work(row)
        row.refresh_from_db()
        if row.next_attempt_at or row.parked_at:
            raise CommandError(f"It failed ({row.error}); a worker tries it again.")
        if sys.stdout.isatty():
            self._draw(progress_of(row))

    def _draw(self, progress):
        filled = WIDTH * progress.percent // 100
        bar = "#" * filled + "-" * (WIDTH - filled)
        left = "" if progress.left is None else f", {progress.left} s left"
        line = (
            f"\r[{bar}] {progress.percent:3} %  {progress.done:,} rows, {progress.rate:,}/s{left}"
        )
        self.stdout.write(line.ljust(79), ending="")
        self.stdout.flush()

    def _conclude(self, row):
        if sys.stdout.isatty():
            self.stdout.write("")
        counts = (row.created, row.updated, row.skipped, row.failed_rows)
        said = "{:,} created, {:,} updated, {:,} skipped, {:,} failed.".format(*counts)
        self.stdout.write(f"{row.get_state_display().capitalize()}: {said}")
        failed = row.rows.filter(outcome=Outcome.FAILED).order_by("number")
        self._say_rows(failed.values_list("number", "column", "reason"))
        if row.state == FileImport.State.CANCELLED:
            sys.exit(CANCELLED)
        if row.state != FileImport.State.DONE:
            raise CommandError(row.reason or "It did not end.")
        if row.failed_rows:
            sys.exit(1)

    def _say_rows(self, rows):
        for number, column, reason in rows[:SHOWN]:
            self.stdout.write(f"  row {number}{column and f', {column}'}: {reason}")
        if len(rows) > SHOWN:
            self.stdout.write(f"  and {len(rows) - SHOWN:,} more: the page of the import has all.")


@contextmanager
def interrupts():
    """An event that Ctrl-C sets, instead of breaking off in the middle of a batch."""
    stopping, before = threading.Event(), {}
    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, lambda *_: stopping.set())
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Sized:
    """A file of a disk as a form's is."""

    def __init__(self, file):
        self.size, self.read = os.fstat(file.fileno()).st_size, file.read
