"""The form of one's quiet hours, wherever it stands."""

from django import template

from crm import quiet

register = template.Library()


@register.simple_tag(takes_context=True)
def quiet_hours_form(context):
    return quiet.form_of(context["request"])
