"""Queries that are compiled once give what Django would give, for each call anew."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from psycopg.pq import Format

from crm.postgresql.base import TIMESTAMPTZ, MomentLoader
from notifications.models import Notification
from notifications.models.reading import COLUMNS
from notifications.prepared import Prepared

pytestmark = pytest.mark.django_db


def tell(user, **fields):
    return Notification.objects.create(recipient=user, type="system", title="Café", **fields)


def own(user_id):
    rows = Notification.objects.filter(recipient=user_id).order_by("seq")
    return rows.values_list(*COLUMNS)


def test_its_rows_are_those_of_the_query_for_each_value(owner, teammate):
    prepared = Prepared(lambda: own(0))
    for user in (owner, teammate):
        tell(user)
        tell(user).delete()
        tell(user, url="/leads/1/").mark_read()

    for user in (owner, teammate):
        rows = [tuple(row) for row in prepared.rows(user.pk)]
        assert rows == list(own(user.pk))
        assert [type(value) for value in rows[0]] == [type(value) for value in own(user.pk)[0]]
    assert len(prepared.rows(owner.pk)) == 3


def test_it_is_compiled_once(owner, django_assert_num_queries):
    made = []
    prepared = Prepared(lambda: made.append(1) or own(0))
    tell(owner)

    with django_assert_num_queries(2):
        assert len(prepared.rows(owner.pk)) == len(prepared.rows(owner.pk)) == 1
    assert made == [1]


def test_it_stands_within_other_sql_with_values_and_columns_of_its_own(owner):
    # Its values stand where the SQL has them: the first before the query, the last behind it.
    around = "SELECT page.*, %s FROM ({} LIMIT %s) AS page ORDER BY page.seq DESC"
    first, second, _ = tell(owner), tell(owner), tell(owner)
    rows = Prepared(lambda: own(0), around).rows(7, owner.pk, 2)

    assert [(row[0], row[-1]) for row in rows] == [(second.pk, 7), (first.pk, 7)]


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-29T01:30:00.000007Z", datetime(2026, 3, 29, 1, 30, 0, 7, tzinfo=UTC)),
        ("0001-02-03 04:05:06.7-05", datetime(1, 2, 3, 9, 5, 6, 700_000, tzinfo=UTC)),
        (None, None),
    ],
)
def test_moments_are_read_by_psycopg_and_in_utc(text, expected):
    with connection.cursor() as cursor:
        assert cursor.adapters.get_loader(TIMESTAMPTZ, Format.TEXT) is MomentLoader
        cursor.execute("SELECT %s::timestamptz", [text])
        (moment,) = cursor.fetchone()
    assert moment == expected
    assert moment is None or moment.tzinfo is UTC
