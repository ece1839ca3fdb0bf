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

from crm.webhooks.delivery import WebhookDelivery
from crm.webhooks.endpoint import WebhookEndpoint
from leads.models import Lead
from notifications.models import Notification
from tests.factories import LeadFactory
from tests.servers import ROOT, collect_static, environment
from tools import programs, services

KEY = secrets.token_hex(32)
OURS = ("crm", "leads", "chat", "notifications")


def command(begins) -> str:
    """The one of the document that begins so."""
    page = (ROOT / "docs" / "upgrading.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)\n```", page, re.DOTALL | re.MULTILINE)
    (found,) = [block for block in blocks if block.startswith(begins)]
    return found


def shell(script, folder, **variables):
    tools = [str(folder), os.path.dirname(sys.executable)]
    if postgres := programs.find(programs.POSTGRES):
        tools.append(str(postgres.parent))
    path = os.pathsep.join([*tools, os.environ["PATH"]])
    ended = subprocess.run(
        ["sh", "-c", script],
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
@pytest.mark.usefixtures("owner")
def test_what_postgresql_restores_is_all_there_and_a_drill_sends_nothing(
    administrator, empty_database, tmp_path
):
    LeadFactory.create_batch(3, company="Ünïcode & Söhne")
    assert Notification.objects.count() == 6
    listening = WebhookEndpoint.objects.create(
        owner=administrator, url="https://hooks.example.com/", events=["lead.created"]
    )
    WebhookDelivery.objects.record(listening, "lead.created", {})
    assert WebhookDelivery.objects.waiting().exists(), "a worker would send it"
    shell(command("pg_dump"), tmp_path, DATABASE_URL=environment()["DATABASE_URL"])
    with connection.cursor() as cursor:
        before = counts(cursor)
    Lead.objects.all().delete()
    shell(command("pg_restore"), tmp_path, NEW_DATABASE_URL=empty_database)
    with psycopg.connect(empty_database) as restored:
        assert counts(restored.cursor()) == before
    report = drilled(empty_database, tmp_path)
    assert [check["name"] for check in report["checks"] if not check["ok"]] == ["worker"]
    with psycopg.connect(empty_database) as restored:
        tried = restored.execute("SELECT attempts, delivered_at FROM crm_webhookdelivery")
        assert tried.fetchall() == [(0, None)]


def drilled(database, folder) -> dict:
    """What the doctor finds by the commands of the document, beside an installation that is live
    with the database and the Redis of the test."""
    script = command("export DATABASE_URL=")
    port = services.free_port()
    wait = f"until curl --silent --fail http://127.0.0.1:{port}/healthz; do sleep 0.2; done"
    for written, here in (
        ("8099", str(port)),
        ("sleep 20", wait),
        ("manage.py doctor", f"manage.py doctor --json > {folder}/report"),
    ):
        assert script.count(written) == 1
        script = script.replace(written, here)
    known = environment(
        DEBUG="false",
        SECRET_KEY=KEY,
        ALLOWED_HOSTS="crm.example.com",
        EMAIL_URL="smtp://mail.example.com:25",
        NEW_DATABASE_URL=database,
    )
    collect_static(known)
    said = f"echo $REDIS_PREFIX,$EMAIL_URL > {folder}/apart"
    shell(f"cd {ROOT}\n{script}\nwait\n{said}", folder, **known)
    prefix, mail = (folder / "apart").read_text().strip().split(",")
    assert prefix not in ("", "leadbell", known["REDIS_PREFIX"])
    assert mail == ""
    return json.loads((folder / "report").read_text())


@pytest.fixture
def container(tmp_path):
    """``container(script, **names)``: runs it with the programs of this machine for those of the
    database's container, and these names of databases for those that are written."""
    ours = urlsplit(environment()["DATABASE_URL"])
    (tmp_path / "docker").write_text(
        f'#!/bin/sh\necho "$*" >> {tmp_path}/calls\n'
        '[ "$1 $2 $3 $4" = "compose exec -T database" ] || exit 0\nshift 4; exec "$@"\n'
    )
    (tmp_path / "docker").chmod(0o755)
    known = {
        "PGHOST": ours.hostname,
        "PGPORT": str(ours.port),
        "PGPASSWORD": ours.password or "",
    }

    def run(script, **names):
        for written, here in names.items():
            script = re.sub(rf"(?<=[ =])(?<!--username=){written}(?![.\w])", here, script)
        script = script.replace("--username=leadbell", f"--username={ours.username}")
        shell(f"set -e\n{script}", tmp_path, **known)

    return run


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
@pytest.mark.usefixtures("owner")
def test_with_docker_the_database_is_kept_and_restored_in_its_container(container, tmp_path):
    LeadFactory.create_batch(3, company="Ünïcode & Söhne")
    with connection.cursor() as cursor:
        before = counts(cursor)
    ours = urlsplit(environment()["DATABASE_URL"])
    live, restored, old = (f"{name}_{secrets.token_hex(4)}" for name in ("live", "new", "old"))
    with psycopg.connect(ours._replace(path="/postgres").geturl(), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {live}")
        try:
            backup = command("docker compose exec -T database pg_dump")
            container(backup, leadbell=ours.path.strip("/"))
            assert (tmp_path / "leadbell.dump").stat().st_size
            container(command("docker compose exec -T database createdb"), restored=restored)
            container(
                command("docker compose stop web worker"),
                leadbell=live,
                before=old,
                restored=restored,
            )
            with psycopg.connect(ours._replace(path=f"/{live}").geturl()) as now:
                assert counts(now.cursor()) == before
            found = server.execute(
                "SELECT datname FROM pg_database WHERE datname = ANY(%s)", [[live, restored, old]]
            )
            assert {name for (name,) in found} == {live, old}
        finally:
            for name in (live, restored, old):
                server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    assert "compose stop web worker" in (tmp_path / "calls").read_text().splitlines()


def test_what_sqlite_restores_is_all_there_while_somebody_writes(tmp_path):
    backup = command("python3 -c 'import sqlite3")
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
