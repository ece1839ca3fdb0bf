"""Where a lead came from, with all that came along and is no field of a lead."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from leads.models.delivery import Delivery
from leads.models.file_import import FileImport
from leads.models.lead import Lead


class Origin(models.Model):
    """Of a lead that was made by hand there is none, of two that were merged both."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="origins")
    delivery = models.ForeignKey(
        Delivery, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    file_import = models.ForeignKey(
        FileImport,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="origins",
        db_index=False,
    )
    row = models.PositiveBigIntegerField(
        null=True, editable=False, help_text="Of the file: its heads are row 1."
    )
    made = models.BigIntegerField(
        null=True,
        editable=False,
        help_text="The lead that the row made: after a merge the origin is another's.",
    )
    fields = models.JSONField(
        default=list, help_text="Pairs of name and value, in the sender's order and words."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [
            # Serves what an import made, and undoing it in the order of the file.
            models.Index(
                fields=["file_import", "row"],
                name="origin_import",
                condition=Q(file_import__isnull=False),
            ),
        ]

    @property
    def source_name(self) -> str:
        """Empty for what came through a source that is gone; a file's name for what came by it."""
        return str(self.delivery.source if self.delivery else self.file_import or "")

    @property
    def pairs(self) -> list[dict]:
        return [{"name": name, "value": value} for name, value in self.fields]

    def __str__(self):
        return f"{self.lead}: {len(self.fields)}"
