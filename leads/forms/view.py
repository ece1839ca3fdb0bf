"""A view of the list: its name, and who sees it."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from leads.columns import COLUMNS, Columns
from leads.models import SavedView


class ViewForm(forms.ModelForm):
    use_required_attribute = False

    class Meta:
        model = SavedView
        fields = ("name", "shared")
        labels = {"name": _("Name"), "shared": _("Everybody sees it")}
        error_messages = {"name": {"required": _("Give a name.")}}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs |= {"dir": "auto", "autocomplete": "off"}

    def keep(self, owner=None, showing=None) -> bool:
        """Stores the view; ``owner`` and ``showing`` are for a new one. False when it has
        something to say."""
        if showing is not None and not showing.filters.is_valid():
            self.add_error(None, _("One of these filters means nothing: choose another first."))
        if not self.is_valid():
            return False
        if owner is not None:
            self.instance.owner, self.instance.query = owner, showing.saved
        try:
            self.instance.keep()
        except ValidationError as problem:
            self.add_error("name", problem.messages)
            return False
        return True


class ColumnsForm(forms.Form):
    """Which columns the list shows; ``usual`` takes back what was chosen."""

    column = forms.MultipleChoiceField(
        choices=[(column.name, column.label) for column in COLUMNS], required=False
    )
    usual = forms.BooleanField(required=False)

    def columns(self) -> Columns:
        """What means nothing is left out."""
        if self.is_valid() and self.cleaned_data["usual"]:
            return Columns()
        return Columns.named(self.data.getlist("column"))
