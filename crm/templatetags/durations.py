"""How long something took, in a few characters."""

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

register = template.Library()

UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


@register.filter
def lasting(seconds):
    """``12 ms``, ``1.4 s``, ``40 s``, ``3 min``, ``2 h``, ``5 d``; a dash for none."""
    if seconds is None or seconds == "":
        return "–"
    if seconds < 1:
        return _("%(n)s ms") % {"n": round(seconds * 1000)}
    if seconds < 10:
        return _("%(n)s s") % {"n": number_format(round(seconds, 1), 1)}
    words = {"d": _("%(n)s d"), "h": _("%(n)s h"), "min": _("%(n)s min"), "s": _("%(n)s s")}
    size, unit = next(each for each in UNITS if seconds >= each[0])
    return words[unit] % {"n": int(seconds // size)}


@register.filter
def at(percentiles, percent):
    return percentiles.get(percent)
