"""The form for a website, as text to paste: plain HTML that needs no script."""

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.intake.spam import HONEYPOT

FIELDS = (
    ("first_name", gettext_lazy("First name"), "text", "given-name"),
    ("last_name", gettext_lazy("Last name"), "text", "family-name"),
    ("email", gettext_lazy("Email"), "email", "email"),
    ("phone", gettext_lazy("Phone"), "tel", "tel"),
    ("company", gettext_lazy("Company"), "text", "organization"),
)
FIELD = '  <p><label>{1}<br><input type="{2}" name="{0}" autocomplete="{3}"></label></p>\n'
# Nobody sees the last field: who fills it in is a program.
FORM = """<form action="{address}" method="post" accept-charset="utf-8">
{fields}  <p><label>{message}<br><textarea name="description" rows="5"></textarea></label></p>
  <p style="position:absolute;left:-9999px" aria-hidden="true">
    <input type="text" name="{honeypot}" tabindex="-1" autocomplete="off">
  </p>
  <p><button type="submit">{send}</button></p>
</form>"""


def snippet(address: str) -> str:
    """In the language that is active."""
    return str(
        format_html(
            FORM,
            address=address,
            fields=format_html_join("", FIELD, FIELDS),
            message=_("Message"),
            honeypot=HONEYPOT,
            send=_("Send"),
        )
    )
