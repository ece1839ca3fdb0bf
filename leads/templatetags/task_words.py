"""When a task reminds and how it repeats, in words."""

from django import template
from django.utils import formats
from django.utils.translation import gettext, ngettext

from leads.recurrence import Unit
from leads.snooze import Snooze

register = template.Library()


@register.simple_tag
def snoozes():
    return Snooze.choices


@register.filter
def repeats(task) -> str:
    """``Repeats every 2 weeks until 3 June 2026``."""
    n = task.repeat_every
    words = gettext("Repeats %(how)s") % {"how": _every(n)[task.repeat] % {"n": n}}
    if task.repeat_until is None:
        return words
    day = formats.date_format(task.repeat_until)
    return gettext("%(repeats)s until %(day)s") % {"repeats": words, "day": day}


def _every(n):
    return {
        Unit.DAY: ngettext("every day", "every %(n)s days", n),
        Unit.WEEKDAY: ngettext("every weekday", "every %(n)s weekdays", n),
        Unit.WEEK: ngettext("every week", "every %(n)s weeks", n),
        Unit.MONTH: ngettext("every month", "every %(n)s months", n),
        Unit.YEAR: ngettext("every year", "every %(n)s years", n),
    }
