"""The part of a task's form that says when to remind of it and how it repeats."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from leads.forms.moments import MomentField, as_stored
from leads.models.repeating import RARELY
from leads.models.task import AT_A_TIME
from leads.recurrence import Unit


class Reminding(forms.ModelForm):
    remind_minutes_before = forms.TypedChoiceField(
        label=_("Reminder"),
        required=False,
        empty_value=None,
        coerce=lambda chosen: chosen if chosen == AT_A_TIME else int(chosen),
    )
    remind_at = MomentField(label=_("Remind at"), required=False)
    repeat = forms.ChoiceField(
        label=_("Repeat"), required=False, choices=(("", _("Never")), *Unit.choices)
    )
    repeat_every = forms.IntegerField(
        label=_("Every how many"),
        required=False,
        initial=1,
        min_value=1,
        max_value=RARELY,
        help_text=_("2 means every second one."),
    )
    repeat_until = forms.DateField(
        label=_("Until, if it ends"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    FIELDS = ("remind_minutes_before", "remind_at", "repeat", "repeat_every", "repeat_until")
    COUNTED = {"due_at", "repeat", "repeat_every"}
    REMINDERS = (
        ("", _("None")),
        (0, _("When it is due")),
        (10, _("10 minutes before")),
        (60, _("An hour before")),
        (24 * 60, _("A day before")),
        (AT_A_TIME, _("At a time")),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["remind_minutes_before"] = self.instance.reminder
        self.fields["remind_minutes_before"].choices = self._reminders()

    def clean_remind_at(self):
        return as_stored(self.initial.get("remind_at"), self.cleaned_data["remind_at"])

    def clean_repeat_every(self):
        return self.cleaned_data["repeat_every"] or 1

    def clean(self):
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("remind_minutes_before") == AT_A_TIME:
            cleaned["remind_minutes_before"] = None
            if not cleaned.get("remind_at") and "remind_at" not in self.errors:
                self.add_error("remind_at", _("Give the time."))
        elif "remind_minutes_before" in cleaned:
            self._not_meant(cleaned, remind_at=None)
        if cleaned.get("repeat") == "":
            self._not_meant(cleaned, repeat_every=1, repeat_until=None)
        if self.COUNTED.intersection(self.changed_data):
            self.instance.repeat_zone = timezone.get_current_timezone_name()
        return cleaned

    def _not_meant(self, cleaned, **instead):
        """What stands in fields that are not on show."""
        for name, value in instead.items():
            self._errors.pop(name, None)
            cleaned[name] = value

    def _reminders(self):
        """What is offered, and what REST may have set."""
        there = self.instance.reminder
        known = any(value == there for value, _label in self.REMINDERS)
        other = [] if known or there is None else [(there, minutes_before(there))]
        return [*self.REMINDERS, *other]


def minutes_before(minutes):
    return ngettext("%(n)s minute before", "%(n)s minutes before", minutes) % {"n": minutes}
