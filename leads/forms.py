from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leads.filters import PageFilter
from leads.models import Lead

SOURCES_OFFERED = 50


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
        return [field for field in self if field.name not in self.FIRST]

    def rest_is_open(self):
        """A lead that exists shows all it has, and so does one with a mistake in there."""
        return bool(self.instance.pk) or any(field.errors for field in self.rest())


class StageForm(forms.ModelForm):
    class Meta:
        model = Lead
        fields = ("stage",)


class MoveForm(forms.Form):
    """Into which stage a lead goes, and in which it was seen by who moves it."""

    stage = forms.ChoiceField(choices=Lead.Stage)
    seen = forms.ChoiceField(choices=Lead.Stage, required=False)


class ListForm(forms.Form):
    """The choices above the list. What they mean is LeadFilter's; this only offers them."""

    stage = forms.ChoiceField(label=_("Stage"), required=False)
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    source = forms.ChoiceField(label=_("Source"), required=False)

    def __init__(self, *args, without=(), **kwargs):
        super().__init__(*args, **kwargs)
        people = get_user_model().objects.filter(is_active=True).order_by("first_name", "pk")
        sources = (
            Lead.objects.exclude(source="").order_by("source").values_list("source", flat=True)
        )
        known = list(sources.distinct()[:SOURCES_OFFERED])
        self.fields["stage"].choices = [("", _("Stage")), *Lead.Stage.choices]
        self.fields["owner"].choices = [
            ("", _("Owner")),
            (PageFilter.ME, _("Mine")),
            (PageFilter.NOBODY, _("Nobody’s")),
            *((person.pk, str(person)) for person in people),
        ]
        self.fields["source"].choices = [("", _("Source")), *((s, s) for s in known)]
        for name in without:
            del self.fields[name]
