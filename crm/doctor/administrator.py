"""Signing in as an administrator, for the length of one check."""

from datetime import timedelta

from rest_framework_simplejwt.tokens import AccessToken

from crm import signin
from crm.doctor.check import Trouble
from crm.models import TokenSignIn, User

TOKEN_LIFETIME = timedelta(minutes=1)


def sign_in(visit) -> tuple[User, str]:
    """An administrator and an access token of theirs, good until the end of the check."""
    user = _administrator(visit.email)
    made = TokenSignIn(user=user)
    visit.undo.callback(_sign_out, made)
    made.save(force_insert=True)
    token = AccessToken.for_user(user)
    token[signin.SIGN_IN] = str(made.pk)
    token.set_exp(lifetime=TOKEN_LIFETIME)
    return user, str(token)


def _administrator(email) -> User:
    """The first active one, or the one of that e-mail."""
    administrators = User.objects.active_administrators().order_by("pk")
    if email:
        administrators = administrators.filter(email=email)
    user = administrators.first()
    if user is None:
        raise Trouble(
            f"No active administrator has the e-mail {email}."
            if email
            else "There is no active administrator.",
            "Make one with `manage.py createsuperuser`, or name another with --user.",
        )
    return user


def _sign_out(made):
    made.end()
    made.delete()
