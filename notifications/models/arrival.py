"""Arrival of many at once: each event of a batch becomes a notification in each inbox.

The notifications of one event differ between users in little: their ids and numbers. So none is
made by itself: a frame is rendered once an event and filled in for each user, and the rows are
stored by ``InSets``, one statement for all of them on PostgreSQL, or by ``ByRows``, its twin in the
ORM for other databases. tests/test_arrival.py holds the two equal.

A position is a tuple of an inbox's user id, seq and unread count. Both ways lock leads, events and
inboxes in the order that notifications/models/inbox.py names.
"""

import functools
import secrets
import struct
import time
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.db.models import F
from django.utils import timezone

from notifications import frames
from notifications.models.inbox import Inbox
from notifications.models.leads import hold
from notifications.models.notification import Notification
from notifications.realtime import Push


def way():
    return InSets if connection.vendor == "postgresql" else ByRows


def claim(events, limit: int) -> tuple[list, bool]:
    """The first ``limit`` pending of ``events``, a queryset, but for those that somebody else
    holds, each with its lead, held until the end of the transaction; and whether there may be more.
    None while another fan-out is at it, which looks for more when it is done. An event that a
    merge gave to a lead that is not held here is left to the next."""
    return way().claim(events, limit)


def lock(recipients) -> list[tuple[int, int, int]]:
    """The positions of ``recipients()``, a queryset of users, by user id, locked until the
    transaction ends; who had no inbox has one then. The function gives the same queryset each
    time: compiling it takes longer than asking."""
    return way().lock(recipients)


def arrive(events, positions) -> list[Push]:
    """Stores a notification of each of the claimed ``events`` at each of the locked ``positions``
    and marks the events as fanned out. Returns the pushes, event by event."""
    at, ids, pushes = timezone.now(), [], []
    for nth, event in enumerate(events, 1):
        fill = frames.for_each(frames.created, _row(event, None, at).as_json())
        ids_of_event = new_ids(len(positions))
        ids += ids_of_event
        pushes += [
            Push(user_id, fill(seq + nth, unread + nth, pk), seq + nth, pk)
            for (user_id, seq, unread), pk in zip(positions, ids_of_event, strict=True)
        ]
    way().store(events, positions, ids, at)
    return pushes


def new_ids(count: int) -> list[str]:
    """New ids: UUIDs of version 7 (RFC 9562) that share their time, to the millisecond and the 12
    bits below it (6.2, method 3), before 62 random bits of their own."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    head = f"{milliseconds:012x}7{rest * 4096 // 1_000_000:03x}"
    prefix = f"{head[:8]}-{head[8:12]}-{head[12:]}"
    ids = []
    for number in struct.unpack(f"{count}Q", secrets.token_bytes(8 * count)):
        digits = f"{number >> 2 | 1 << 63:x}"
        ids.append(f"{prefix}-{digits[:4]}-{digits[4:]}")
    return ids


def _row(event, user_id, at) -> Notification:
    row = event.notification_for(user_id)
    row.created_at = row.updated_at = at
    return row


class ByRows:
    """Through the ORM: a row is an instance."""

    @staticmethod
    def claim(events, limit):
        pending = events.pending()
        due = dict(pending.values_list("pk", "related_lead_id")[:limit])
        if not due:
            return [], False
        leads = hold(due.values())
        events = list(pending.filter(pk__in=due).select_for_update(skip_locked=True))
        events = [event for event in events if event.related_lead_id in {None, *leads}]
        for event in events:
            event.related_lead = leads.get(event.related_lead_id)
        return events, len(due) == limit

    @staticmethod
    def lock(recipients):
        inboxes = Inbox.objects.lock(recipients())
        return [(inbox.pk, inbox.seq, inbox.unread_count) for inbox in inboxes]

    @classmethod
    def store(cls, events, positions, ids, at):
        pks = iter(ids)
        rows = []
        for nth, event in enumerate(events, 1):
            for user_id, seq, _ in positions:
                row = _row(event, user_id, at)
                row.pk, row.seq, row.arrival = UUID(next(pks)), seq + nth, seq + nth
                rows.append(row)
        Notification.objects.store(rows)
        cls.move(positions, len(events))
        done = type(events[0]).objects.filter(pk__in=[event.pk for event in events])
        done.update(fanned_out_at=at)

    @staticmethod
    def move(positions, count):
        """Each inbox goes on by ``count`` unread arrivals."""
        inboxes = Inbox.objects.filter(pk__in=[user_id for user_id, _, _ in positions])
        inboxes.update(seq=F("seq") + count, unread_count=F("unread_count") + count)


class InSets:
    """In PostgreSQL's SQL: one statement, and one round trip, each."""

    # All fan-outs lock the same inboxes: so one is at it at a time, and takes what the others leave
    # to it. Should its process freeze, the database ends its turn.
    TURN = """
        SELECT pg_try_advisory_xact_lock(%s),
            set_config('idle_in_transaction_session_timeout', '30s', true)
    """
    KEY = 0x6C656164  # any number that nobody else locks

    # What is due is what EventQuerySet.pending says. The count makes it lock all leads before the
    # first event. What is said of the events again is for one that somebody else delivered or
    # parked while this waited for a lead.
    CLAIM = """
        WITH turn (ours) AS MATERIALIZED ({turn}),
        due (id, lead_id) AS MATERIALIZED (
            SELECT id, related_lead_id FROM notifications_event
            WHERE (SELECT ours FROM turn) AND fanned_out_at IS NULL AND parked_at IS NULL
                AND (next_attempt_at IS NULL OR next_attempt_at <= %s) {among}
            ORDER BY id LIMIT %s
        ),
        lead AS MATERIALIZED (
            SELECT * FROM {leads} WHERE id IN (SELECT lead_id FROM due)
            ORDER BY id FOR KEY SHARE
        ),
        claimed AS MATERIALIZED (
            SELECT {event} FROM notifications_event AS event
            WHERE id IN (SELECT id FROM due) AND fanned_out_at IS NULL AND parked_at IS NULL
                AND (SELECT count(*) FROM lead) >= 0
            FOR UPDATE SKIP LOCKED
        )
        SELECT (SELECT count(*) FROM due), {columns}
        FROM claimed AS event LEFT JOIN lead ON lead.id = event.related_lead_id
        ORDER BY event.id
    """

    # Nothing is locked while an inbox is missing: making one may wait for somebody who makes it
    # too, and who holds an inbox must not wait for one with a smaller id.
    LOCK = """
        WITH recipient (id) AS MATERIALIZED ({recipients}),
        missing AS MATERIALIZED (
            SELECT id FROM recipient
            WHERE NOT EXISTS (SELECT FROM notifications_inbox WHERE user_id = recipient.id)
        ),
        held AS (
            SELECT user_id, seq, unread_count FROM notifications_inbox
            WHERE user_id IN (SELECT id FROM recipient) AND NOT EXISTS (SELECT FROM missing)
            ORDER BY user_id FOR UPDATE
        )
        SELECT * FROM held UNION ALL SELECT id, NULL, NULL FROM missing ORDER BY 1
    """

    # The ids are in the order of the pushes: event by event, and position by position within.
    STORE = """
        WITH event AS (
            UPDATE notifications_event SET fanned_out_at = %(at)s
            FROM unnest(%(events)s::bigint[]) WITH ORDINALITY AS batch (pk, nth)
            WHERE id = batch.pk
            RETURNING *
        ),
        moved AS (
            UPDATE notifications_inbox
            SET seq = seq + %(count)s, unread_count = unread_count + %(count)s
            WHERE user_id = ANY (%(users)s::bigint[])
        )
        INSERT INTO notifications_notification (
            id, recipient_id, seq, arrival, event_id, type, title, message, url,
            related_lead_id, actor_id, created_at, updated_at
        )
        SELECT (%(ids)s::uuid[])[((nth - 1) * %(inboxes)s + place)::integer],
            user_id, seq + nth, seq + nth, event.id, kind, title, message,
            CASE WHEN related_lead_id IS NULL THEN '' ELSE url END,
            related_lead_id, actor_id, %(at)s, %(at)s
        FROM event, unnest(%(users)s::bigint[], %(seqs)s::bigint[])
            WITH ORDINALITY AS inbox (user_id, seq, place)
        ORDER BY place, nth
    """

    @classmethod
    def claim(cls, events, limit):
        event, lead = events.model, apps.get_model("leads.Lead")
        among, params = _among(events)
        query, width = cls._claiming(event, lead, among)
        with connection.cursor() as cursor:
            cursor.execute(query, [cls.KEY, timezone.now(), *params, limit])
            rows = cursor.fetchall()
        claimed = []
        for row in rows:
            one, its_lead = _made(event, row[1:width]), _made(lead, row[width:])
            if one.related_lead_id is None or its_lead is not None:
                one.related_lead = its_lead
                claimed.append(one)
        return claimed, len(claimed) < len(rows) or (bool(rows) and rows[0][0] == limit)

    @classmethod
    @functools.lru_cache(maxsize=8)
    def _claiming(cls, event, lead, among) -> tuple[str, int]:
        """``CLAIM``, and in which column of its rows the lead begins."""
        of_event, of_lead = _columns(event, "event"), _columns(lead, "lead")
        parts = {"event": ", ".join(of_event), "columns": ", ".join(of_event + of_lead)}
        leads = connection.ops.quote_name(lead._meta.db_table)
        query = cls.CLAIM.format(turn=cls.TURN, among=among, leads=leads, **parts)
        return query, 1 + len(of_event)

    @classmethod
    def lock(cls, recipients):
        query, params = _compiled(recipients)
        with connection.cursor() as cursor:
            while True:
                cursor.execute(cls.LOCK.format(recipients=query), params)
                positions = cursor.fetchall()
                missing = [user_id for user_id, seq, _ in positions if seq is None]
                if not missing:
                    return positions
                Inbox.objects.make(missing)

    @classmethod
    def store(cls, events, positions, ids, at):
        values = {
            "at": at,
            "events": _array(event.pk for event in events),
            "count": len(events),
            "users": _array(user_id for user_id, _, _ in positions),
            "seqs": _array(seq for _, seq, _ in positions),
            "inboxes": len(positions),
            "ids": _array(ids),
        }
        with connection.cursor() as cursor:
            cursor.execute(cls.STORE, values)


def _among(events) -> tuple[str, list]:
    """A condition for ``events``, with its parameters; none where they are all that there are."""
    if not events.query.where:
        return "", []
    query, params = events.order_by().values("pk").query.sql_with_params()
    return f"AND id IN ({query})", params


@functools.cache
def _compiled(users):
    return users().order_by().values("pk").query.sql_with_params()


def _columns(model, alias) -> list[str]:
    quote = connection.ops.quote_name
    return [f"{alias}.{quote(field.column)}" for field in model._meta.concrete_fields]


def _made(model, values):
    """The stored row of ``model`` with these ``values`` of its columns, of which the first is its
    id; None for a row that an outer join did not find."""
    if values[0] is None:
        return None
    names, made = [], []
    for field, value in zip(model._meta.concrete_fields, values, strict=True):
        for convert in field.get_db_converters(connection):
            value = convert(value, None, connection)
        names.append(field.attname)
        made.append(value)
    return model.from_db(connection.alias, names, made)


def _array(values) -> str:
    """A PostgreSQL array of numbers or UUIDs as text: psycopg's own takes 1 µs an element."""
    return "{" + ",".join(map(str, values)) + "}"
