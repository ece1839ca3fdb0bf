"""Waiting for what tells nobody when it happens, in another process or in PostgreSQL: it is asked
again and again."""

import threading

from django.db import connection


def until(true, seconds=30) -> None:
    waiting = threading.Event()
    for _ in range(20 * seconds):
        if true():
            return
        waiting.wait(0.05)
    raise AssertionError(f"It did not come true within {seconds} s.")


def somebody_waits() -> bool:
    """Whether a session waits for a lock that another holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees the first only
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return cursor.fetchone()[0] > 0
