"""Notifications as they are read most: rows of a prepared query. An instance of the model for each
would take longer to make than all else that becomes of it."""

from collections import namedtuple

from django.apps import apps

from notifications.prepared import Prepared
from notifications.serializers import NotificationSerializer

COLUMNS = (
    "pk", "type", "title", "message", "read_at", "related_lead_id", "url", "actor_id",
    "seq", "arrival", "created_at", "updated_at", "deleted_at",
)  # fmt: skip
NOT_STORED = (0, 0, 0)  # where an inbox stands while nothing has arrived

# The limit stands within, so that of very many rows no more are sorted and joined.
WITH_INBOX = """
    SELECT page.*, inbox.seq, inbox.unread_count, inbox.kept_since
    FROM notifications_inbox AS inbox LEFT JOIN ({} LIMIT %s) AS page ON TRUE
    WHERE inbox.user_id = %s
"""

_serializer = NotificationSerializer()


class Row(namedtuple("Row", COLUMNS)):
    __slots__ = ()

    def as_json(self) -> dict:
        """The notification as REST and the socket give it."""
        return _serializer.to_representation(self)


def newest(user_id: int, limit: int):
    """The first ``limit`` rows of the user's list, and where the inbox stood at that very moment:
    its sequence, its unread count, and since when changes are kept.

    One statement reads both. Read apart, a row could change between the two: it would be past the
    position and missing from the page, and marking all read, the change, tells nothing of what a
    row is.
    """
    return _apart(_newest.rows(user_id, limit, user_id))


def changed(user_id: int, after: int, upto: int, limit: int):
    """The same of the rows whose last change lies after ``after`` and up to ``upto``, in its order,
    tombstones included."""
    return _apart(_changed.rows(user_id, after, upto, limit, user_id))


def _apart(found) -> tuple[list[Row], tuple[int, int, int]]:
    standing = found[0][-3:] if found else NOT_STORED
    return [Row._make(each[:-3]) for each in found if each[0] is not None], standing


def _rows():
    return apps.get_model("notifications.Notification").objects.values_list(*COLUMNS)


_newest = Prepared(
    lambda: _rows().visible_to(0),
    around=f"{WITH_INBOX} ORDER BY page.arrival DESC",
)
_changed = Prepared(
    lambda: _rows().filter(recipient=0, seq__gt=0, seq__lte=0).order_by("seq", "arrival"),
    around=f"{WITH_INBOX} ORDER BY page.seq, page.arrival",
)
