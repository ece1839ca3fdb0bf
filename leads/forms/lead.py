"""A lead, as a whole or one field of it."""

import copy

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leads import versions
from leads.models import Lead


class LeadForm(forms.ModelForm):
    """A lead as the page asks for it: who and how to reach them first, the rest when wanted."""

    FIRST = ("first_name", "last_name", "email", "phone", "company")
    use_required_attribute = False

    class Meta:
        model = Lead
        fields = (
            *("first_name", "last_name", "email", "phone", "company"),
            *("stage", "owner", "source", "job_title", "website", "message"),
            *("city", "region", "postal_code", "country"),
        )
        widgets = {
            "phone": forms.TextInput(attrs={"type": "tel"}),
            "message": forms.Textarea(attrs={"rows": 4}),
            "website": forms.TextInput(attrs={"inputmode": "url"}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        current = Q(pk=self.instance.owner_id)
        people = get_user_model().objects.filter(Q(is_active=True) | current)
        self.fields["owner"].queryset = people.order_by("first_name", "last_name", "pk")
        self.fields["owner"].empty_label = _("Nobody")
        for field in self.fields.values():
            field.widget.attrs |= {"dir": "auto", "autocomplete": "off"}
        self.fields["first_name"].widget.attrs["autofocus"] = True

    def first(self):
        return [self[name] for name in self.FIRST]

    def rest(self):
        return [field for field in self.visible_fields() if field.name not in self.FIRST]

    def rest_is_open(self):
        """A lead that exists shows all it has, and so does one with a mistake in there."""
        return bool(self.instance.pk) or any(field.errors for field in self.rest())


class EditForm(LeadForm):
    """A change of the lead as it was when the page was made. ``version`` says when that was, and
    beside each field stands what it was then. When somebody has changed the lead meanwhile, what
    this form leaves as it was stays theirs, and what both changed is a conflict: the field says
    what it is now, keeps what was typed, and may be sent again. Without a version it is sent as
    it is meant."""

    version = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, instance, **kwargs):
        super().__init__(*args, instance=instance, **kwargs)
        self.stored = copy.copy(instance)  # the form writes into the lead, mistakes included
        self.conflicts = {}  # field name -> what it is now
        self.initial["version"] = versions.version_of(instance)
        for name in self._meta.fields:
            if name in self.fields:
                self.fields[name].show_hidden_initial = True

    def clean(self):
        cleaned = super().clean()
        sent = cleaned.get("version")
        if sent and sent != self.initial["version"]:
            self.data = self.data.copy()
            self.data["version"] = self.initial["version"]
            for name in [name for name in self._meta.fields if name in self.fields]:
                self._meet(name, cleaned)
        return cleaned

    def _meet(self, name, cleaned):
        """What is stored of the field by now, and what was sent."""
        theirs = self.initial[name]
        was_there, now, typed = map(_plain, (self._was(name), theirs, self.data.get(name)))
        if name not in self.changed_data:
            self.data[name] = theirs
            cleaned[name] = getattr(self.stored, name)
        elif now not in (was_there, typed):
            self.conflicts[name] = shown(self.stored, name)
            self.add_error(name, CHANGED_MEANWHILE % {"now": self.conflicts[name] or _("empty")})
        self.data[self.add_initial_prefix(name)] = theirs

    def _was(self, name):
        return self.data.get(self.add_initial_prefix(name))


class FieldForm(EditForm):
    """A change of one field, in place."""

    def __init__(self, *args, name, **kwargs):
        super().__init__(*args, **kwargs)
        self.name = name
        for other in set(self.fields) - {name, "version"}:
            del self.fields[other]

    def add_error(self, field, error):
        """What is wrong with the lead as a whole is wrong with what was changed of it."""
        if hasattr(error, "error_dict"):
            error = {self.name: [e for errors in error.error_dict.values() for e in errors]}
            error = ValidationError(error)
        super().add_error(field, error)


def shown(lead, name):
    """What people read of a lead's field."""
    value = getattr(lead, name)
    return lead.get_stage_display() if name == "stage" else "" if value is None else str(value)


def _plain(value) -> str:
    return "" if value is None else str(value).replace("\r\n", "\n").strip()


CHANGED_MEANWHILE = _("Somebody changed this meanwhile. It is now: %(now)s")
