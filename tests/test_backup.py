"""A backup by the commands of docs/upgrading.md, restored into an empty database, works."""

import json
import os
import re
import secrets
import sqlite3
import subprocess
import sys
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from leads.models import Lead
from notifications.models import Notification
from tests.factories import LeadFactory
from tests.servers import ROOT, environment, serving
from tools import programs

KEY = secrets.token_hex(32)
OURS = ("crm", "leads", "chat", "notifications")


def commands(heading) -> list[str]:
    """Those of that part of the document, PostgreSQL's first."""
    part = (ROOT / "docs" / "upgrading.md").read_text().split(f"\n## {heading}\n")[1]
    return re.findall(r"```sh\n(.*?)\n```", part.split("\n## ")[0], re.DOTALL)


def shell(command, folder, **variables):
    tools = [os.path.dirname(sys.executable)]
    if postgres := programs.find(programs.POSTGRES):
        tools.append(str(postgres.parent))
    path = os.pathsep.join([*tools, os.environ["PATH"]])
    ended = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=os.environ | {"PATH": path} | variables,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stderr


@pytest.fixture
def empty_database():
    """The address of one, whose owner may do nothing else."""
    ours = urlsplit(environment()["DATABASE_URL"])
    name, password = f"restored_{secrets.token_hex(4)}", secrets.token_hex(8)
    admin = ours._replace(path="/postgres").geturl()
    with psycopg.connect(admin, autocommit=True) as server:
        server.execute(f"CREATE ROLE {name} LOGIN NOSUPERUSER PASSWORD '{password}'")
        server.execute(f"CREATE DATABASE {name} OWNER {name}")
        place = f"{name}:{password}@{ours.hostname}:{ours.port}"
        yield f"postgres://{place}/{name}"
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        server.execute(f"DROP ROLE {name}")


def counts(cursor) -> dict:
    found = {}
    for name in connection.introspection.table_names():
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name)))
        (found[name],) = cursor.fetchone()
    return found


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.usefixtures("administrator", "owner")
def test_what_postgresql_restores_is_all_there_and_the_doctor_is_content(empty_database, tmp_path):
    LeadFactory.create_batch(3, company="Ünïcode & Söhne")
    assert Notification.objects.count() == 6
    (dump,), (restore,) = commands("Backup")[:1], commands("Restore")
    shell(dump, tmp_path, DATABASE_URL=environment()["DATABASE_URL"])
    with connection.cursor() as cursor:
        before = counts(cursor)
    Lead.objects.all().delete()
    shell(restore, tmp_path, NEW_DATABASE_URL=empty_database)
    with psycopg.connect(empty_database) as restored:
        assert counts(restored.cursor()) == before
    assert examined(empty_database, tmp_path) == {"ok": True, "failed": []}


def examined(database, folder) -> dict:
    """What the doctor finds, with a server and a worker on that database."""
    production = {
        "DATABASE_URL": database,
        "DEBUG": "false",
        "SECRET_KEY": KEY,
        "ALLOWED_HOSTS": "crm.example.com",
        "REDIS_PREFIX": "restored",
    }
    manage = [sys.executable, "manage.py"]
    options = {"cwd": ROOT, "env": environment(**production)}
    with serving(folder, **production | {"ALLOWED_HOSTS": "127.0.0.1,crm.example.com"}) as server:
        worker = subprocess.Popen([*manage, "worker"], stdout=subprocess.PIPE, **options)
        try:
            worker.stdout.readline()  # it works
            until_it_lives(database)
            said = subprocess.run(
                [*manage, "doctor", "--json", "--url", server.base],
                capture_output=True,
                timeout=120,
                **options,
            )
        finally:
            worker.terminate()
            worker.communicate(timeout=30)
    report = json.loads(said.stdout)
    failed = [check for check in report["checks"] if not check["ok"]]
    return {"ok": report["ok"], "failed": failed}


def until_it_lives(database):
    with psycopg.connect(database, autocommit=True) as restored:
        for _ in range(400):
            if restored.execute("SELECT 1 FROM notifications_workerprocess").fetchone():
                return
            restored.execute("SELECT pg_sleep(0.05)")


def test_what_sqlite_restores_is_all_there_while_somebody_writes(tmp_path):
    (backup,) = commands("Backup")[1:]
    with sqlite3.connect(tmp_path / "db.sqlite3") as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("CREATE TABLE lead (name text)")
        writer.execute("INSERT INTO lead VALUES ('Jo')")
        writer.commit()
        writer.execute("INSERT INTO lead VALUES ('not yet')")
        assert (tmp_path / "db.sqlite3-wal").stat().st_size
        shell(backup, tmp_path)
        writer.rollback()
    restored = sqlite3.connect(tmp_path / "leadbell.sqlite3")
    assert restored.execute("SELECT name FROM lead").fetchall() == [("Jo",)]
    restored.close()
    writer.close()


def test_every_migration_can_be_undone():
    migrations = MigrationLoader(None).disk_migrations
    mine = {key: migration for key, migration in migrations.items() if key[0] in OURS}
    assert len(mine) > 20
    stuck = {
        key: operation
        for key, migration in mine.items()
        for operation in migration.operations
        if not operation.reversible
    }
    assert stuck == {}
