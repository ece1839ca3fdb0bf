"""Numbers and durations, as people write them."""

from django import template
from django.utils.formats import number_format
from django.utils.translation import ngettext

register = template.Library()


@register.filter
def grouped(number) -> str:
    """``1,204``, ``1.204`` in German."""
    return number_format(number, force_grouping=True)


@register.filter
def taking(seconds: int) -> str:
    """``about 40 seconds``."""
    if seconds < 60:
        return ngettext("%(n)d second", "%(n)d seconds", max(1, seconds)) % {"n": max(1, seconds)}
    minutes = round(seconds / 60)
    if minutes < 90:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    hours = round(minutes / 60)
    return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
