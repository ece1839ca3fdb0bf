"""A rule of a source: what a lead has to be, and who gets it then."""

from django import forms
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from leads.forms.people import PeopleField, who_work_here
from leads.intake import routing
from leads.models import Lead, Rule

BLANK = 2  # conditions that are there to be filled in
PARTS = ("field", "op", "value")


class ConditionsWidget(forms.Widget):
    """Three lists of one length; the page shows them side by side."""

    def value_from_datadict(self, data, files, name):
        lists = [data.getlist(f"condition-{part}") for part in PARTS]
        rows = (dict(zip(PARTS, row, strict=True)) for row in zip(*lists, strict=False))
        return [row for row in rows if row["field"].strip() or row["value"].strip()]

    def value_omitted_from_data(self, data, files, name):
        return False


class ConditionsField(forms.Field):
    """A lead's field may be called as people read it."""

    widget = ConditionsWidget

    def to_python(self, value):
        names = {label.casefold(): name for name, label in lead_fields()}
        named = ((row, row["field"].strip().casefold()) for row in value)
        return [row | {"field": names.get(word, row["field"])} for row, word in named]


class RuleForm(forms.ModelForm):
    use_required_attribute = False
    conditions = ConditionsField(required=False)
    people = PeopleField(
        label=_("These people"),
        queryset=None,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    role = forms.ChoiceField(label=_("Role"), required=False)

    class Meta:
        model = Rule
        fields = ("conditions", "to", "user", "role", "people")
        widgets = {"to": forms.RadioSelect}
        labels = {"user": _("Person"), "to": _("Who gets it")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        there = self.instance.people.values_list("pk", flat=True) if self.instance.pk else ()
        self.fields["user"].queryset = who_work_here(self.instance.user_id)
        self.fields["user"].empty_label = _("Choose somebody")
        self.fields["role"].choices = [("", _("Choose a role")), *get_user_model().Role.choices]
        self.fields["people"].queryset = who_work_here(*there)
        self.fields["to"].choices = Rule.To.choices

    def clean(self):
        """Of the three ways to say who gets it, one is meant."""
        cleaned = super().clean()
        to = cleaned.get("to")
        if to == Rule.To.PEOPLE and not cleaned.get("people") and "people" not in self.errors:
            self.add_error("people", _("Choose at least one person."))
        for way, nothing in (("user", None), ("role", ""), ("people", [])):
            if to and way != to:
                cleaned[way] = nothing
                self._errors.pop(way, None)
        return cleaned

    def save(self):
        """Whose turn it is stays as it is. Raises DoesNotExist for a rule that was deleted
        meanwhile: it does not come back."""
        with transaction.atomic():
            if self.instance.pk:
                Rule.objects.select_for_update(no_key=True).get(pk=self.instance.pk)
                self.instance.save(update_fields=("conditions", "to", "user", "role"))
                self._save_m2m()
            else:
                super().save()
        return self.instance

    def rows(self) -> list[dict]:
        """The conditions as the page shows them, and some to fill in."""
        labels = dict(lead_fields())
        there = self["conditions"].value() or []
        told = [row | {"field": labels.get(row["field"], row["field"])} for row in there]
        return told + [dict.fromkeys(PARTS, "")] * BLANK

    @property
    def ops(self):
        return Rule.Op.choices


def lead_fields() -> list[tuple[str, str]]:
    """Those that a condition may ask about, with what people call them."""
    names = (name for name in routing.FIELDS if name != "stage")
    return [(name, str(capfirst(Lead._meta.get_field(name).verbose_name))) for name in names]
