"""What mentions somebody: ``@First Last`` or ``@email``, of people who work here.

The text stays as it was written. Of two who are called the same, both are meant. Names are compared
by one form (case, accents and apostrophes however they are typed), word by word from each ``@`` on:
a text takes no longer where many people work here.
"""

import re
import unicodedata
from collections import defaultdict
from itertools import islice

from django.contrib.auth import get_user_model

MOST = 50  # places of a text that are looked at
LONGEST = 320  # characters of what may be a name
AT = re.compile(r"(?<![\w@.])@(?=\S)")
# Else the name, or the address, goes on: its last letter may yet get an accent, too.
END = re.compile(r"(?![\w@\u0300-\u036f]|[.-]\w|['’](?!s\b)\w)")


def said_in(body: str, words: str) -> bool:
    return any(_calls(body, {_plain(words)}))


def people_called(body: str, without=()) -> list[tuple[int, str]]:
    """``(user's id, words)`` of everybody who works here and is called in ``body``, each once, but
    for those with these ids."""
    if not AT.search(body):
        return []
    called = defaultdict(list)
    users = get_user_model().objects.filter(is_active=True).order_by("pk")
    for pk, first, last, email in users.values_list("pk", "first_name", "last_name", "email"):
        for name in {_plain(f"{first} {last}"), _plain(email)} - {""}:
            called[name].append(pk)
    found = {}
    for begin, end in _calls(body, called):
        words = body[begin + 1 : end]
        for pk in called[_plain(words)]:
            found.setdefault(pk, " ".join(words.split()))
    return [(pk, words) for pk, words in found.items() if pk not in without]


def parts(body: str, words_of: dict):
    """``body`` in parts, each with what ``words_of`` has for the words that mention somebody there,
    or None."""
    known = {_plain(words): what for words, what in words_of.items()}
    at = 0
    for begin, end in _calls(body, known):
        yield body[at:begin], None
        yield body[begin:end], known[_plain(body[begin + 1 : end])]
        at = end
    yield body[at:], None


def _calls(body, names):
    """From where to where one of ``names`` is called. The longest counts: who is called so is not
    who is called by its beginning."""
    for at in islice(AT.finditer(body) if names else (), MOST):
        line = body[at.end() : at.end() + LONGEST].split("\n", 1)[0]
        ends = [found.start() for found in END.finditer(line) if found.start()]
        for end in reversed(ends):
            if not line[end - 1].isspace() and _plain(line[:end]) in names:
                yield at.start(), at.end() + end
                break


def _plain(name) -> str:
    same = unicodedata.normalize("NFKD", name).replace("’", "'").casefold()
    return " ".join(unicodedata.normalize("NFKC", same).split())
