"""Arrival of many at once: each event of a batch becomes a notification in each inbox.

The notifications of one event differ between users in little: their ids and numbers. So none is
made by itself: a frame is rendered once an event and filled in for each user, and the rows are
stored by ``InSets``, one statement for all of them on PostgreSQL, or by ``ByRows``, its twin in the
ORM for other databases. tests/test_arrival.py holds the two equal.

Who gets it is notifications/models/audience.py's to say. Both ways lock leads, events and inboxes
in the order that notifications/models/inbox.py names.
"""

import functools
import secrets
import struct
import time
from typing import NamedTuple
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.db.models import F
from django.utils import timezone

from notifications import frames
from notifications.models.audience import Audience
from notifications.models.inbox import Inbox
from notifications.models.leads import hold
from notifications.models.notification import Notification
from notifications.models.preference import Preference
from notifications.realtime import Push


class Position(NamedTuple):
    """Where an inbox stands, and what its user chose to hear: a choice by kind, where it is not
    everything."""

    user_id: int
    seq: int
    unread: int
    wants: dict = {}  # never changed


class Arriving(NamedTuple):
    """A notification as far as it is not its event's."""

    pk: str
    event_id: int
    user_id: int
    seq: int
    reason: str


def way():
    return InSets if connection.vendor == "postgresql" else ByRows


def claim(events, limit: int) -> tuple[list, bool]:
    """The first ``limit`` pending of ``events``, a queryset, but for those that somebody else
    holds, each with its lead, held until the end of the transaction; and whether there may be more.
    None while another fan-out is at it, which looks for more when it is done. An event that a
    merge gave to a lead that is not held here is left to the next."""
    return way().claim(events, limit)


def lock(recipients) -> list[Position]:
    """The positions of ``recipients()``, a queryset of users, by user id, locked until the
    transaction ends; who had no inbox has one then. The function gives the same queryset each
    time: compiling it takes longer than asking."""
    return way().lock(recipients)


def arrive(events, positions) -> list[Push]:
    """Stores a notification of each of the claimed ``events`` at those of the locked ``positions``
    whose user gets it, and marks the events as fanned out. Returns the pushes, event by event."""
    at, audience = timezone.now(), Audience(events, positions)
    moved = dict.fromkeys((position.user_id for position in positions), 0)
    rows, pushes = [], []
    for event in events:
        fill = frames.for_each(frames.created, _row(event, at).as_json())
        heard = audience.of(event)
        for (position, reason), pk in zip(heard, new_ids(len(heard)), strict=True):
            user_id, seq, unread, _ = position
            moved[user_id] = by = moved[user_id] + 1
            rows.append(Arriving(pk, event.pk, user_id, seq + by, reason))
            pushes.append(Push(user_id, fill(seq + by, unread + by, pk), seq + by, pk))
    way().store(events, rows, {user_id: by for user_id, by in moved.items() if by}, at)
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


def _row(event, at, arriving=None) -> Notification:
    row = event.notification_for(arriving and arriving.user_id)
    row.created_at = row.updated_at = at
    if arriving:
        row.pk, row.reason = UUID(arriving.pk), arriving.reason
        row.seq = row.arrival = arriving.seq
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
        wants = Preference.objects.by_user()
        return [
            Position(inbox.pk, inbox.seq, inbox.unread_count, wants.get(inbox.pk, {}))
            for inbox in inboxes
        ]

    @classmethod
    def store(cls, events, rows, moved, at):
        by_pk = {event.pk: event for event in events}
        Notification.objects.store([_row(by_pk[row.event_id], at, row) for row in rows])
        cls.move(moved)
        type(events[0]).objects.filter(pk__in=by_pk).update(fanned_out_at=at)

    @staticmethod
    def move(moved):
        """Each inbox goes on by the number of its unread arrivals."""
        for by in set(moved.values()):
            users = [user_id for user_id, count in moved.items() if count == by]
            inboxes = Inbox.objects.filter(pk__in=users)
            inboxes.update(seq=F("seq") + by, unread_count=F("unread_count") + by)


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
        ),
        choice AS (
            SELECT user_id, array_agg(ARRAY[kind, wants]) AS wants
            FROM notifications_preference GROUP BY user_id
        )
        SELECT held.*, choice.wants FROM held LEFT JOIN choice USING (user_id)
        UNION ALL SELECT id, NULL, NULL, NULL FROM missing ORDER BY 1
    """

    STORE = """
        WITH event AS (
            UPDATE notifications_event SET fanned_out_at = %(at)s
            WHERE id = ANY (%(events)s::bigint[])
            RETURNING *
        ),
        moved AS (
            UPDATE notifications_inbox AS inbox
            SET seq = seq + by, unread_count = unread_count + by
            FROM unnest(%(users)s::bigint[], %(moves)s::integer[]) AS move (pk, by)
            WHERE user_id = move.pk
        )
        INSERT INTO notifications_notification (
            id, recipient_id, seq, arrival, reason, event_id, type, title, message, url,
            related_lead_id, actor_id, created_at, updated_at
        )
        SELECT row.id, row.user_id, row.seq, row.seq, row.reason, event.id, kind, title, message,
            url, related_lead_id, actor_id, %(at)s, %(at)s
        FROM event JOIN unnest(
            %(ids)s::uuid[], %(of)s::bigint[], %(by)s::bigint[], %(seqs)s::bigint[],
            %(reasons)s::text[]
        ) AS row (id, event_id, user_id, seq, reason) ON row.event_id = event.id
        ORDER BY row.user_id, row.seq
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
                rows = cursor.fetchall()
                missing = [user_id for user_id, seq, *_ in rows if seq is None]
                if not missing:
                    return [Position(*standing, dict(wants or ())) for *standing, wants in rows]
                Inbox.objects.make(missing)

    @classmethod
    def store(cls, events, rows, moved, at):
        ids, of, by, seqs, reasons = zip(*rows, strict=True) if rows else [()] * 5
        values = {
            "at": at,
            "events": _array(event.pk for event in events),
            "users": _array(moved),
            "moves": _array(moved.values()),
            "ids": _array(ids),
            "of": _array(of),
            "by": _array(by),
            "seqs": _array(seqs),
            "reasons": _array(f'"{reason}"' for reason in reasons),
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
    """A PostgreSQL array of what needs no escape as text: psycopg's own takes 1 µs an element."""
    return "{" + ",".join(map(str, values)) + "}"
