"""The door to the audit log, for the rooms below the one that keeps it.

Who keeps the log registers here once, at start (crm/audit.py). What is noted is stored in the
transaction of what it tells of: both are there, or neither is.
"""

from collections.abc import Callable
from enum import StrEnum

from django.db import transaction


class Deed(StrEnum):
    """What these rooms do that the log tells of."""

    EXPORTED = "exported"
    LEAD_ERASED = "lead_erased"
    LEAD_DELETED = "lead_deleted"
    ANNOUNCEMENT_WITHDRAWN = "announcement_withdrawn"


Keeper = Callable[..., None]
_keepers: list[Keeper] = []


def keep_by(keeper: Keeper) -> None:
    """From now on ``keeper(what, about=..., by=...)`` is called for each deed."""
    if keeper not in _keepers:
        _keepers.append(keeper)


def note(what: Deed, *, about: str, by=None) -> None:
    """Tells the log. ``about`` is short and names no person; ``by`` is who did it, where that is
    known here: else it is who sent the request."""
    with transaction.atomic():
        for keeper in _keepers:
            keeper(what, about=about, by=by)
