"""Many new rows at once, as they are: without a hook, and as fast as the database takes them.

On PostgreSQL by COPY, elsewhere by the ORM: docs/decisions/0012-rows-of-a-file-go-in-by-copy.md.
"""

import json
from operator import attrgetter

from django.db import connection, models

AT_ONCE = 500  # rows of one statement, where there is no COPY


class Maker:
    """Makes rows of a model, as its class does, and several times as fast where there are many."""

    def __init__(self, model):
        self.model = model
        fields = model._meta.concrete_fields
        self.defaults = {field.attname: field.get_default() for field in fields}

    def __call__(self, **values):
        """``values`` by the names of columns; what it lacks has its default of when this was made:
        give what changes with time, and what may not be shared."""
        return self.model(*(self.defaults | values).values())


def store(model, rows: list) -> None:
    """Inserts the rows, which have their ids then."""
    if not rows:
        return
    if connection.vendor == "postgresql":
        _copy(model, rows)
    else:
        _insert(model, rows)


def _insert(model, rows):
    """What a field would set by itself stays as the row has it."""
    by_itself = [
        field for field in model._meta.concrete_fields if getattr(field, "auto_now", False)
    ]
    meant = {field.attname: [getattr(row, field.attname) for row in rows] for field in by_itself}
    models.QuerySet(model).bulk_create(rows, batch_size=AT_ONCE)
    for name, values in meant.items():
        for row, value in zip(rows, values, strict=True):
            setattr(row, name, value)
        for value in set(values):
            pks = [row.pk for row in rows if getattr(row, name) == value]
            models.QuerySet(model).filter(pk__in=pks).update(**{name: value})


def _copy(model, rows):
    quote = connection.ops.quote_name
    table, fields = model._meta.db_table, model._meta.concrete_fields
    values_of = attrgetter(*(field.attname for field in fields))
    in_json = [place for place, field in enumerate(fields) if isinstance(field, models.JSONField)]
    columns = ", ".join(quote(field.column) for field in fields)
    with connection.cursor() as cursor:
        for row, (pk,) in zip(rows, _ids(cursor, model, len(rows)), strict=True):
            row.pk, row._state.adding, row._state.db = pk, False, connection.alias
        with cursor.copy(f"COPY {quote(table)} ({columns}) FROM STDIN") as copy:
            for row in rows:
                values = values_of(row)
                if in_json:
                    values = list(values)
                    for place in in_json:
                        values[place] = json.dumps(values[place])
                copy.write_row(values)


def _ids(cursor, model, count):
    names = [model._meta.db_table, model._meta.pk.column, count]
    cursor.execute(
        "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", names
    )
    return cursor.fetchall()
