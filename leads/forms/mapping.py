"""Which value of a payload each field of a lead gets."""

from django import forms
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext_lazy as _

from leads.intake import checks
from leads.intake.mapping import MAPPABLE, proposed
from leads.intake.vocabulary import NAME, TAGS
from leads.models import Lead

SHOWN = 60  # characters of a value
LABELS = {NAME: _("Whole name"), TAGS: _("Tags")}


class MappingForm(forms.Form):
    """A choice for each field, filled in with what is mapped, else with what is proposed."""

    use_required_attribute = False

    def __init__(self, data, source, pairs):
        there = source.mapping or proposed(pairs)
        super().__init__(data, initial=there, auto_id="map-%s")
        self.source = source
        values = {}
        for path, value in pairs:
            values.setdefault(path, value)
        gone = {path: "" for path in there.values() if path not in values}
        choices = [("", "—"), *((path, _choice(path, value)) for path, value in values.items())]
        choices += [(path, path) for path in gone]
        for name in MAPPABLE:
            label = LABELS.get(name) or capfirst(Lead._meta.get_field(name).verbose_name)
            self.fields[name] = forms.ChoiceField(label=label, choices=choices, required=False)

    def clean(self):
        cleaned = super().clean()
        self.mapping = {name: path for name, path in cleaned.items() if path}
        if not self.errors:
            self.mapping = checks.mapping(self.mapping)
        return cleaned

    @property
    def chosen(self) -> dict:
        """As it stands on the page."""
        return {name: path for name in self.fields if (path := self[name].value())}

    def save(self) -> None:
        self.source.map(self.mapping)


def _choice(path, value) -> str:
    return f"{path}: {Truncator(value).chars(SHOWN)}" if value else path
