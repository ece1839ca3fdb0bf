"""The search by trigrams, on PostgreSQL; SQLite goes on looking at every lead."""

from django.db import migrations

# What Django writes for leads/expressions.py's SEARCHED, in upper case.
SEARCHED = """
    UPPER((COALESCE(first_name, '') || COALESCE((COALESCE(' ', '') ||
    COALESCE((COALESCE(last_name, '') || COALESCE((COALESCE(' ', '') ||
    COALESCE((COALESCE(email, '') || COALESCE((COALESCE(' ', '') ||
    COALESCE((COALESCE(phone, '') || COALESCE((COALESCE(' ', '') ||
    COALESCE((COALESCE(company, '') || COALESCE((COALESCE(' ', '') ||
    COALESCE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(phone, ' ', ''), '(',
    ''), ')', ''), '-', ''), '.', ''), '/', ''), '+', ''), '')), '')), '')), '')), '')),
    '')), '')), '')), '')), '')))
"""
# What is new is sorted into the index by autovacuum, or in small parts (256 kB): who adds a lead never
# waits for a large one.
CREATE = """
    CREATE INDEX lead_search ON leads_lead USING gin (({searched}) gin_trgm_ops)
    WITH (fastupdate = on, gin_pending_list_limit = 256)
"""


def create(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql" or not _available(schema_editor.connection):
        return
    schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    schema_editor.execute(CREATE.format(searched=SEARCHED))


def _available(connection) -> bool:
    """A PostgreSQL that comes without pg_trgm searches as SQLite does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
        return cursor.fetchone() is not None


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS lead_search")


class Migration(migrations.Migration):
    dependencies = [("leads", "0006_by_name")]

    operations = [migrations.RunPython(create, drop)]
