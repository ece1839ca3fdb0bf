"""`python -m bench.inside.fanout REPEATS`: one lead's fan-out to every active user, commit to
commit, against a bare INSERT ... SELECT of the very rows it made; prints milliseconds.

The clock runs from the call of `Event.objects.fan_out` to the return of its last COMMIT; the pushes
after it are not counted. The bare statement goes into a table with the same columns, indexes and
constraints, foreign keys included, in a transaction of its own. The two take turns.
"""

import json
import sys
from time import perf_counter

from django.db import connections

from leads.models import Lead
from notifications.models import Event, Notification, fan_out

database = connections["default"]
WARM_UP = 3
TABLE = Notification._meta.db_table
BARE = "bench_bare"
INSERT = f"INSERT INTO {BARE} SELECT * FROM {TABLE} WHERE event_id = %s"  # noqa: S608
FOREIGN_KEYS = """
    SELECT pg_get_constraintdef(oid) FROM pg_constraint
     WHERE conrelid = %s::regclass AND contype = 'f'
"""


class Commits:
    """Notes when the connection's last COMMIT returned."""

    def __init__(self):
        database.ensure_connection()
        self.at, self.commit = 0.0, database._commit
        database._commit = self

    def __call__(self):
        self.commit()
        self.at = perf_counter()


def main(repeats):
    fan_out.wake = lambda: None  # what a commit wakes in a server; here we say when
    make_bare_table()
    commits, times = Commits(), []
    for _ in range(WARM_UP + repeats):
        lead = Lead(first_name="John", last_name="Doe", email="john@example.com")
        lead.save()
        times.append((fanned_out(commits), inserted(lead.events.get().pk)))
    ours, bare = zip(*times[WARM_UP:], strict=True)
    print(json.dumps({"fanOut": ours, "insert": bare}))


def fanned_out(commits):
    began = perf_counter()
    done = Event.objects.fan_out()
    if done != 1:
        raise SystemExit(f"{done} events were fanned out instead of one")
    return (commits.at - began) * 1000


def inserted(event_id):
    with database.cursor() as cursor:
        began = perf_counter()
        cursor.execute(INSERT, [event_id])
        return (perf_counter() - began) * 1000


def make_bare_table():
    with database.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {BARE}")
        cursor.execute(f"CREATE TABLE {BARE} (LIKE {TABLE} INCLUDING ALL)")
        cursor.execute(FOREIGN_KEYS, [TABLE])
        for (definition,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {BARE} ADD {definition}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
