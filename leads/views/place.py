"""Paging: a page starts after the lead that ended the one before, whatever arrives meanwhile."""

import re

from django.db.models import Q
from django.utils.dateparse import parse_datetime

PLACE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z)_(\d{1,18})", re.ASCII)


def after(leads, place):
    leads = leads.order_by("-created_at", "-pk")
    if place is None:
        return leads
    when, pk = place
    return leads.filter(created_at__lte=when).filter(Q(created_at__lt=when) | Q(pk__lt=pk))


def place_of(text):
    match = PLACE.fullmatch(text)
    if match is None:
        return None
    try:
        return parse_datetime(match[1]), int(match[2])
    except ValueError:  # the 31st of February
        return None


def name_of(lead):
    return f"{lead.created_at:%Y-%m-%dT%H:%M:%S.%f}Z_{lead.pk}"
