from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from crm.keys.model import ApiKey
from crm.keys.scopes import SCOPES


class ApiKeyForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        label=_("May"),
        choices=tuple(SCOPES.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one thing that it may do.")},
    )

    class Meta:
        model = ApiKey
        fields = ("name", "user", "scopes")
        labels = {"name": _("Name"), "user": _("Acts as")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        people = get_user_model().objects.filter(is_active=True)
        self.fields["user"].queryset = people.order_by("first_name", "last_name", "email")
