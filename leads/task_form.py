"""A task as the page asks for it: its lead is chosen from a list, or found by what is typed."""

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from leads.forms.moments import MomentField
from leads.forms.reminding import Reminding
from leads.models import Lead, Task

OFFERED = 8


class TaskForm(Reminding):
    lead_name = forms.CharField(label=_("Lead"), max_length=200, required=False)
    lead = forms.ModelChoiceField(
        Lead.objects.all(), required=False, widget=forms.HiddenInput, blank=True
    )
    use_required_attribute = False

    class Meta:
        model = Task
        fields = ("title", "due_at", "assignee", *Reminding.FIELDS)
        labels = {"title": _("What to do"), "due_at": _("Due"), "assignee": _("Who")}
        field_classes = {"due_at": MomentField}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        people = get_user_model().objects.filter(is_active=True)
        self.fields["assignee"].queryset = people.order_by("first_name", "last_name", "pk")
        self.fields["assignee"].empty_label = _("Nobody")
        self.fields["title"].widget.attrs |= {
            "dir": "auto",
            "autocomplete": "off",
            "autofocus": True,
        }
        self.fields["lead_name"].widget.attrs |= {"dir": "auto", "autocomplete": "off"}
        self.candidates = []

    def clean(self):
        cleaned = super().clean()
        if "lead" in cleaned and cleaned["lead"] is None:
            cleaned["lead"] = self._found(cleaned.get("lead_name") or "")
        if cleaned.get("lead") is None:
            self._errors.pop("lead", None)
            self.errors.setdefault("lead_name", self.error_class([self._what_is_missing()]))
        else:
            self.instance.lead = cleaned["lead"]
        return cleaned

    def _found(self, name):
        """The one lead that is called so; else those among which to choose are kept."""
        self.candidates = list(Lead.objects.matching(name)[:OFFERED]) if name.strip() else []
        return self.candidates[0] if len(self.candidates) == 1 else None

    def _what_is_missing(self):
        if self.candidates:
            return _("Which one? Choose below.")
        return _("Give the name, e-mail or phone of a lead.")
