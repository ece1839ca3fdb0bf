import copy
from datetime import UTC

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from leads import policy, versions
from leads.filters import PageFilter
from leads.models import Appointment, Comment, Interaction, Lead, Task
from leads.orders import ORDERS

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


class MoveForm(forms.Form):
    """Into which stage a lead goes, and in which it was seen by who moves it."""

    stage = forms.ChoiceField(choices=Lead.Stage)
    seen = forms.ChoiceField(choices=Lead.Stage, required=False)


class ListForm(forms.Form):
    """The choices above the list. What they mean is PageFilter's; this only offers them."""

    stage = forms.ChoiceField(label=_("Stage"), required=False)
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    source = forms.ChoiceField(label=_("Source"), required=False)
    sort = forms.ChoiceField(label=_("Order"), required=False)

    def __init__(self, *args, without=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.people = [(person.pk, str(person)) for person in _people()]
        sources = (
            Lead.objects.exclude(source="").order_by("source").values_list("source", flat=True)
        )
        known = list(sources.distinct()[:SOURCES_OFFERED])
        self.fields["stage"].choices = [("", _("Stage")), *Lead.Stage.choices]
        self.fields["owner"].choices = [
            ("", _("Owner")),
            (PageFilter.ME, _("Mine")),
            (PageFilter.NOBODY, _("Nobody’s")),
            *self.people,
        ]
        self.fields["source"].choices = [("", _("Source")), *((s, s) for s in known)]
        newest, *others = ORDERS
        self.fields["sort"].choices = [
            ("", newest.label),
            *((order.name, order.label) for order in others),
        ]
        for name in without:
            del self.fields[name]


class BulkForm(forms.Form):
    """What is done to the leads that were chosen: ``action``, and its value."""

    OWNER, STAGE, DELETE = "owner", "stage", "delete"
    KEEP, NOBODY = "", "nobody"

    action = forms.ChoiceField(choices=[(name, name) for name in (OWNER, STAGE, DELETE)])
    to_stage = forms.ChoiceField(label=_("Move to"), required=False)
    to_owner = forms.ChoiceField(label=_("Assign to"), required=False)
    sure = forms.BooleanField(required=False)

    def __init__(self, *args, people=None, **kwargs):
        super().__init__(*args, **kwargs)
        if people is None:
            people = [(person.pk, str(person)) for person in _people()]
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
        sets_something = cleaned.get("action") in (self.OWNER, self.STAGE)
        if sets_something and not self.errors and not self._value(cleaned):
            raise forms.ValidationError(_("Choose what to set first."))
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
        else:
            lead.owner_id = None if value == self.NOBODY else int(value)
            lead.save(by=by)

    def said(self, done: int) -> str:
        words = {
            self.DELETE: ngettext("%(n)s lead deleted.", "%(n)s leads deleted.", done),
            self.STAGE: ngettext("%(n)s lead is in %(to)s.", "%(n)s leads are in %(to)s.", done),
            self.OWNER: ngettext("%(n)s lead has the owner %(to)s.",
                                 "%(n)s leads have the owner %(to)s.", done),
        }  # fmt: skip
        return words[self.what] % {"n": done, "to": self._to()}

    def _value(self, cleaned):
        return cleaned.get(f"to_{cleaned['action']}", self.KEEP)

    def _to(self):
        if self.what == self.DELETE:
            return ""
        choices = self.fields[f"to_{self.what}"].choices
        return {str(value): label for value, label in choices}[self._value(self.cleaned_data)]


class ComposerForm(forms.Form):
    """What somebody has to say of a lead: a comment, or a contact that they log."""

    COMMENT = "comment"
    KINDS = ((COMMENT, _("Comment")), *Interaction.Channel.choices)

    kind = forms.ChoiceField(label=_("Kind"), choices=KINDS, widget=forms.RadioSelect)
    direction = forms.ChoiceField(
        label=_("Direction"),
        choices=Interaction.Direction.choices,
        required=False,
        widget=forms.RadioSelect,
    )
    body = Comment._meta.get_field("body").formfield(label=_("Text"), strip=False)

    def __init__(self, *args, **kwargs):
        start = {"kind": self.COMMENT, "direction": Interaction.Direction.OUT}
        super().__init__(*args, initial=start, auto_id="say-%s", **kwargs)
        _as_prose(self.fields["body"], rows=2)

    def thing(self, lead, by):
        """What it says, to be stored."""
        body, kind = self.cleaned_data["body"], self.cleaned_data["kind"]
        if kind == self.COMMENT:
            return Comment(lead=lead, created_by=by, body=body)
        direction = self.cleaned_data["direction"] or Interaction.Direction.OUT
        return Interaction(lead=lead, created_by=by, kind=kind, direction=direction, body=body)

    def clean_body(self):
        body = self.cleaned_data["body"]
        Comment._meta.get_field("body").clean(body, None)
        return body


class CommentForm(forms.ModelForm):
    use_required_attribute = False

    class Meta:
        model = Comment
        fields = ("body",)
        labels = {"body": _("Text")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id="edit-%s", **kwargs)
        _as_prose(self.fields["body"], rows=4)


class InteractionForm(CommentForm):
    class Meta(CommentForm.Meta):
        model = Interaction
        fields = ("direction", "body")
        help_texts = {"body": ""}


class MomentField(forms.DateTimeField):
    """A time of the reader's day; one that lies beyond the calendar is none."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value):
        moment = super().to_python(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError as problem:
            raise ValidationError(self.error_messages["invalid"], "invalid") from problem


class TaskForm(forms.ModelForm):
    use_required_attribute = False
    due_at = MomentField(label=_("Due"), required=False)

    class Meta:
        model = Task
        fields = ("title", "due_at", "assignee")
        labels = {"title": _("Task"), "assignee": _("For")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id="task-%s", **kwargs)
        self.fields["assignee"].queryset = _people()
        self.fields["assignee"].empty_label = _("Nobody")
        self.fields["title"].widget.attrs |= {"dir": "auto", "autocomplete": "off"}
        self.fields["title"].error_messages |= _blank(Task, "title")


class AppointmentForm(forms.ModelForm):
    use_required_attribute = False
    starts_at = MomentField(label=_("Starts"))
    ends_at = MomentField(label=_("Ends"))
    attendees = forms.ModelMultipleChoiceField(
        queryset=None, label=_("Who attends"), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Appointment
        fields = ("title", "starts_at", "ends_at")
        labels = {"title": _("Appointment")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id="appointment-%s", **kwargs)
        self.fields["attendees"].queryset = _people()
        self.fields["title"].widget.attrs |= {"dir": "auto", "autocomplete": "off"}
        self.fields["title"].error_messages |= _blank(Task, "title")

    def save(self, commit=True):
        self.instance.attendee_ids = [person.pk for person in self.cleaned_data["attendees"]]
        return super().save(commit)


def shown(lead, name):
    """What people read of a lead's field."""
    value = getattr(lead, name)
    return lead.get_stage_display() if name == "stage" else "" if value is None else str(value)


def _plain(value) -> str:
    return "" if value is None else str(value).replace("\r\n", "\n").strip()


def _blank(model, name):
    """What the model says of a field that was left empty."""
    return {"required": model._meta.get_field(name).error_messages["blank"]}


def _as_prose(field, rows):
    field.error_messages |= _blank(Comment, "body")
    field.widget = forms.Textarea(attrs={"rows": rows, "dir": "auto", "maxlength": 10_000})


def _people():
    people = get_user_model().objects.filter(is_active=True)
    return people.order_by("first_name", "last_name", "pk")


CHANGED_MEANWHILE = _("Somebody changed this meanwhile. It is now: %(now)s")
