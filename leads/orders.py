"""The orders of the list, and its paging: a page starts after the lead that ended the one before,
whatever arrives meanwhile."""

import re
from dataclasses import dataclass

from django.db.models import Q
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from leads.expressions import NAME_KEY

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z", re.ASCII)
NUMBER = re.compile(r"-?\d{1,9}", re.ASCII)
ID = re.compile(r"\d{1,18}", re.ASCII)
LONGEST = 600  # characters of a name


@dataclass(frozen=True)
class Order:
    """By ``field``, then by id; ``before=`` in the address names the last lead of a page."""

    name: str
    field: str
    label: str
    descending: bool = True

    def of(self, leads):
        if self.field == NAME:
            leads = leads.annotate(**{NAME: NAME_KEY})
        sign = "-" if self.descending else ""
        return leads.order_by(f"{sign}{self.field}", f"{sign}pk")

    def after(self, leads, place):
        leads = self.of(leads)
        if place is None:
            return leads
        value, pk = place
        beyond, way = self.field, "lt" if self.descending else "gt"
        further = Q(**{f"{beyond}__{way}": value}) | Q(**{f"pk__{way}": pk})
        return leads.filter(**{f"{beyond}__{way}e": value}).filter(further)

    def place_of(self, text):
        """The value and the id that ``name_of`` wrote; None for what names no place."""
        value, _sign, pk = text.rpartition("_")
        value = READERS[self.field](value)
        return None if value is None or not ID.fullmatch(pk) else (value, int(pk))

    def name_of(self, lead) -> str:
        value = getattr(lead, self.field)
        if self.field in ("created_at", "updated_at"):
            value = f"{value:%Y-%m-%dT%H:%M:%S.%f}Z"
        return f"{value}_{lead.pk}"


def _moment(text):
    try:
        return parse_datetime(text) if MOMENT.fullmatch(text) else None
    except ValueError:  # the 31st of February
        return None


def _number(text):
    return int(text) if NUMBER.fullmatch(text) else None


def _words(text):
    return text if len(text) <= LONGEST and "\0" not in text else None


NAME = "name_key"
READERS = {"created_at": _moment, "updated_at": _moment, "score": _number, NAME: _words}
NEWEST = Order("-created", "created_at", _("Newest first"))
ORDERS = (
    NEWEST,
    Order("created", "created_at", _("Oldest first"), descending=False),
    Order("-updated", "updated_at", _("Last changed first")),
    Order("updated", "updated_at", _("Longest unchanged first"), descending=False),
    Order("-score", "score", _("Best score first")),
    Order("score", "score", _("Lowest score first"), descending=False),
    Order("name", NAME, _("Name, A to Z"), descending=False),
    Order("-name", NAME, _("Name, Z to A")),
)


def order_of(text) -> Order:
    return next((order for order in ORDERS if order.name == text), NEWEST)
