"""A lead that goes is taken off its notifications, or another takes its place there: a change of
each of them, with a number.

As with what arrives (notifications/models/arrival.py) there are two ways of it, one statement on
PostgreSQL and its twin in the ORM, which tests/test_parting.py holds equal. The caller holds the
lead, or both, and the inboxes.
"""

from typing import NamedTuple

from django.db import connection, models
from django.utils import timezone

from notifications import frames
from notifications.models.inbox import Inbox
from notifications.realtime import Push

# Rows that are alike in these differ in their ids and numbers only.
TEXTS = ("type", "title", "message", "url", "read_at", "actor_id", "created_at")

PART = """
    WITH told AS (
        SELECT id, recipient_id, unread_count, inbox.seq + row_number() OVER (
            PARTITION BY recipient_id ORDER BY arrival
        ) AS seq
        FROM notifications_notification JOIN notifications_inbox AS inbox ON user_id = recipient_id
        WHERE related_lead_id = %(lead)s AND deleted_at IS NULL {among}
    ),
    moved AS (
        UPDATE notifications_inbox AS inbox SET seq = last.seq
        FROM (SELECT recipient_id, max(seq) AS seq FROM told GROUP BY recipient_id) AS last
        WHERE user_id = recipient_id
    ),
    changed AS (
        UPDATE notifications_notification AS row
        SET related_lead_id = %(heir)s, url = {url}, seq = told.seq, updated_at = %(at)s
        FROM told WHERE row.id = told.id
        RETURNING row.*, unread_count
    )
    SELECT id, recipient_id, seq, unread_count,
        type, title, message, url, read_at, actor_id, created_at
    FROM changed ORDER BY arrival, recipient_id
"""

OFF = "''"
ON = """CASE WHEN starts_with(url, %(path)s) THEN %(to)s || substr(url, length(%(path)s) + 1)
    ELSE url END"""


class Heir(NamedTuple):
    """The lead that takes the place of another in the notifications ``ids``. What of a url is
    ``path``, the page of the one, is then ``to``, the page of the other."""

    lead_id: int
    path: str
    to: str
    ids: list

    def url(self, url: str) -> str:
        return self.to + url.removeprefix(self.path) if url.startswith(self.path) else url


def way():
    return in_sets if connection.vendor == "postgresql" else by_rows


def in_sets(rows, lead_id, inboxes, heir: Heir | None = None) -> list[Push]:
    """Stores the change of ``rows``, all of the lead's that nobody deleted, or those of them that
    get an ``heir``; returns its pushes, by arrival."""
    at, fills, pushes = timezone.now(), {}, []
    values = {"lead": lead_id, "at": at, "heir": heir and heir.lead_id}
    query = PART.format(among="", url=OFF)
    if heir:
        query = PART.format(among="AND id = ANY(%(ids)s)", url=ON)
        values |= heir._asdict()
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        for pk, user_id, seq, unread, *texts in cursor.fetchall():
            texts = tuple(texts)
            if texts not in fills:
                fields = dict(zip(TEXTS, texts, strict=True))
                alike = rows.model(updated_at=at, related_lead_id=values["heir"], **fields)
                fills[texts] = frames.for_each(frames.updated, alike.as_json())
            pushes.append(Push(user_id, fills[texts](seq, unread, str(pk)), seq))
    return pushes


def by_rows(rows, lead_id, inboxes, heir: Heir | None = None) -> list[Push]:
    """``in_sets`` through the ORM."""
    by_user = {inbox.pk: inbox for inbox in inboxes}
    changed, pushes = list(rows.order_by("arrival", "recipient_id")), []
    for row in changed:
        row.related_lead_id = heir and heir.lead_id
        row.url = heir.url(row.url) if heir else ""
        pushes.append(row.number(by_user[row.recipient_id], unread=0))
    fields = ["related_lead", "url", "seq", "updated_at"]
    models.QuerySet.bulk_update(rows, changed, fields, batch_size=500)
    Inbox.store(inboxes)
    return pushes
