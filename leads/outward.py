"""What happens to leads, told outside. Whom it is told is an app above's to know: that one puts
itself here when it starts, and is called within the transaction of the change."""

from collections.abc import Callable

from django.db.models import QuerySet

CREATED, UPDATED, DELETED = "lead.created", "lead.updated", "lead.deleted"

recorders: list[Callable[[str, list], None]] = []
keepers: list[Callable[[list[int]], QuerySet]] = []  # by ids, the rows that say what leads were


def record(kind: str, leads: list) -> None:
    """The caller's transaction stores what is recorded, or rolls it back."""
    for recorder in recorders:
        recorder(kind, leads)


def kept_of(lead_ids: list[int]) -> list[QuerySet]:
    """What was told of leads and is kept above."""
    return [keeper(lead_ids) for keeper in keepers]
