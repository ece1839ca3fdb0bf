"""What is to be done again and again: who completes one makes the next, once."""

from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads.recurrence import Recurrence, Unit, moment_at

ZONES = available_timezones()
RARELY = 99  # every how many days, weeks …


def known_zone(name: str) -> None:
    if name not in ZONES:
        raise ValidationError(_("Give the name of a time zone, such as Europe/Berlin."), "zone")


class Repeating(models.Model):
    """A row with ``due_at`` that may repeat. ``repeat_from`` is the first of the series, from which
    all others are counted."""

    repeat = models.CharField(_("repeat"), max_length=8, choices=Unit, blank=True)
    repeat_every = models.PositiveSmallIntegerField(
        _("every how many"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(RARELY)],
    )
    repeat_until = models.DateField(_("until"), null=True, blank=True)
    repeat_zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[known_zone],
        help_text=_("In which it repeats by the clock; empty: yours."),
    )
    repeat_from = models.DateTimeField(null=True, editable=False)
    follows = models.OneToOneField(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="next",
    )

    REPEATS = ("repeat", "repeat_every", "repeat_zone")

    class Meta:
        abstract = True

    @property
    def recurrence(self) -> Recurrence:
        every = self.repeat, self.repeat_every, self.repeat_zone
        return Recurrence(self.repeat_from or self.due_at, *every, self.repeat_until)

    def check_repeat(self) -> None:
        if not self.repeat:
            return
        if not self.due_at:
            raise ValidationError({"due_at": _("Give a due date: it repeats from there.")})
        zone = self.repeat_zone or timezone.get_current_timezone_name()
        ends = self.repeat_until and zone in ZONES
        if ends and self.repeat_until < _date(self.due_at, ZoneInfo(zone)):
            raise ValidationError(
                {"repeat_until": _("Let it repeat until the day it is due, or later.")}
            )

    def keep_count(self, stored) -> None:
        """Counts on from the first, unless somebody moved it or repeats it otherwise."""
        if stored:
            self.follows_id = stored.follows_id
        if not self.repeat:
            self.repeat_every, self.repeat_until = 1, None
            self.repeat_zone, self.repeat_from = "", None
            return
        self.repeat_zone = self.repeat_zone or timezone.get_current_timezone_name()
        counted = ("due_at", *self.REPEATS)
        if stored is None:
            self.repeat_from = self.repeat_from or self.due_at
        elif any(getattr(stored, name) != getattr(self, name) for name in counted):
            self.repeat_from = self.due_at
        else:
            self.repeat_from = stored.repeat_from

    def make_next(self):
        """The next one, unless there is one already or the series is over. The caller holds this
        one locked."""
        if not (self.repeat and self.due_at) or type(self).objects.filter(follows=self).exists():
            return
        due = self.recurrence.after(max(self.due_at, timezone.now()))
        if due:
            self.next_at(due).save()

    def take_next_back(self) -> None:
        """The next one goes when this one is to be done after all, unless somebody has been at
        it."""
        rows = type(self).objects
        pk = rows.filter(follows=self).values_list("pk", flat=True).first()
        try:
            row = pk and rows.locked(pk)
        except self.DoesNotExist:
            return
        if row and row.completed_at is None and row.edited_at is None:
            row.delete()

    def moved_along(self, moment: datetime | None, due: datetime) -> datetime | None:
        """As many days later as it is due later, at the same time by the clock."""
        if moment is None:
            return None
        zone = ZoneInfo(self.repeat_zone)
        at, days = moment.astimezone(zone), _date(due, zone) - _date(self.due_at, zone)
        return moment_at(at.date() + days, at.time(), zone)


def _date(moment, zone):
    return moment.astimezone(zone).date()
