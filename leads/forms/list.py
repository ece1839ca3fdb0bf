"""What is chosen on the list and the board, and done there."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from leads import policy
from leads.filters import PageFilter
from leads.forms.people import who_work_here
from leads.models import Lead, Tag
from leads.models.tag import tags_of
from leads.orders import ORDERS
from leads.sources import sources

SOURCES_OFFERED = TAGS_OFFERED = 50


class MoveForm(forms.Form):
    """Into which stage a lead goes, and in which it was seen by who moves it."""

    stage = forms.ChoiceField(choices=Lead.Stage)
    seen = forms.ChoiceField(choices=Lead.Stage, required=False)


class ListForm(forms.Form):
    """The choices above the list. What they mean is PageFilter's; this only offers them."""

    stage = forms.ChoiceField(label=_("Stage"), required=False)
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    source = forms.ChoiceField(label=_("Source"), required=False)
    tag = forms.ChoiceField(label=_("Tag"), required=False)
    sort = forms.ChoiceField(label=_("Order"), required=False)

    def __init__(self, *args, without=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.people = [(person.pk, str(person)) for person in who_work_here()]
        self.fields["stage"].choices = [("", _("Stage")), *Lead.Stage.choices]
        self.fields["owner"].choices = [
            ("", _("Owner")),
            (PageFilter.ME, _("Mine")),
            (PageFilter.NOBODY, _("Nobody’s")),
            *self.people,
        ]
        known = sources(SOURCES_OFFERED)
        self.fields["source"].choices = [("", _("Source")), *((source, source) for source in known)]
        self._offer_tags()
        newest, *others = ORDERS
        self.fields["sort"].choices = [
            ("", newest.label),
            *((order.name, order.label) for order in others),
        ]
        for name in without:
            del self.fields[name]

    def _offer_tags(self):
        """And the one that is asked for, as it is spelled there; nothing where nobody gave any."""
        asked = self.data.get("tag", "").strip()
        known = {name.casefold(): name for name in Tag.objects.known(TAGS_OFFERED)}
        if asked and len(asked) <= Tag.LONGEST:
            known[asked.casefold()] = asked
        if known:
            names = [(known[word], known[word]) for word in sorted(known)]
            self.fields["tag"].choices = [("", _("Tag")), *names]
        else:
            del self.fields["tag"]


class BulkForm(forms.Form):
    """What is done to the leads that were chosen: ``action``, and its value."""

    OWNER, STAGE, TAG, DELETE = "owner", "stage", "tag", "delete"
    KEEP, NOBODY = "", "nobody"

    action = forms.ChoiceField(choices=[(name, name) for name in (OWNER, STAGE, TAG, DELETE)])
    to_stage = forms.ChoiceField(label=_("Move to"), required=False)
    to_owner = forms.ChoiceField(label=_("Assign to"), required=False)
    to_tag = forms.CharField(label=_("Tag to add"), max_length=Tag.LONGEST, required=False)
    sure = forms.BooleanField(required=False)

    def __init__(self, *args, people=None, **kwargs):
        super().__init__(*args, **kwargs)
        if people is None:
            people = [(person.pk, str(person)) for person in who_work_here()]
        self.fields["to_tag"].widget.attrs |= {"placeholder": _("Tag…"), "autocomplete": "off"}
        self.fields["to_stage"].choices = [(self.KEEP, _("Stage…")), *Lead.Stage.choices]
        self.fields["to_owner"].choices = [
            (self.KEEP, _("Owner…")),
            (self.NOBODY, _("Nobody")),
            *people,
        ]

    @classmethod
    def of(cls, list_form):
        """To be shown beside the list's own choices, whose people it offers."""
        return cls(people=list_form.people)

    def clean(self):
        cleaned = super().clean()
        sets_something = cleaned.get("action") in (self.OWNER, self.STAGE, self.TAG)
        if sets_something and not self.errors and not self._value(cleaned):
            raise forms.ValidationError(_("Choose what to set first."))
        if cleaned.get("action") == self.TAG:
            tags_of([cleaned.get("to_tag", "")])
        return cleaned

    def problem(self) -> str:
        """What to say of a form that means nothing."""
        errors = [error for errors in self.errors.values() for error in errors]
        return errors[-1] if errors else ""

    @property
    def what(self):
        return self.cleaned_data["action"]

    @property
    def right(self):
        return policy.DELETE if self.what == self.DELETE else policy.CHANGE

    def asks_first(self) -> bool:
        return self.what == self.DELETE and not self.cleaned_data["sure"]

    def act(self, lead, by) -> None:
        """Does it to a lead that the caller holds locked."""
        value = self._value(self.cleaned_data)
        if self.what == self.DELETE:
            lead.delete()
        elif self.what == self.STAGE:
            lead.move(value, by=by)
        elif self.what == self.TAG:
            Tag.objects.give(lead, [value])
        else:
            lead.owner_id = None if value == self.NOBODY else int(value)
            lead.save(by=by)

    def said(self, done: int) -> str:
        words = {
            self.DELETE: ngettext("%(n)s lead deleted.", "%(n)s leads deleted.", done),
            self.STAGE: ngettext("%(n)s lead is in %(to)s.", "%(n)s leads are in %(to)s.", done),
            self.TAG: ngettext("%(n)s lead has the tag %(to)s.",
                               "%(n)s leads have the tag %(to)s.", done),
            self.OWNER: ngettext("%(n)s lead has the owner %(to)s.",
                                 "%(n)s leads have the owner %(to)s.", done),
        }  # fmt: skip
        return words[self.what] % {"n": done, "to": self._to()}

    def _value(self, cleaned):
        return cleaned.get(f"to_{cleaned['action']}", self.KEEP)

    def _to(self):
        if self.what == self.DELETE:
            return ""
        if self.what == self.TAG:
            return self.cleaned_data["to_tag"]
        choices = self.fields[f"to_{self.what}"].choices
        return {str(value): label for value, label in choices}[self._value(self.cleaned_data)]
