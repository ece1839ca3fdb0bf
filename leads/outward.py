"""What happens to leads, told outside. Whom it is told is an app above's to know: that one puts
itself here when it starts, and is called within the transaction of the change."""

from collections.abc import Callable

CREATED, UPDATED, DELETED = "lead.created", "lead.updated", "lead.deleted"

recorders: list[Callable[[str, list], None]] = []


def record(kind: str, leads: list) -> None:
    """The caller's transaction stores what is recorded, or rolls it back."""
    for recorder in recorders:
        recorder(kind, leads)
