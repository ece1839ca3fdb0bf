"""Names that are like what was typed, on PostgreSQL: an index of their trigrams."""

from django.db import migrations

# What Django writes for leads/expressions.py's NAME_KEY.
NAME_KEY = """
    LOWER(LTRIM((COALESCE(first_name, '') || COALESCE((COALESCE(' ', '') ||
    COALESCE((COALESCE(last_name, '') || COALESCE((COALESCE(' ', '') ||
    COALESCE(company, '')), '')), '')), ''))))
"""
# As lead_search: who adds a lead never waits for a large sorting in.
CREATE = """
    CREATE INDEX lead_like ON leads_lead USING gin (({name}) gin_trgm_ops)
    WITH (fastupdate = on, gin_pending_list_limit = 256)
"""


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql" and _installed(schema_editor.connection):
        schema_editor.execute(CREATE.format(name=NAME_KEY))


def _installed(connection) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        return cursor.fetchone() is not None


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS lead_like")


class Migration(migrations.Migration):
    dependencies = [("leads", "0013_saved_views")]

    operations = [migrations.RunPython(create, drop)]
