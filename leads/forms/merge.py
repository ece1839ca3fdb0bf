"""Two leads that are to be one: which stays, and which of both has the right word on each field."""

import copy

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from leads import versions
from leads.forms.lead import shown
from leads.models import Lead
from leads.models.merge import FIELDS, differing


class MergeForm(forms.Form):
    """``one`` and ``two`` stand side by side, the older first. Every choice is one of the two, by
    its id; the versions say what the page was made from."""

    use_required_attribute = False

    def __init__(self, data, one, two):
        super().__init__(data)
        self.leads = {str(lead.pk): lead for lead in (one, two)}
        self.differ = differing(one, two)
        self._choose("keep", _("Stays"), one)
        for name in self.differ:
            label = Lead._meta.get_field(name).verbose_name
            self._choose(name, label, better(name, one, two))
        for lead in (one, two):
            version = versions.version_of(lead)
            field = forms.CharField(required=False, widget=forms.HiddenInput, initial=version)
            self.fields[_version(lead)] = field
        self.stale = data is not None and not all(
            data.get(_version(lead)) == versions.version_of(lead) for lead in (one, two)
        )
        if self.stale:
            self.data = data.copy()
            for lead in (one, two):
                self.data[_version(lead)] = versions.version_of(lead)

    def _choose(self, name, label, default):
        choices = [(pk, lead.name) for pk, lead in self.leads.items()]
        self.fields[name] = forms.ChoiceField(label=label, choices=choices, initial=str(default.pk))

    def clean(self):
        if self.stale:
            raise ValidationError(CHANGED)
        if not self.errors:
            outcome = copy.copy(self.kept)
            for name in self.names:
                setattr(outcome, name, getattr(self.other, name))
            try:
                outcome.clean()
            except ValidationError as problem:  # of a field that the two may have in common
                raise ValidationError(problem.messages) from problem

    @property
    def kept(self):
        return self.leads[self.cleaned_data["keep"]]

    @property
    def other(self):
        return next(lead for lead in self.leads.values() if lead != self.kept)

    @property
    def names(self):
        """The fields that the kept lead takes from the other."""
        return [name for name in self.differ if self.cleaned_data[name] == str(self.other.pk)]

    # As the page shows it

    def heads(self):
        return self._sides("keep")

    def rows(self):
        """Each field that differs: from which lead it is taken, and what it is there."""
        return [
            (self[name].label, self._sides(name), self.errors.get(name, ())) for name in self.differ
        ]

    def alike(self):
        """What both have, which nobody needs to choose."""
        one = next(iter(self.leads.values()))
        names = [name for name in FIELDS if name not in self.differ and getattr(one, name)]
        return [(Lead._meta.get_field(name).verbose_name, _words(one, name)) for name in names]

    def versions(self):
        return [self[name] for name in self.fields if name.startswith(VERSION)]

    def _sides(self, name):
        chosen = str(self[name].value())
        return [
            {
                "lead": lead,
                "id": f"{name}-{pk}",
                "name": name,
                "checked": chosen == pk,
                "value": "" if name == "keep" else _words(lead, name),
            }
            for pk, lead in self.leads.items()
        ]


def better(name, one, two):
    """The one that has something to say there; where both do, the newer: they wrote that last. A
    lead that nobody moved on yet says nothing of its stage. What is the same but for the case of
    its letters stays as it is: people are told of contact details that change."""
    if str(getattr(one, name)).casefold() == str(getattr(two, name)).casefold():
        return one
    said = [lead for lead in (one, two) if _says(lead, name)]
    return said[0] if len(said) == 1 else max(one, two, key=lambda lead: (lead.created_at, lead.pk))


def _says(lead, name) -> bool:
    value = getattr(lead, name)
    return bool(value) and value != Lead.Stage.NEW


def _words(lead, name) -> str:
    return shown(lead, name.removesuffix("_id"))


def _version(lead) -> str:
    return f"{VERSION}{lead.pk}"


VERSION = "version-"
CHANGED = _("Somebody changed one of them meanwhile. This is what they are now: look again.")
