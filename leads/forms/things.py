"""What belongs to a lead: comments, interactions, tasks and appointments."""

from datetime import UTC

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from leads.forms.people import who_work_here
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
        self.fields["assignee"].queryset = who_work_here()
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
        self.fields["attendees"].queryset = who_work_here()
        self.fields["title"].widget.attrs |= {"dir": "auto", "autocomplete": "off"}
        self.fields["title"].error_messages |= _blank(Task, "title")

    def save(self, commit=True):
        self.instance.attendee_ids = [person.pk for person in self.cleaned_data["attendees"]]
        return super().save(commit)


def _blank(model, name):
    """What the model says of a field that was left empty."""
    return {"required": model._meta.get_field(name).error_messages["blank"]}


def _as_prose(field, rows):
    field.error_messages |= _blank(Comment, "body")
    field.widget = forms.Textarea(attrs={"rows": rows, "dir": "auto", "maxlength": 10_000})
