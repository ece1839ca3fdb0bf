from datetime import timedelta

from django import forms
from django.contrib.auth import forms as auth_forms
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from crm.entrance.address import neighbourhood_of
from crm.entrance.asked import AskedForPassword
from crm.entrance.second import SecondStep, TooManyCodes
from crm.entrance.tries import Try

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
FOR_ONE_ACCOUNT, FROM_ONE_PLACE = 3, 20  # letters in an hour
OLD_PASSWORDS = 5
TOO_MANY = _("Too many wrong passwords: wait fifteen minutes and try again.")


class AskForm(forms.Form):
    """Who forgot their password."""

    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"}),
    )
    use_required_attribute = False

    def keep(self, request) -> None:
        """Stores that it was asked for, for the worker; too often, and nothing is. Nobody is told
        which: the answer says nothing of the address."""
        email, place = self.cleaned_data["email"].lower(), neighbourhood_of(request)
        if Try.objects.allow("letters from", place, FROM_ONE_PLACE, HOUR) and Try.objects.allow(
            "letters to", email, FOR_ONE_ACCOUNT, HOUR
        ):
            AskedForPassword.objects.create(
                email=email,
                host=request.get_host(),
                secure=request.is_secure(),
                language=translation.get_language(),
            )


WHAT_IS_ENOUGH = _("At least eight characters, and nothing that everybody would guess.")


class NewPasswordForm(auth_forms.SetPasswordForm):
    use_required_attribute = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].help_text = WHAT_IS_ENOUGH


class ChangePasswordForm(NewPasswordForm, auth_forms.PasswordChangeForm):
    """Who sits at somebody's open page does not guess their password there either."""

    def clean_old_password(self):
        tried = ("old password", self.user.pk)
        if not Try.objects.allow(*tried, OLD_PASSWORDS, QUARTER):
            raise forms.ValidationError(TOO_MANY, "locked")
        old = super().clean_old_password()
        Try.objects.forgive(*tried)
        return old


class CodeForm(forms.Form):
    """A code of the app, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={
                "autofocus": True,
                "autocomplete": "one-time-code",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
    )
    use_required_attribute = False
    locked = False

    def is_right_for(self, step: SecondStep, request) -> bool:
        """Whether the code is, which uses it up; what is wrong stands at the field."""
        try:
            if self.is_valid() and step.takes(self.cleaned_data["code"], neighbourhood_of(request)):
                return True
        except TooManyCodes:
            self.locked = True
            self.add_error("code", _("Too many wrong codes: wait fifteen minutes and try again."))
            return False
        if not self.errors:
            self.add_error("code", _("That code is wrong or was used: take the next one."))
        return False
