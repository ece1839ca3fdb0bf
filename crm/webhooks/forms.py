from django import forms
from django.utils.translation import gettext_lazy as _

from crm.webhooks.endpoint import EVENTS, WebhookEndpoint


class WebhookForm(forms.ModelForm):
    events = forms.MultipleChoiceField(
        label=_("Tells when"),
        choices=tuple(EVENTS.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one thing that it tells.")},
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("url", "events")
        labels = {"url": _("Address")}
        widgets = {"url": forms.URLInput(attrs={"placeholder": "https://"})}
