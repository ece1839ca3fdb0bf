from django import forms
from django.utils.translation import gettext_lazy as _

from chat.models import Message


class ComposerForm(forms.Form):
    """A message to somebody; what is wrong with it is the message's to say."""

    body = forms.CharField(
        label=_("Message"),
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={
                "rows": 1,
                "dir": "auto",
                "autocomplete": "off",
                "placeholder": _("Write a message"),
            }
        ),
    )

    def __init__(self, data=None, *, sender, recipient):
        super().__init__(data)
        self.message = Message(sender=sender, recipient=recipient)

    def clean_body(self):
        """Browsers send lines with the ends of another age."""
        return self.cleaned_data["body"].replace("\r\n", "\n")

    def clean(self):
        if "body" in self.cleaned_data:
            self.message.body = self.cleaned_data["body"]
            try:
                self.message.clean()
            except forms.ValidationError as problem:
                self.add_error("body", problem.messages)

    def send(self):
        self.message.save()
