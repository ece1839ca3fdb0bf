"""A row as the lead it would make: its cells in the fields that they are mapped to, and what is
wrong with them."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _

from leads.importing.checking import checked, plainly_right
from leads.importing.mapping import KEEP, LEAVE_OUT, is_of_meta
from leads.intake.vocabulary import NAME, OWNER, TAGS, parted, stage_called
from leads.models import FileImport, Lead
from leads.models.lead import NEEDS_ANSWER, NEEDS_NAME
from leads.models.tag import tags_of
from leads.spreadsheets import as_written

MARKED_BY_META = re.compile(r"^(?:l|f|p|ag|as|c|z):(?=\S)")
STAGES = {value.casefold(): value for value, _label in Lead.Stage.choices}


@dataclass(slots=True)
class Row:
    """``values`` has the fields that are filled; ``problems`` pairs of column and reason;
    ``kept`` pairs of column and text that stay with the lead beside its fields."""

    number: int
    cells: list[str]
    values: dict = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    kept: list[tuple] = field(default_factory=list)
    problems: list[tuple] = field(default_factory=list)

    @property
    def problem(self) -> tuple[str, str] | None:
        return self.problems[0] if self.problems else None

    def lacking(self) -> tuple[str, str] | None:
        """What a new lead would need, in the words of every other door."""
        has = self.values.get
        if not (has("first_name") or has("last_name") or has("company")):
            return "", str(NEEDS_NAME)
        if not (has("email") or has("phone")):
            return "", str(NEEDS_ANSWER)
        return None


class Reader:
    """Makes rows of cells as an import maps its columns. It asks for the people here once."""

    def __init__(self, row: FileImport):
        self.heads = row.heads
        self.width = len(row.heads)
        self.of_meta = is_of_meta(row.heads)
        self.tags = row.tags
        self.people = people_by_name() if OWNER in row.targets else {}
        self.language = translation.get_language()
        columns = [
            (place, row.heads[place], target, self._putting(target))
            for place, target in enumerate(row.targets)
            if target != LEAVE_OUT
        ]
        # First and last name of their own columns win over a whole one.
        self.columns = sorted(columns, key=lambda column: column[2] == NAME)

    def read(self, number: int, cells: list[str]) -> Row:
        row = Row(number, cells)
        if len(cells) > self.width and any(map(str.strip, cells[self.width :])):
            said = _("It has %(cells)s cells, and there are %(heads)s heads.")
            row.problems.append(("", said % {"cells": len(cells), "heads": self.width}))
            return row
        width = len(cells)
        for place, head, target, put in self.columns:
            if place < width and (text := cells[place].strip()):
                put(row, head, target, self._plain(text))
        if row.tags or self.tags:
            row.tags = list({tag.casefold(): tag for tag in [*row.tags, *self.tags]}.values())
        return row

    def _plain(self, text):
        text = as_written(text) if text[0] == "'" else text
        text = text.replace("\r\n", "\n") if "\r" in text else text
        return MARKED_BY_META.sub("", text, count=1) if self.of_meta else text

    # What becomes of a filled cell

    def _putting(self, target) -> Callable:
        special = {KEEP: _keep, NAME: self._put_name, OWNER: self._put_owner, TAGS: _put_tags}
        return (special | {"stage": _put_stage}).get(target) or self._putting_right(target)

    def _putting_right(self, target) -> Callable:
        """``_put``, but that most cells are told right at a glance."""
        right = plainly_right(target)

        def put(row, head, target, text):
            if target not in row.values and right(text) and "  " not in text:
                row.values[target] = text
            else:
                self._put(row, head, target, text)

        return put

    def _put(self, row, head, target, text):
        if row.values.get(target):
            return _keep(row, head, target, text)
        value, problem = checked(target, text, self.language)
        if problem:
            row.problems.append((head, problem))
        elif value:
            row.values[target] = value
        return None

    def _put_name(self, row, head, target, text):
        if {"first_name", "last_name"} & row.values.keys():
            return _keep(row, head, target, text)
        for name, part in zip(("first_name", "last_name"), parted(text), strict=True):
            if part:
                self._put(row, head, name, part)
        return None

    def _put_owner(self, row, head, target, text):
        person = self.people.get(" ".join(text.casefold().split()))
        if person is None or "owner_id" in row.values:
            return _keep(row, head, target, text)
        row.values["owner_id"] = person
        return None


def _keep(row, head, target, text):
    row.kept.append((head, text))


def _put_stage(row, head, target, text):
    """One that nobody knows is kept, and the lead is new."""
    stage = STAGES.get(text.casefold()) or stage_called(text)
    if stage and "stage" not in row.values:
        row.values["stage"] = stage
    else:
        _keep(row, head, target, text)


def _put_tags(row, head, target, text):
    """Where one of them is no tag, all of it is kept."""
    try:
        row.tags += tags_of(tags_in(text)).values()
    except ValidationError:
        _keep(row, head, target, text)


def tags_in(text: str) -> list[str]:
    """Parted by commas or semicolons."""
    found = (" ".join(tag.split()) for tag in re.split(r"[,;\n]", text))
    return [tag for tag in found if tag]


def people_by_name() -> dict[str, int]:
    """Who works here, by e-mail and by full name where no two have it."""
    people = list(get_user_model().objects.filter(is_active=True))
    names = [" ".join(person.get_full_name().casefold().split()) for person in people]
    found = {
        name: person.pk
        for name, person in zip(names, people, strict=True)
        if name and names.count(name) == 1
    }
    return found | {person.email.casefold(): person.pk for person in people}
