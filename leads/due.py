"""When tasks are due: late, today, this week, later or at no time, as the reader's day has it; and
the address of a page of them."""

import re
from itertools import groupby

from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from leads import days

PLACE = re.compile(r"(?:(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)|never)_(\d{1,18})", re.ASCII)


class Due(models.TextChoices):
    LATE = "late", _("Late")
    TODAY = "today", _("Today")
    WEEK = "week", _("This week")
    LATER = "later", _("Later")
    NEVER = "never", _("No date")


def groups(tasks) -> list[tuple[Due, list]]:
    """Of tasks in the order of ``open()``."""
    now, today = timezone.now(), timezone.localdate()
    bounds = (
        (Due.LATE, now),
        (Due.TODAY, days.end_of(today)),
        (Due.WEEK, days.end_of(days.monday_of(today) + 6 * days.DAY)),
    )

    def due(task):
        if task.due_at is None:
            return Due.NEVER
        return next((name for name, bound in bounds if task.due_at < bound), Due.LATER)

    return [(name, list(rows)) for name, rows in groupby(tasks, key=due)]


def changes_at(tasks):
    """When the next of them becomes late, or else the day ends."""
    now = timezone.now()
    midnight = days.end_of(timezone.localdate())
    return min([t.due_at for t in tasks if t.due_at and t.due_at > now] + [midnight])


def place_called(text: str):
    """``(due_at, pk)`` of the task after which a page begins; None for what is none."""
    match = PLACE.fullmatch(text)
    if match is None:
        return None
    try:
        return match[1] and parse_datetime(match[1]), int(match[2])
    except ValueError:  # the 31st of February
        return None


def name_of(task) -> str:
    due = f"{task.due_at:%Y-%m-%dT%H:%M:%S.%f}Z" if task.due_at else "never"
    return f"{due}_{task.pk}"
