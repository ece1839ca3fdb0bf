from django import forms
from django.conf import settings
from django.contrib.auth import forms as auth_forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from crm import zones


class SignInForm(auth_forms.AuthenticationForm):
    username = forms.EmailField(
        label=_("Email"),
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"}),
    )
    use_required_attribute = False

    def get_invalid_login_error(self):
        """One sentence, the same whether the account exists or not."""
        if getattr(self.request, "axes_locked_out", False):
            return ValidationError(
                _("Too many wrong passwords: wait fifteen minutes and try again."), "locked"
            )
        return ValidationError(_("That e-mail and password do not match."), "invalid_login")


class OwnForm(forms.ModelForm):
    """What somebody says of themselves."""

    def save(self):
        """Nothing else: who is deactivated meanwhile stays it."""
        self.instance.save(update_fields=self._meta.fields)
        return self.instance


class QuietHoursForm(OwnForm):
    """``zone`` is what the browser said, preselected for who chose none yet."""

    class Meta:
        model = get_user_model()
        fields = ("quiet_from", "quiet_until", "zone")
        labels = {"quiet_from": _("Quiet from"), "quiet_until": _("Until")}
        help_texts = {"quiet_from": ""}
        widgets = {
            "quiet_from": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "quiet_until": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }

    def __init__(self, *args, zone="", **kwargs):
        super().__init__(*args, **kwargs)
        chosen = self.instance.zone or zone
        names = sorted({*zones.PLACES, "UTC", *filter(None, [chosen])})
        self.fields["zone"] = forms.ChoiceField(
            label=_("Time zone"), choices=[(name, name.replace("_", " ")) for name in names]
        )
        self.initial["zone"] = chosen or settings.TIME_ZONE


class ProfileForm(OwnForm):
    language = forms.ChoiceField(
        label=_("Language"),
        choices=[("", _("As the browser says")), *settings.LANGUAGES],
        required=False,
    )

    class Meta:
        model = get_user_model()
        fields = ("first_name", "last_name", "language")
        widgets = {
            "first_name": forms.TextInput(attrs={"dir": "auto", "autocomplete": "given-name"}),
            "last_name": forms.TextInput(attrs={"dir": "auto", "autocomplete": "family-name"}),
        }
