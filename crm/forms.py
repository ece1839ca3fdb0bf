from django import forms
from django.conf import settings
from django.contrib.auth import forms as auth_forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


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


class ProfileForm(forms.ModelForm):
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
