"""What belongs to a lead: comments, interactions, tasks and appointments."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads.forms.meanwhile import Meanwhile
from leads.forms.moments import MomentField, PastField, as_stored
from leads.forms.people import PeopleField, in_order, who_work_here
from leads.forms.reminding import Reminding, minutes_before
from leads.models import Appointment, Comment, Interaction, Task


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
    occurred_at = PastField(label=_("When, if not now"), required=False)
    body = Comment._meta.get_field("body").formfield(label=_("Text"), strip=False)

    def __init__(self, *args, **kwargs):
        start = {"kind": self.COMMENT, "direction": Interaction.Direction.OUT}
        super().__init__(*args, initial=start, auto_id="say-%s", **kwargs)
        _as_prose(self.fields["body"], rows=2)
        self.fields["body"].widget.attrs["data-mentions"] = True

    def thing(self, lead, by):
        """What it says, to be stored."""
        body, kind = self.cleaned_data["body"], self.cleaned_data["kind"]
        if kind == self.COMMENT:
            return Comment(lead=lead, created_by=by, body=body)
        direction = self.cleaned_data["direction"] or Interaction.Direction.OUT
        at = self.cleaned_data["occurred_at"] or timezone.now()
        fields = {"kind": kind, "direction": direction, "body": body, "occurred_at": at}
        return Interaction(lead=lead, created_by=by, **fields)

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
        self.fields["body"].widget.attrs["data-mentions"] = True


class InteractionForm(CommentForm):
    occurred_at = PastField(label=_("When"), required=False)

    class Meta(CommentForm.Meta):
        model = Interaction
        fields = ("direction", "occurred_at", "body")
        help_texts = {"body": ""}

    def clean_occurred_at(self):
        return _as_stored(self, "occurred_at") or self.initial["occurred_at"]


class TaskForm(Reminding, Meanwhile):
    use_required_attribute = False
    due_at = MomentField(label=_("Due"), required=False)
    ATTRIBUTES = {"remind_minutes_before": "reminder"}

    class Meta:
        model = Task
        fields = ("title", "due_at", "assignee", *Reminding.FIELDS)
        labels = {"title": _("Task"), "assignee": _("For")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id=_ids("task", kwargs.get("instance")), **kwargs)
        self.fields["assignee"].queryset = who_work_here(self.instance.assignee_id)
        self.fields["assignee"].empty_label = _("Nobody")
        self.fields["title"].widget.attrs |= {"dir": "auto", "autocomplete": "off"}
        self.fields["title"].error_messages |= _blank(Task, "title")

    def clean_due_at(self):
        return _as_stored(self, "due_at")


class AppointmentForm(Meanwhile):
    use_required_attribute = False
    starts_at = MomentField(label=_("Starts"))
    ends_at = MomentField(label=_("Ends"))
    remind_minutes_before = forms.TypedChoiceField(
        label=_("Reminder"), required=False, coerce=int, empty_value=None
    )
    attendees = PeopleField(
        queryset=None, label=_("Who attends"), required=False, widget=forms.CheckboxSelectMultiple
    )
    ATTRIBUTES = {"attendees": "attendee_ids"}
    REMINDERS = (
        ("", _("None")),
        (0, _("When it starts")),
        (5, _("5 minutes before")),
        (15, _("15 minutes before")),
        (60, _("An hour before")),
        (24 * 60, _("A day before")),
    )

    class Meta:
        model = Appointment
        fields = ("title", "starts_at", "ends_at", "remind_minutes_before")
        labels = {"title": _("Appointment")}

    def __init__(self, *args, **kwargs):
        instance = kwargs.get("instance")
        there = instance.attendee_ids if instance else []
        if instance and instance.pk:
            kwargs["initial"] = {"attendees": there}
        super().__init__(*args, auto_id=_ids("appointment", instance), **kwargs)
        self.fields["attendees"].queryset = who_work_here(*there)
        self.fields["remind_minutes_before"].choices = self._reminders()
        self.fields["title"].widget.attrs |= {"dir": "auto", "autocomplete": "off"}
        self.fields["title"].error_messages |= _blank(Appointment, "title")

    def attendees_before(self):
        """Who attended when the page was made, for a form that lists them itself."""
        there = self.instance.pk is not None
        return self["attendees"].as_hidden(only_initial=True) if there else ""

    def clean_starts_at(self):
        return _as_stored(self, "starts_at")

    def clean_ends_at(self):
        return _as_stored(self, "ends_at")

    def save(self, commit=True):
        chosen = [getattr(person, "pk", person) for person in self.cleaned_data["attendees"]]
        self.instance.attendee_ids = in_order(self.instance.attendee_ids, chosen)
        return super().save(commit)

    def _reminders(self):
        """What is offered, and what REST may have set."""
        minutes = self.instance.remind_minutes_before
        known = any(value == minutes for value, _label in self.REMINDERS)
        other = [] if known or minutes is None else [(minutes, minutes_before(minutes))]
        return [*self.REMINDERS, *other]


def _ids(name, instance):
    """Several such forms may stand on one page."""
    return f"{name}-{instance.pk}-%s" if instance and instance.pk else f"{name}-%s"


def _as_stored(form, name):
    return as_stored(form.initial.get(name), form.cleaned_data[name])


def _blank(model, name):
    """What the model says of a field that was left empty."""
    return {"required": model._meta.get_field(name).error_messages["blank"]}


def _as_prose(field, rows):
    field.error_messages |= _blank(Comment, "body")
    field.widget = forms.Textarea(attrs={"rows": rows, "dir": "auto", "maxlength": 10_000})
