from django.contrib.auth import get_user_model


def who_work_here():
    active = get_user_model().objects.filter(is_active=True)
    return active.order_by("first_name", "last_name", "pk")


def offer(people, *fields):
    """Bound fields, which would ask for the same people each by itself, offer these."""
    for bound in fields:
        first = getattr(bound.field, "empty_label", None)
        none = [] if first is None else [("", first)]
        bound.field.choices = none + [(person.pk, str(person)) for person in people]
