"""What is kept of imports, and for how long."""

from django.utils import timezone

from leads.models import FileImport, ImportedRow

BATCH = 1_000


def forget_abandoned() -> int:
    """What was sent, in part or as a whole, and never started, goes after a day."""
    FileImport.objects.abandoned().delete()
    return 0


def forget_reports() -> int:
    """A batch of the rows of reports whose time is over; the figures stay."""
    old = ImportedRow.objects.filter(file_import__ended_at__lt=timezone.now() - FileImport.REPORTED)
    pks = list(old.values_list("pk", flat=True)[:BATCH])
    return ImportedRow.objects.filter(pk__in=pks).delete()[0]
