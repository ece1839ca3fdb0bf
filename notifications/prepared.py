"""Queries that are compiled once: to compile one takes Django longer than it takes the database to
answer, and what is read most is read with the same few queries again and again."""

from functools import cached_property

from django.db import connection


class Prepared:
    """The query of ``queryset``, a function that gives one of ``values_list``.

    The values that it is made with only hold places: ``rows`` takes what they stand for, in the
    order of the SQL and as the database has it. A boolean in it is a ``Value``, which is a place
    with each database and Django; a bare one is with some. ``around`` is SQL to put it into, which
    may have places of its own, and columns after those of the query.
    """

    def __init__(self, queryset, around="{}"):
        self.queryset, self.around = queryset, around

    def rows(self, *values) -> list[tuple]:
        sql, converted = self._compiled
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return converted(cursor.fetchall())

    @cached_property
    def _compiled(self):
        compiler = self.queryset().query.get_compiler(connection=connection)
        sql = self.around.format(compiler.as_sql()[0])
        converters = compiler.get_converters([column for column, *_ in compiler.select])
        if not converters:  # PostgreSQL has every type that we use
            return sql, list
        return sql, lambda rows: list(compiler.apply_converters(rows, converters))
