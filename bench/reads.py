"""Rows of reading: a user with a million notifications against one with a thousand, and against
the bare SQL of the same.

Both users get the same page from the same requests, one after the other, over HTTP on connections
that are kept, so a figure holds everything a client waits for, its own work and that of two sockets
included. The bare SQL is what the view asks, by psycopg, without the query that checks the sign-in
and without making JSON of the rows.

The server's time, which the demand is on, is that of the application without sockets, and that of
the view alone a part of it: bench/inside/reads.py says what each holds.
"""

import http.client
import json
import time
from time import perf_counter

import psycopg

from bench.figures import Figure
from bench.posts import BODY
from bench.stage import Broken

BASE = "/api/notifications/"
FEW = 1000
UNREAD = 100
CHANGED = 50  # what `changes` is asked for
TIMES_OF_FEW = 1.2
TIMES_OF_SQL = 4
WARM_UP = 3

# They are of `leads` leads in turn, the first of which is `lead`.
# The id is a UUID v7: time, version, variant, and the user to tell two users' rows apart.
BUILD = """
    INSERT INTO notifications_notification (
        id, recipient_id, type, title, message, url, related_lead_id, actor_id,
        seq, arrival, read_at, created_at, updated_at
    )
    SELECT (lpad(to_hex(1700000000000 + n), 12, '0') || '70008000' ||
            lpad(to_hex(%(user)s::bigint), 12, '0'))::uuid,
           %(user)s, 'lead_created', 'New Lead Created', 'John Doe (ABC Company) added to pipeline',
           '/leads/' || lead || '/', lead, %(user)s, n, n,
           CASE WHEN n <= %(count)s - %(unread)s THEN now() END,
           now() - (%(count)s - n) * interval '1 second',
           now() - (%(count)s - n) * interval '1 second'
      FROM generate_series(1, %(count)s) AS n,
           LATERAL (SELECT %(lead)s::bigint + n %% %(leads)s::bigint AS lead) AS of_it
"""
INBOX = "SELECT * FROM notifications_inbox WHERE user_id = %(user)s"
LIST = """
    SELECT * FROM notifications_notification
     WHERE recipient_id = %(user)s AND deleted_at IS NULL
     ORDER BY arrival DESC, id DESC LIMIT 51
"""
CHANGES = """
    SELECT * FROM notifications_notification
     WHERE recipient_id = %(user)s AND seq > %(since)s AND seq <= %(count)s
     ORDER BY seq, arrival LIMIT 501
"""
LOCK = "SELECT * FROM notifications_inbox WHERE user_id = %(user)s FOR UPDATE"
MARK = """
    UPDATE notifications_notification SET read_at = now(), updated_at = now(), seq = %(count)s
     WHERE recipient_id = %(user)s AND read_at IS NULL AND deleted_at IS NULL
"""
COUNT = "UPDATE notifications_inbox SET seq = seq + 1, unread_count = 0 WHERE user_id = %(user)s"
UNMARK = """
    UPDATE notifications_notification SET read_at = NULL
     WHERE recipient_id = %(user)s AND arrival > %(count)s - %(unread)s
"""
UNCOUNT = "UPDATE notifications_inbox SET unread_count = %(unread)s WHERE user_id = %(user)s"


class Reader:
    """One user with ``count`` notifications, of which the last UNREAD are unread."""

    def __init__(self, stage, card, count):
        self.stage, (self.user, self.token), self.count = stage, card, count
        self.connection = psycopg.connect(stage.postgres.url, autocommit=True)
        self.http = http.client.HTTPConnection("127.0.0.1", stage.leadbell.port, timeout=60)
        since, unread = count - CHANGED, UNREAD
        self.values = {"user": self.user, "count": count, "since": since, "unread": unread}

    def build(self, lead):
        self.stage.sql(BUILD, self.values | {"lead": lead, "leads": 1})
        where = "WHERE user_id = %(user)s"
        numbers = "seq = %(count)s, unread_count = %(unread)s, kept_since = 0"
        self.stage.sql(f"UPDATE notifications_inbox SET {numbers} {where}", self.values)  # noqa: S608

    def ask(self, method, path, body=None):
        head = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        self.http.request(method, path, body, head)
        answer = self.http.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise Broken(f"{method} {path} was answered {answer.status}: {content[:300]}")
        return json.loads(content)

    def unread(self):
        self.sql(UNMARK, UNCOUNT)

    def sql(self, *queries):
        for query in queries:
            cursor = self.connection.execute(query, self.values)
            if cursor.description:
                cursor.fetchall()

    def marked(self):
        with self.connection.transaction():
            self.sql(LOCK, MARK, COUNT)

    def over_http(self):
        """Each read by its name."""
        changes = f"{BASE}changes/?since={self.values['since']}"
        return {
            "list of 50": lambda: self.ask("GET", BASE),
            "unread count": lambda: self.ask("GET", f"{BASE}unread-count/"),
            "changes": lambda: self.ask("GET", changes),
            "mark all read": lambda: self.ask("POST", f"{BASE}mark-all-read/"),
        }

    def by_sql(self):
        return {
            "list of 50": lambda: self.sql(INBOX, LIST),
            "unread count": lambda: self.sql(INBOX),
            "changes": lambda: self.sql(INBOX, CHANGES),
            "mark all read": self.marked,
        }


def measure(stage, options):
    few, many = prepared(stage, options.rows_of_user)
    found, words = [], (many.user, many.token, many.count, options.repeats)
    inside = json.loads(stage.inside(*map(str, words), module="bench.inside.reads"))
    for name in few.over_http():
        ways = {"few": few.over_http(), "many": many.over_http(), "sql": many.by_sql()}
        times = timed({way: ways[way][name] for way in ways}, few, many, options)
        found += figures(name, times, inside.get(name))
    return found


def prepared(stage, count):
    stage.afresh(2)
    readers = Reader(stage, stage.cards[0], FEW), Reader(stage, stage.cards[1], count)
    lead = readers[0].ask("POST", "/api/leads/", BODY)["id"]
    table = "notifications_notification"
    while stage.sql(f"SELECT count(*) FROM {table}")[0][0] < len(readers):  # noqa: S608
        time.sleep(0.1)
    stage.sql(f"TRUNCATE {table} CASCADE")
    for reader in readers:
        reader.build(lead)
    stage.sql(f"VACUUM (ANALYZE) {table}")
    stage.sql("CHECKPOINT")
    return readers


def timed(ways, few, many, options):
    """Milliseconds of each way, ``repeats`` of them, the ways taking turns."""
    times = {way: [] for way in ways}
    for number in range(-WARM_UP, options.repeats):
        for way, act in ways.items():
            (few if way == "few" else many).unread()
            began = perf_counter()
            act()
            if number >= 0:
                times[way].append((perf_counter() - began) * 1000)
    return times


def figures(name, times, inside):
    few, many, sql = times["few"], times["many"], times["sql"]
    bound = {"at_most": TIMES_OF_FEW, "against": "a user with 1,000"}
    yield Figure(f"{name}, user with very many", "ms", many, few, **bound)
    yield Figure(f"{name}, over HTTP, as a client waits", "ms", many, sql, against="bare SQL")
    if inside:
        server, view, sql = inside["server"], inside["view"], inside["sql"]
        bound = {"at_most": TIMES_OF_SQL if name == "list of 50" else None, "against": "bare SQL"}
        yield Figure(f"{name}, the server's time", "ms", server, sql, **bound)
        yield Figure(f"{name}, the view alone", "ms", view, sql, against="bare SQL")
