"""What mentions somebody: ``@First Last`` or ``@email``, of people who work here.

The text stays as it was written. Of two who are called the same, both are meant.
"""

import re
from collections import defaultdict

from django.contrib.auth import get_user_model

BEFORE = r"(?<![\w@.])@"
AFTER = r"(?![\w@]|[.-]\w|['’](?!s\b)\w)"  # else the name, or the address, goes on


def said_in(body: str, words: str) -> bool:
    return re.search(_pattern([words]), body, re.IGNORECASE) is not None


def people_called(body: str, without=()) -> list[tuple]:
    """``(user, words)`` of everybody who works here and is called in ``body``, each once, but for
    those with these ids."""
    if "@" not in body:
        return []
    called = defaultdict(list)
    for user in get_user_model().objects.filter(is_active=True).order_by("pk"):
        for name in {_plain(user.get_full_name()), _plain(user.email)} - {""}:
            called[name].append(user)
    found = {}
    for match in re.finditer(_pattern(called), body, re.IGNORECASE) if called else ():
        for user in called.get(_plain(match[1]), ()):
            found.setdefault(user, " ".join(match[1].split()))
    return [(user, words) for user, words in found.items() if user.pk not in without]


def parts(body: str, words_of: list[str]):
    """``body`` in parts: each with the words that mention somebody there, or None."""
    if not words_of:
        yield body, None
        return
    at = 0
    for match in re.finditer(_pattern(words_of), body, re.IGNORECASE):
        yield body[at : match.start()], None
        yield match[0], match[1]
        at = match.end()
    yield body[at:], None


def _pattern(names) -> str:
    """The longest first: who is called so is not who is called by its beginning."""
    longest = sorted(names, key=len, reverse=True)
    return f"{BEFORE}({'|'.join(_spaced(name) for name in longest)}){AFTER}"


def _spaced(name):
    return r"[^\S\n]+".join(re.escape(word) for word in name.split())


def _plain(name) -> str:
    return " ".join(name.lower().split())
