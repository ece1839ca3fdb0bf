"""When a reminder comes again that somebody puts off, in their own zone."""

from datetime import datetime, time, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads import days
from leads.recurrence import moment_at

MORNING = time(9)


class Snooze(models.TextChoices):
    MINUTES = "10m", _("10 minutes")
    HOUR = "1h", _("1 hour")
    TOMORROW = "tomorrow", _("Tomorrow 9:00")
    MONDAY = "monday", _("Next Monday 9:00")

    def until(self) -> datetime:
        now, today = timezone.now(), timezone.localdate()
        if self == Snooze.MINUTES:
            return now + timedelta(minutes=10)
        if self == Snooze.HOUR:
            return now + timedelta(hours=1)
        monday = days.monday_of(today) + 7 * days.DAY
        day = today + days.DAY if self == Snooze.TOMORROW else monday
        return moment_at(day, MORNING, timezone.get_current_timezone())
