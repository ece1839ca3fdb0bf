"""The row of imports: a worker takes a file of 100,000 rows, and PostgreSQL takes the same rows by
a bare COPY into a table with the indexes of leads, from which the same duplicates go then."""

import csv
import subprocess
import sys
import time
from pathlib import Path
from time import perf_counter

import psycopg

from bench.figures import Figure
from bench.rounds import column, interleaved
from bench.stage import USERS, Broken
from tools import ROOT
from tools.command import end, end_with_parent

ROWS, ROWS_QUICK = 100_000, 10_000
EVERY = 20  # rows, one is there twice
LARGE_MIB = 99
AT_LEAST, TIMES_OF_COPY, MIB = 2_000, 3, 150
PATIENCE = 600
HEADS = ("first_name", "last_name", "email", "phone", "company", "job_title", "city", "country",
         "source", "message")  # fmt: skip
BARE = """
    CREATE TABLE bare (LIKE leads_lead INCLUDING ALL);
    ALTER TABLE bare ALTER website SET DEFAULT '', ALTER region SET DEFAULT '',
        ALTER postal_code SET DEFAULT '', ALTER stage SET DEFAULT 'new', ALTER score SET DEFAULT 0,
        ALTER score_told SET DEFAULT 0, ALTER score_rules SET DEFAULT 0,
        ALTER created_at SET DEFAULT now(), ALTER updated_at SET DEFAULT now();
"""
COPY = f"COPY bare ({', '.join(HEADS)}) FROM STDIN WITH (FORMAT csv, HEADER)"
# The key of a phone is what the index of leads says. As leads/importing/duplicates.py has it.
PHONE_KEY = """SELECT pg_get_expr(indexprs, indrelid) FROM pg_index
    WHERE indexrelid = 'lead_phone'::regclass"""
DEDUPE = """
    WITH keyed AS MATERIALIZED (
        SELECT id, lower(email) AS email, {phone_key} AS phone FROM bare
    ),
    there AS (
        SELECT 0 AS id, lower(email) AS email, {phone_key} AS phone FROM leads_lead
        UNION ALL SELECT * FROM keyed
    ),
    twice (id) AS (
        SELECT later.id FROM keyed AS later JOIN there ON there.email = later.email
            AND there.id < later.id WHERE later.email <> ''
        UNION SELECT later.id FROM keyed AS later JOIN there ON there.phone = later.phone
            AND there.id < later.id AND (there.email = '' OR later.email = '')
            WHERE later.phone <> ''
    )
    DELETE FROM bare USING twice WHERE bare.id = twice.id
"""


def measure(stage, options):
    rows = ROWS_QUICK if options.quick else ROWS
    file, large = stage.folder / "leads.csv", stage.folder / "large.csv"
    write(file, rows)
    runs = interleaved(
        min(options.runs, 3),
        leadbell=lambda: imported(stage, file),
        copy=lambda: copied(stage, file),
    )
    ours, bare = runs["leadbell"], runs["copy"]
    bound = {"at_most": TIMES_OF_COPY, "against": "COPY and the same dedupe"}
    found = [
        Figure(f"a CSV of {rows:,} rows", "rows/s", column(ours, "rate"), at_least=AT_LEAST),
        Figure(f"a CSV of {rows:,} rows", "s", column(ours, "seconds"), column(bare, "seconds"),
               **bound),
        Figure("the worker's memory over it, at most", "MiB", column(ours, "mib"), at_most=MIB),
    ]  # fmt: skip
    if not options.quick:
        write(large, rows, filled=LARGE_MIB * 1024 * 1024 // rows)
        memory = imported(stage, large)
        name = f"the worker's memory over a CSV of {large.stat().st_size >> 20} MiB, at most"
        found.append(Figure(name, "MiB", [memory["mib"]], at_most=MIB))
    return found


def write(path, rows, filled=0):
    """Rows as people have them; one of EVERY has the e-mail of the one before. ``filled`` is how
    many bytes a row has at least."""
    with path.open("w", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(HEADS)
        for n in range(rows):
            who = n - 1 if n % EVERY == 1 else n
            row = [f"Person{who}", f"Example{who % 5000}", f"p{who}@example.org",
                   f"+44 20 {who:07}", f"Company {who % 9000}", "Head of sales",
                   f"City {who % 300}", "GB", "Trade fair", "They want an offer."]  # fmt: skip
            row[-1] += "." * max(0, filled - len(",".join(row)))
            sheet.writerow(row)


def imported(stage, file):
    stage.afresh(USERS)
    stage.sql("TRUNCATE leads_fileimport CASCADE")
    with (stage.folder / "worker.log").open("a") as log:
        worker = subprocess.Popen(
            [sys.executable, "manage.py", "worker"], cwd=ROOT, env=stage.environment,
            stdout=log, stderr=log, start_new_session=True, preexec_fn=end_with_parent,
        )  # fmt: skip
    try:
        pk = int(stage.inside(str(file), module="bench.inside.imports"))
        return watched(stage, worker, pk)
    finally:
        end(worker)


def watched(stage, worker, pk):
    """Until it is done; the highest that the worker's memory ever was is the kernel's to say."""
    until = time.monotonic() + PATIENCE
    query = """SELECT state, created + updated + skipped + failed_rows AS rows,
        extract(epoch FROM ended_at - started_at)::float FROM leads_fileimport WHERE id = %s"""
    while time.monotonic() < until:
        [(state, rows, seconds)] = stage.sql(query, [pk])
        if state == "done":
            return {"rate": rows / seconds, "seconds": seconds, "mib": highest(worker.pid)}
        if state != "running":
            break
        time.sleep(0.1)
    raise Broken(f"The import is {state}: {(stage.folder / 'worker.log').read_text()[-2000:]}")


def highest(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def copied(stage, file):
    stage.afresh(USERS)
    [(phone_key,)] = stage.sql(PHONE_KEY)
    stage.sql("DROP TABLE IF EXISTS bare")
    stage.sql(BARE)
    stage.sql("CHECKPOINT")
    with psycopg.connect(stage.postgres.url) as connection, connection.cursor() as cursor:
        began = perf_counter()
        with cursor.copy(COPY) as copy, file.open("rb") as content:
            while chunk := content.read(1 << 16):
                copy.write(chunk)
        cursor.execute(DEDUPE.format(phone_key=phone_key))
        connection.commit()
        seconds = perf_counter() - began
    stage.sql("DROP TABLE bare")
    return {"seconds": seconds}
