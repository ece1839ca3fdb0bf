"""Whose lead a row is: of the one that has the same e-mail; where one of the two has none, of the
one that has the same phone. Two people at one number stay two.

What is the same is leads/expressions.py's to say, as on a lead's page, and the database's to
compute.
"""

import functools
import json
from typing import NamedTuple

from django.db import connection
from django.db.models.expressions import RawSQL

from leads.expressions import email_key, phone_key
from leads.models import Lead

# Where the keys of a batch come from: its e-mails and phones, numbered from 1.
IN_ARRAYS = "unnest(%s::text[], %s::text[]) WITH ORDINALITY AS given (email, phone, n)"
IN_JSON = """(SELECT key + 1 AS n, json_extract(value, '$[0]') AS email,
    json_extract(value, '$[1]') AS phone FROM json_each(%s)) AS given"""

# The oldest, where there are several.
FIND = """
    WITH given_key AS {materialized} (
        SELECT n, {email_key} AS email, {phone_key} AS phone FROM {given}
    )
    SELECT email, phone,
        CASE WHEN email <> '' THEN (
            SELECT min(id) FROM leads_lead WHERE {lead_email_key} = given_key.email
        ) END,
        CASE WHEN phone <> '' THEN (
            SELECT min(id) FROM leads_lead WHERE {lead_phone_key} = given_key.phone
                AND (given_key.email = '' OR leads_lead.email = '')
        ) END
    FROM given_key ORDER BY n
"""


class Found(NamedTuple):
    """The keys of a row, and the id of the lead that has them."""

    email: str
    phone: str
    lead_id: int | None


def find(rows) -> list[Found]:
    """For each row."""
    emails = [row.values.get("email", "") for row in rows]
    phones = [row.values.get("phone", "") for row in rows]
    on_postgresql = connection.vendor == "postgresql"
    both = list(zip(emails, phones, strict=True))
    params = [emails, phones] if on_postgresql else [json.dumps(both)]
    with connection.cursor() as cursor:
        cursor.execute(_query(on_postgresql), params)
        return [Found(e, p, by_email or by_phone) for e, p, by_email, by_phone in cursor.fetchall()]


@functools.cache
def _query(on_postgresql) -> str:
    return FIND.format(
        materialized="MATERIALIZED" if on_postgresql else "",
        given=IN_ARRAYS if on_postgresql else IN_JSON,
        email_key=_sql(email_key(RawSQL("given.email", ()))),
        phone_key=_sql(phone_key(RawSQL("given.phone", ()))),
        lead_email_key=_sql(email_key()),
        lead_phone_key=_sql(phone_key()),
    )


def _sql(expression) -> str:
    """As the index has it, so that it is found by that."""
    query = Lead.objects.order_by().values_list(expression.copy()).query
    sql, params = query.get_compiler(connection=connection).compile(
        expression.resolve_expression(query)
    )
    return sql % tuple(params) if params else sql


class InBatch:
    """The leads that the rows of a batch are about to make, which no query finds yet."""

    def __init__(self):
        self.by_email, self.by_phone, self.without_email = {}, {}, {}

    def find(self, found: Found):
        """What ``add`` was given for the same lead; None where there is none."""
        if found.email and found.email in self.by_email:
            return self.by_email[found.email]
        if not found.phone:
            return None
        among = self.without_email if found.email else self.by_phone
        return among.get(found.phone)

    def add(self, found: Found, made) -> None:
        if found.email:
            self.by_email.setdefault(found.email, made)
        if found.phone:
            self.by_phone.setdefault(found.phone, made)
            if not found.email:
                self.without_email.setdefault(found.phone, made)
