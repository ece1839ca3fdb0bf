"""Times as people type them: those of the clocks where they are."""

from datetime import UTC, timedelta
from datetime import timezone as fixed

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from leads import clocks

MINUTES = "%Y-%m-%dT%H:%M"
CLOCKS_DIFFER = timedelta(minutes=5)
WALL = fixed(timedelta(), "as the clocks on the wall")  # what Django puts where none was typed


class HiddenMoment(forms.DateTimeInput):
    input_type = "hidden"

    def __init__(self, attrs=None):
        super().__init__(attrs, MINUTES)


class MomentField(forms.DateTimeField):
    """A time of the reader's day, in UTC. One that no clock shows says which is next; of one that
    comes twice it is the first; one that lies beyond the calendar is none."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MINUTES)
    hidden_widget = HiddenMoment

    def to_python(self, value):
        with timezone.override(WALL):
            typed = super().to_python(value)
        return typed and meant(typed, self.error_messages["invalid"])


class SplitMomentField(forms.SplitDateTimeField):
    """The same, the date and the time typed by themselves, as in the admin."""

    def compress(self, data_list):
        with timezone.override(WALL):
            typed = super().compress(data_list)
        return typed and meant(typed, self.error_messages["invalid_date"])


class PastField(MomentField):
    """When something took place that is logged now."""

    def clean(self, value):
        moment = super().clean(value)
        if moment and moment > timezone.now() + CLOCKS_DIFFER:
            raise ValidationError(_("This has not been yet: give a time that has passed."))
        return moment


def meant(typed, invalid):
    """The moment in UTC; ``invalid`` is what to say of one beyond the calendar."""
    try:
        if typed.tzinfo is WALL:
            return clocks.moment_at(typed.replace(tzinfo=None))
        clocks.shown_at(typed)  # lies in the calendar here too
        return typed.astimezone(UTC)
    except clocks.Skipped as skipped:
        raise ValidationError(_skipped(skipped), "skipped") from skipped
    except OverflowError as problem:
        raise ValidationError(invalid, "invalid") from problem


def as_stored(was, now):
    """The form knows what clocks show, often to the minute: what it leaves alone keeps its seconds,
    and which of two it is."""
    if was is None or now is None:
        return now
    shown, typed = clocks.shown_at(was), clocks.shown_at(now)
    ways = (shown.replace(second=0, microsecond=0), shown.replace(microsecond=0))
    return was if typed in ways else now


def _skipped(skipped):
    wall, following = skipped.wall, skipped.following
    same_day = wall.date() == following.date()
    return SKIPPED % {
        "time": date_format(wall, TIME),
        "day": date_format(wall, "DATE_FORMAT"),
        "next": date_format(following, TIME if same_day else "DATETIME_FORMAT"),
    }


TIME = "H:i"
SKIPPED = _(
    "%(time)s does not exist on %(day)s: the clocks go forward over it. The next time is %(next)s."
)
