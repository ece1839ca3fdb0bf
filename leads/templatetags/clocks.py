"""What clocks show, where that is not enough to know when it is."""

from django import template

from leads import clocks

register = template.Library()
register.filter(clocks.which_of_two)
