"""Tags as people type them."""

from django import forms
from django.utils.translation import gettext_lazy as _

from leads.models.tag import tags_of


class TagsField(forms.CharField):
    """Tags with commas between them; the value is a list."""

    def prepare_value(self, value):
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value):
        text = super().clean(value)
        names = [name for part in text.split(",") if (name := part.strip())]
        if self.required and not names:
            raise forms.ValidationError(self.error_messages["required"])
        return list(tags_of(names).values())


class TagForm(forms.Form):
    """What is given to a lead: one tag, or several at once."""

    use_required_attribute = False
    add = TagsField(
        label=_("Add a tag"), max_length=500, error_messages={"required": _("Give a tag.")}
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id="tag-%s", **kwargs)
        self.fields["add"].widget.attrs |= {
            "placeholder": _("Add a tag"),
            "list": "known-tags",
            "autocomplete": "off",
            "dir": "auto",
        }
