"""The names of a lead's fields, for scripts that say them in the reader's language."""

from django import template
from django.utils.translation import gettext, override

from leads.models import Lead
from leads.models.lead import STORED_IN

register = template.Library()


@register.simple_tag
def contact_fields() -> list[dict]:
    """``{english, here}`` of each field that a notification of a changed contact names."""
    labels = [Lead._meta.get_field(name).verbose_name for name in Lead.CONTACT_FIELDS]
    with override(STORED_IN):
        english = [str(label) for label in labels]
    return [{"english": word, "here": gettext(word)} for word in english]
