"""Cells are checked as every other door checks them: by the field of a lead. Most are plainly
right, and told so without asking its validators, which take most of the time that a row takes."""

import re
from functools import cache, lru_cache

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.db import models
from django.utils import translation

from leads.fields import LineField, one_line, validate_phone
from leads.models import Lead

REMEMBERED, LONGEST_REMEMBERED = 20_000, 200  # cells that are not plain, and their characters
PLAIN_EMAIL = re.compile(r"[a-z0-9_]+(?:[.+-][a-z0-9_]+)*@(?:[a-z0-9]+\.)+[a-z]{2,20}", re.I)
LONGEST_PLAIN_EMAIL = 60  # characters, so that no part of it is longer than a part may be
PHONE = re.compile(r"[0-9].*[0-9].*[0-9]")
ALLOW_WHAT_PRINTS = (MaxLengthValidator, ProhibitNullCharactersValidator)


def checked(name: str, text: str, language: str) -> tuple[str, str]:
    """The value of a field as every other door would store it, and what is wrong with it, in that
    language."""
    text = text if name == "message" else " ".join(text.split())
    if plainly_right(name)(text):
        return text, ""
    look = _known if len(text) <= LONGEST_REMEMBERED else _checked
    return look(name, text, language)


def _checked(name, text, language):
    try:
        return Lead._meta.get_field(name).clean(text, None), ""
    except ValidationError as error:
        with translation.override(language):
            return text, " ".join(map(str, error.messages))


_known = lru_cache(REMEMBERED)(_checked)


@cache
def plainly_right(name: str):
    """A test that is passed only by what the field takes as it is."""
    field = Lead._meta.get_field(name)
    if isinstance(field, models.EmailField):
        return lambda text: len(text) <= LONGEST_PLAIN_EMAIL and PLAIN_EMAIL.fullmatch(text)
    if type(field) is not LineField or not _allows_what_prints(field):
        return lambda text: False
    longest = field.max_length
    if validate_phone in field.validators:
        return lambda text: len(text) <= longest and text.isprintable() and PHONE.search(text)
    return lambda text: len(text) <= longest and text.isprintable()


def _allows_what_prints(field) -> bool:
    """Whoever gives the field another validator has it asked."""
    known = (one_line, validate_phone)
    return all(one in known or isinstance(one, ALLOW_WHAT_PRINTS) for one in field.validators)
