"""The database: whether it answers, takes what is written, and is as this release expects it."""

import sqlite3

from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from crm.doctor.check import Trouble
from crm.doctor.laps import Laps


def look_at_database(visit) -> str:
    laps = Laps()
    connection.ensure_connection()
    laps.end("connected")
    version = _version()
    _write_and_roll_back()
    laps.end("written and rolled back")
    return f"{version}, {laps}"


def _version():
    if connection.vendor == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    number = connection.pg_version
    return f"PostgreSQL {number // 10000}.{number % 10000}"


def _write_and_roll_back():
    with transaction.atomic():
        recorder = MigrationRecorder(connection)
        if recorder.has_table():
            recorder.record_applied("doctor", "rolled back")
        else:  # nothing was migrated yet
            with connection.cursor() as cursor:
                cursor.execute("CREATE TABLE leadbell_doctor (id integer)")
        transaction.set_rollback(True)


def look_at_migrations(visit) -> str:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        names = [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        raise Trouble(f"{len(names)} not applied: {', '.join(names[:3])}{more}")
    return f"all {len(executor.loader.applied_migrations)} applied"
