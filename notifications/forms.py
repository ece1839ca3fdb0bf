"""What one hears of: a choice for each kind of notification."""

from django import forms
from django.utils.translation import gettext_lazy as _

from notifications.kinds import Kind
from notifications.models import Preference, Wants

OF_ALL = {
    Kind.LEAD_CREATED: _("New leads"),
    Kind.TASK_COMPLETED: _("Completed tasks"),
    Kind.SCORE_UPDATED: _("Scores"),
    Kind.COMMENT_ADDED: _("Comments"),
    Kind.CONTACT: _("Contact details"),
    Kind.EMAIL: _("E-mails"),
    Kind.EVENT: _("Appointments and reminders"),
    Kind.SYSTEM: _("Announcements"),
}


class PreferencesForm(forms.Form):
    """A field for each kind. Nobody follows what an announcement is about."""

    def __init__(self, user, data=None):
        super().__init__(data, initial=Preference.objects.of(user))
        self.user = user
        for kind, label in OF_ALL.items():
            choices = [
                choice for choice in Wants.choices if (kind, choice[0]) != (Kind.SYSTEM, "followed")
            ]
            self.fields[kind.value] = forms.ChoiceField(
                label=label, choices=choices, widget=forms.RadioSelect
            )

    def save(self) -> None:
        Preference.objects.choose(self.user, self.cleaned_data)
