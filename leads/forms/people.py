from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Q

LONGEST_ID = 18  # digits that every database can hold


def who_work_here(*there):
    """``there`` are the ids of those who have it already, and keep it though they left."""
    people = get_user_model().objects.filter(Q(is_active=True) | Q(pk__in=there))
    return people.order_by("first_name", "last_name", "pk")


def in_order(there: list[int], chosen: list[int]) -> list[int]:
    """Who is chosen: first those who were there, as they were named, then who came."""
    return [pk for pk in there if pk in chosen] + [pk for pk in chosen if pk not in there]


def offer(people, *fields):
    """Bound fields, which would ask for the same people each by itself, offer these."""
    for bound in fields:
        first = getattr(bound.field, "empty_label", None)
        none = [] if first is None else [("", first)]
        bound.field.choices = none + [(person.pk, str(person)) for person in people]


class PeopleField(forms.ModelMultipleChoiceField):
    def _check_values(self, value):
        """No id is longer than a database can hold."""
        if too_long := [pk for pk in value if len(str(pk)) > LONGEST_ID]:
            message = self.error_messages["invalid_choice"]
            raise ValidationError(message, "invalid_choice", {"value": too_long[0][:LONGEST_ID]})
        return super()._check_values(value)
