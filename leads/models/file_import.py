"""Files of leads that somebody brings in: their parts, how far each is, and what became of rows.

The row is the queue. A batch of rows is stored in one transaction with how far the file was read,
under the lock of the import, so that a worker that is killed loses none and doubles none; a lease
only keeps others from trying the same.
"""

from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from leads.fields import LineField
from leads.models.lead import Lead
from notifications.models.attempts import Attempts, AttemptsQuerySet

LEASE = timedelta(seconds=15)
ABANDONED = timedelta(days=1)
PART_BYTES = 512 * 1024


class FileImportQuerySet(AttemptsQuerySet):
    def at_work(self):
        """What a worker has to do something for."""
        return self.due().filter(state__in=FileImport.AT_WORK)

    def claim(self, worker) -> "FileImport | None":
        """The oldest that no other worker is at, leased to this one; None where there is none."""
        now = timezone.now()
        free = Q(leased_until=None) | Q(leased_until__lte=now) | Q(worker=worker)
        with transaction.atomic():
            rows = self.at_work().filter(free).select_for_update(skip_locked=True, of=("self",))
            row = rows.order_by("pk").first()
            if row is not None:
                row.lease(worker)
        return row

    def abandoned(self):
        """Nobody went on with it: it was sent in part, or never started."""
        before_start = (FileImport.State.UPLOADING, FileImport.State.READY)
        old = timezone.now() - ABANDONED
        return self.filter(state__in=before_start, created_at__lt=old)


class FileImport(Attempts):
    class State(models.TextChoices):
        UPLOADING = "uploading", _("being sent")
        READY = "ready", _("not started")
        RUNNING = "running", _("running")
        DONE = "done", pgettext_lazy("import", "done")
        CANCELLED = "cancelled", pgettext_lazy("import", "cancelled")
        STOPPED = "stopped", _("stopped")  # the file is no table from some row on
        UNDOING = "undoing", _("being undone")
        UNDONE = "undone", _("undone")

    class Duplicates(models.TextChoices):
        SKIP = "skip", _("Skip the row")
        UPDATE = "update", _("Update the lead")
        CREATE = "create", _("Create another lead")

    AT_WORK = (State.RUNNING, State.UNDOING)
    ENDED = (State.DONE, State.CANCELLED, State.STOPPED)
    UNDOABLE = timedelta(days=7)
    REPORTED = timedelta(days=30)

    name = LineField(_("file"), max_length=200)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    version = models.CharField(
        max_length=32, blank=True, editable=False, help_text="When the file was changed last."
    )
    state = models.CharField(max_length=16, choices=State, default=State.UPLOADING)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    language = models.CharField(max_length=8, default="en", help_text="Of its reasons.")
    # How it is read
    encoding = models.CharField(_("encoding"), max_length=16, blank=True)
    delimiter = models.CharField(_("delimiter"), max_length=1, blank=True)
    lines = models.PositiveBigIntegerField(default=0, help_text="Of the file, blank ones too.")
    heads = models.JSONField(default=list, blank=True)
    # What becomes of it
    targets = models.JSONField(default=list, blank=True, help_text="A field for each head.")
    duplicates = models.CharField(
        _("duplicates"), max_length=16, choices=Duplicates, default=Duplicates.SKIP
    )
    source = LineField(_("source"), max_length=100, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    tags = models.JSONField(_("tags"), default=list, blank=True)
    # How far it is
    position = models.PositiveBigIntegerField(
        default=0, help_text="The last row that was dealt with."
    )
    line = models.PositiveBigIntegerField(default=0, help_text="And the line on which it ended.")
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed_rows = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True, help_text="For which it stopped.")
    # Undoing it
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    undo_began_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    undo_touched = models.BooleanField(default=False, help_text="Those worked on since go, too.")
    undo_place = models.PositiveBigIntegerField(default=0, help_text="The last row undone.")
    undo_done = models.PositiveIntegerField(default=0)
    undo_kept = models.PositiveIntegerField(default=0)
    # Who is at it
    worker = models.UUIDField(null=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)

    objects = FileImportQuerySet.as_manager()

    class Meta:
        indexes = [
            # Serves the workers, which look every second.
            models.Index(
                fields=["id"], name="import_at_work", condition=Q(state__in=["running", "undoing"])
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("imports:detail", args=[self.pk])

    # What it says of itself

    @property
    def dealt_with(self) -> int:
        return self.created + self.updated + self.skipped + self.failed_rows

    @property
    def has_ended(self) -> bool:
        return self.state in self.ENDED

    @property
    def is_at_work(self) -> bool:
        return self.state in self.AT_WORK

    @property
    def may_be_undone(self) -> bool:
        """As far as time goes."""
        made = self.created or self.updated
        return bool(self.has_ended and made and timezone.now() < self.ended_at + self.UNDOABLE)

    @property
    def undoable_until(self):
        return self.ended_at and self.ended_at + self.UNDOABLE

    @cached_property
    def received(self) -> list[int]:
        """The numbers of the parts that are here."""
        return list(self.parts.order_by("number").values_list("number", flat=True))

    # What is done with it

    def arrive(self) -> bool:
        """It is here as a whole, and read so; False where another request said so first, after
        which it may have been started, or where it was discarded meanwhile."""
        read_so = ("encoding", "lines", "delimiter", "heads", "targets")
        found = {name: getattr(self, name) for name in read_so}
        return self._go(self.State.UPLOADING, state=self.State.READY, **found)

    def start(self, language: str, worker=None) -> bool:
        """Lets a worker begin, or this one; False where it was begun or discarded already."""
        begun = {"state": self.State.RUNNING, "started_at": timezone.now(), "language": language}
        lease = {"worker": worker, "leased_until": worker and timezone.now() + LEASE}
        return self._go(self.State.READY, **begun, **lease)

    def lease(self, worker) -> None:
        """For LEASE from now it is this worker's."""
        self.worker, self.leased_until = worker, timezone.now() + LEASE
        self.save(update_fields=["worker", "leased_until"])

    def discard(self) -> bool:
        """Of what was not started nothing remains."""
        before = (self.State.UPLOADING, self.State.READY)
        return bool(FileImport.objects.filter(pk=self.pk, state__in=before).delete()[0])

    def undo(self, by, touched_too: bool) -> bool:
        """Lets a worker undo it; False where it is too late, or was undone already. Leads that
        somebody worked on since go only with ``touched_too``."""
        if not self.may_be_undone:
            return False
        asked = {"undone_by": by, "undo_began_at": timezone.now(), "undo_touched": touched_too}
        return self._go(self.state, state=self.State.UNDOING, **asked)

    def try_again(self) -> bool:
        """What failed too often is due again."""
        return bool(FileImport.objects.filter(pk=self.pk).parked().try_again())

    def _go(self, from_state, **fields) -> bool:
        """Whoever races, one goes on from there."""
        fields = {"worker": None, "leased_until": None} | fields
        gone = FileImport.objects.filter(pk=self.pk, state=from_state).update(**fields)
        if gone:
            self.refresh_from_db()
        return bool(gone)


class FilePart(models.Model):
    """A part of the file, of PART_BYTES but for the last. They go when the import has ended."""

    file_import = models.ForeignKey(
        FileImport, on_delete=models.CASCADE, related_name="parts", db_index=False
    )
    number = models.PositiveIntegerField(help_text="From 0.")
    content = models.BinaryField()

    class Meta:
        constraints = [
            # Serves reading part after part; of one that is sent twice the later counts.
            models.UniqueConstraint(fields=["file_import", "number"], name="part_once")
        ]

    def __str__(self):
        return f"{self.file_import_id}: {self.number}"

    def clean(self):
        if len(self.content) > PART_BYTES:
            raise ValidationError(_("This part is too large."))


class ImportedRow(models.Model):
    """A row of the file that made no lead of its own: of what was created the lead's origin
    tells."""

    class Outcome(models.TextChoices):
        UPDATED = "updated", _("updated")
        SKIPPED = "skipped", _("skipped")
        FAILED = "failed", _("failed")

    file_import = models.ForeignKey(
        FileImport, on_delete=models.CASCADE, related_name="rows", db_index=False
    )
    number = models.PositiveBigIntegerField(help_text="In the file: the heads are row 1.")
    outcome = models.CharField(max_length=16, choices=Outcome)
    column = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)
    cells = models.JSONField(default=list, help_text="As they came; of an updated lead none.")
    lead = models.ForeignKey(
        Lead, on_delete=models.SET_NULL, null=True, related_name="imported_rows"
    )
    took = models.JSONField(default=dict, help_text="What an updated lead took: from, to.")
    at = models.DateTimeField(default=timezone.now)
    undone = models.BooleanField(default=False)

    class Meta:
        indexes = [
            # Serves the report, in the order of the file.
            models.Index(fields=["file_import", "outcome", "number"], name="imported_row_report"),
        ]

    def __str__(self):
        return f"{self.number}: {self.outcome}"
