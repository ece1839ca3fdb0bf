"""What this app knows of leads: that they exist, and that they can be held."""

from django.apps import apps
from django.db import IntegrityError, connection


def hold(lead_ids) -> dict:
    """The leads with these ids by id, none of which is deleted until the transaction ends.

    Locks are taken in one order everywhere, leads, events, inboxes, so that nobody waits in a
    circle. A hold shares the lead with other holds and with who changes it; only its deletion
    waits. The database would take the same lock when it checks the foreign key, but later, with
    inboxes held.
    """
    ids = sorted(set(lead_ids) - {None})
    if not ids:
        return {}
    lead = apps.get_model("leads.Lead")
    if connection.vendor != "postgresql":
        return lead.objects.in_bulk(ids)
    table = connection.ops.quote_name(lead._meta.db_table)
    query = f"SELECT * FROM {table} WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"  # noqa: S608
    return {row.pk: row for row in lead.objects.raw(query, [ids])}


def hold_all(lead_ids) -> None:
    """``hold`` for rows that are to point at these leads. Raises IntegrityError without one."""
    wanted = set(lead_ids) - {None}
    if missing := wanted - set(hold(wanted)):
        raise IntegrityError(f"There is no lead {', '.join(map(str, sorted(missing)))}.")
