"""Times as people say them, in the reader's zone."""

from datetime import timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def said(moment):
    """``today 14:30``, ``Fri 09:00`` within six days, else ``3 Mar 09:00``."""
    there = timezone.localtime(moment)
    time = date_format(there, "H:i")
    ahead = there.date() - timezone.localdate()
    near = {-1: _("yesterday {time}"), 0: _("today {time}"), 1: _("tomorrow {time}")}
    if ahead.days in near:
        return near[ahead.days].format(time=time)
    if timedelta(0) < ahead < timedelta(days=7):
        return f"{date_format(there, 'D')} {time}"
    this_year = there.year == timezone.localdate().year
    date = date_format(there, _("j M") if this_year else _("j M Y"))
    return f"{date} {time}"
