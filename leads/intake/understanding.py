"""From names and values to a lead. A value that its field does not take costs no lead: it stays
with what came along."""

from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_noop

from leads.fields import CONTROL
from leads.intake.mapping import MOST, storable
from leads.intake.vocabulary import NAME, TAGS, parted, stage_called

MOST_TAGS, LONGEST_TAG = 20, 50
LONGEST_NAME = 150
LINES = (
    *("first_name", "last_name", "email", "phone", "company", "job_title", "website"),
    *("city", "region", "postal_code", "country", "source"),
)
NO_ANSWER = gettext_noop("There is no e-mail address and no phone number in it.")
NO_GOOD_ANSWER = gettext_noop(
    "The e-mail address or phone number in it is none, and there is no other."
)


class NotUnderstood(Exception):
    """Says why, for people to read, in English."""


class Pair(NamedTuple):
    """What came under a name; ``field`` is the field of a lead that it gives where nobody says
    otherwise, or ``NAME``, or empty."""

    name: str
    value: str
    field: str = ""


class Understood(NamedTuple):
    """``extras`` are pairs of name and value, in the sender's order, of what is no field."""

    extras: list
    tags: list


def understand(lead, pairs: list[Pair], mapping: dict) -> Understood:
    """Fills a new lead in. Raises NotUnderstood where nobody could answer it."""
    places = _by_hand(mapping, pairs) if mapping else _unasked(pairs)
    said = {
        field: ", ".join(filter(None, (pairs[place].value.strip() for place in found)))
        for field, found in places.items()
    }
    took = {field for field, value in _parted(said).items() if _give(lead, field, value)}
    tags = tags_of(said[TAGS]) if TAGS in said else []
    if NAME in said and took & {"first_name", "last_name"}:
        took.add(NAME)
    if tags:
        took.add(TAGS)
    if not (lead.email or lead.phone):
        raise NotUnderstood(NO_GOOD_ANSWER if {"email", "phone"} & set(said) else NO_ANSWER)
    if not (lead.person or lead.company):
        lead.last_name = (lead.email or lead.phone)[:LONGEST_NAME]
    taken = {place for field in took for place in places.get(field, ())}
    rest = [pair for place, pair in enumerate(pairs) if place not in taken and pair.value.strip()]
    return Understood(_bounded([[pair.name, pair.value] for pair in rest]), tags)


def _by_hand(mapping, pairs) -> dict[str, list[int]]:
    """By field, where its values are."""
    fields = {path: field for field, path in mapping.items()}
    places = {}
    for place, pair in enumerate(pairs):
        if pair.name in fields and pair.value.strip():
            places.setdefault(fields[pair.name], []).append(place)
    return places


def _unasked(pairs) -> dict[str, list[int]]:
    """Of several that give one field the first."""
    places = {}
    for place, pair in enumerate(pairs):
        if pair.field and pair.value.strip():
            places.setdefault(pair.field, [place])
    if {"first_name", "last_name"} <= set(places):
        places.pop(NAME, None)
    return places


def _bounded(extras):
    more = len(extras) - MOST
    return [*extras[:MOST], ["…", str(more)]] if more > 0 else extras


def _parted(said) -> dict[str, str]:
    """A whole name gives what there is not; beside a first name it is the last."""
    values = {field: value for field, value in said.items() if field not in (NAME, TAGS)}
    if NAME not in said:
        return values
    if "first_name" in values:
        return {"last_name": said[NAME]} | values
    first, last = parted(said[NAME])
    if not last:
        first, last = "", first
    return {"first_name": first, "last_name": last} | values


def _give(lead, name, value) -> bool:
    """Whether the field takes it."""
    field = lead._meta.get_field(name)
    text = storable(value).strip()
    if name in LINES:
        text = " ".join(CONTROL.sub(" ", text).split())
    if name == "stage":
        text = stage_called(text) or text
    try:
        setattr(lead, name, field.clean(text, lead))
    except ValidationError:
        return False
    return True


def tags_of(text: str) -> list[str]:
    """``Trade fair; Berlin`` as two tags; what is too long for one is none."""
    words = (" ".join(CONTROL.sub(" ", word).split()) for word in text.replace(";", ",").split(","))
    return list(dict.fromkeys(word for word in words if 0 < len(word) <= LONGEST_TAG))[:MOST_TAGS]
