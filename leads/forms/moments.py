"""Times as people give them: of their own day, to the minute."""

from datetime import UTC, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MINUTES = "%Y-%m-%dT%H:%M"
CLOCKS_DIFFER = timedelta(minutes=5)


class HiddenMoment(forms.DateTimeInput):
    input_type = "hidden"

    def __init__(self, attrs=None):
        super().__init__(attrs, MINUTES)


class MomentField(forms.DateTimeField):
    """A time of the reader's day; one that lies beyond the calendar is none."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MINUTES)
    hidden_widget = HiddenMoment

    def to_python(self, value):
        moment = super().to_python(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError as problem:
            raise ValidationError(self.error_messages["invalid"], "invalid") from problem


class PastField(MomentField):
    """When something took place that is logged now."""

    def clean(self, value):
        moment = super().clean(value)
        if moment and moment > timezone.now() + CLOCKS_DIFFER:
            raise ValidationError(_("This has not been yet: give a time that has passed."))
        return moment


def as_stored(form, name):
    """The form knows minutes: what it leaves alone keeps its seconds."""
    was, now = form.initial.get(name), form.cleaned_data[name]
    return was if was and now == was.replace(second=0, microsecond=0) else now
