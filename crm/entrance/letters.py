"""The letters to who asked for a new password, which the worker sends."""

from django.conf import settings
from django.contrib.auth.forms import PasswordResetForm
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crm.entrance.asked import AskedForPassword

ASKED = gettext_noop("Somebody, probably you, asked for a new password for Leadbell. Set it here:")
GOOD_ONCE = gettext_noop(
    "The link is good once, for an hour. If you did not ask for it, do nothing: your password "
    "stays as it is."
)


def send_due() -> int:
    """Sends one that is due, if there is one; returns how many it looked at."""
    asked = AskedForPassword.objects.claim()
    if asked is None:
        return 0
    try:
        _send(asked)
    except Exception as problem:  # whatever the mail server says, the others are sent theirs
        asked.failed(problem)
    else:
        asked.delete()
    return 1


def _send(asked):
    """To who has the address, if anybody does."""
    form = Letter({"email": asked.email})
    with translation.override(asked.language):
        if form.is_valid():
            form.save(
                domain_override=asked.host,
                use_https=asked.secure,
                from_email=settings.DEFAULT_FROM_EMAIL,
            )


class Letter(PasswordResetForm):
    """Django's: who has an address and may be written to, and the link."""

    def send_mail(
        self, subject, body, context, from_email, to_email, html_email_template_name=None
    ):
        """Raises what sending raises, for another attempt."""
        path = reverse("new-password", args=[context["uid"], context["token"]])
        link = f"{context['protocol']}://{context['domain']}{path}"
        text = "\n\n".join((_(ASKED), link, _(GOOD_ONCE), ""))
        EmailMessage(_("Your new Leadbell password"), text, from_email, [to_email]).send()
