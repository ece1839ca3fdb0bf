"""Which column is which field of a lead."""

import re

from django.conf import settings
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from leads.importing.report import own_heads
from leads.intake.vocabulary import NAME, OWNER, TAGS, field_called, plain
from leads.models import Lead

KEEP, LEAVE_OUT = "", "-"
FIELDS = (*Lead.CONTACT_FIELDS, "message", "source", "stage")
NUMBERED = re.compile(r" \(\d+\)$")  # a head that is there twice
# By these columns an export of Meta is known, which marks ids, phones and postal codes: p:+49…
OF_META = {"ad id", "adset id", "campaign id", "form id", "ad name", "form name"}


def guessed(heads: list[str]) -> list[str]:
    """For each head what it is taken for, KEEP where nobody knows."""
    targets = [field_called(NUMBERED.sub("", head)) or KEEP for head in heads]
    if _is_a_report(heads):
        targets[-len(own_heads()) :] = [LEAVE_OUT] * len(own_heads())
    return targets


def _is_a_report(heads) -> bool:
    """One of ours, mended: what it says of its rows is nothing of the leads."""
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            if heads[-len(own_heads()) :] == own_heads():
                return True
    return False


def choices() -> list[tuple]:
    """What a column may be."""
    named = [(name, capfirst(Lead._meta.get_field(name).verbose_name)) for name in FIELDS]
    first, last = named[:2]
    return [
        (KEEP, _("Keep with the lead")),
        (LEAVE_OUT, _("Leave out")),
        (NAME, _("Name (first and last)")),
        first,
        last,
        *named[2:],
        (OWNER, _("Owner")),
        (TAGS, _("Tags")),
    ]


def is_of_meta(heads: list[str]) -> bool:
    return len(OF_META & set(map(plain, heads))) > 1


def target_called(name: str) -> str | None:
    """The target of that name, or that others call so; None where there is none."""
    known = dict(choices())
    return name if name in known else field_called(name) or None
