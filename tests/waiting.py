"""Who waits in PostgreSQL, which tells nobody when a session begins to: it is asked again and
again."""

import time

from django.db import connection


def somebody_waits() -> bool:
    """Whether a session waits for a lock that another holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees the first only
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return cursor.fetchone()[0] > 0


def until_somebody_waits(seconds=10) -> None:
    deadline = time.monotonic() + seconds
    while not somebody_waits():
        assert time.monotonic() < deadline, "Nobody waits"
        time.sleep(0.02)
