"""Leads whose names are like what somebody typed, where none has it exactly. On PostgreSQL with
pg_trgm; elsewhere there are none."""

from functools import reduce
from operator import add

from django.db import connection, transaction
from django.db.models import BooleanField, F, FloatField, Func, Value
from django.db.models.lookups import GreaterThanOrEqual

from leads.expressions import NAME_KEY

# How much each word must be like one of the lead's, 1 being the same, as pg_trgm counts: "smiht" is
# 0.5 of Smith, "smth" 0.4. The looser one is asked only where the stricter one finds none.
LIKE = (0.5, 0.35)
ALIKE = 0.28  # of whole words: parts of two words that stand side by side are no likeness
SHORTEST = 3  # letters of a word; shorter ones are like everything
WORDS = 5  # of what was typed
CANDIDATES = 1_000  # leads that are compared, so that a word that is like very many stays cheap


class Resembles(Func):
    """Whether a part of the text is like the word; found by the index lead_like."""

    template = "(%(expressions)s)"
    arg_joiner = " %%> "
    output_field = BooleanField()


class Likeness(Func):
    """How much the word is like the words of the text that are most like it."""

    function = "STRICT_WORD_SIMILARITY"
    output_field = FloatField()


def closest(leads, text: str, most: int) -> list:
    """The ``most`` of ``leads`` that have in their names, or the company's, a word like each of the
    text's, best first."""
    words = [word.lower() for word in text.split() if len(word) >= SHORTEST][:WORDS]
    if not words or not _available():
        return []
    found = leads.order_by()
    for word in words:
        found = found.filter(Resembles(NAME_KEY, Value(word)))
    best = leads.filter(pk__in=found.values("pk")[:CANDIDATES])
    likenesses = [Likeness(Value(word), NAME_KEY) for word in words]
    for likeness in likenesses:
        best = best.filter(GreaterThanOrEqual(likeness, ALIKE))
    total = reduce(add, likenesses)
    best = best.order_by(total.desc(), F("created_at").desc(), F("pk").desc())[:most]
    return next(filter(None, (_at(like, best) for like in LIKE)), [])


def _at(like, leads) -> list:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL pg_trgm.word_similarity_threshold = %s", [like])
        return list(leads.all())


def _available() -> bool:
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        return cursor.fetchone() is not None
