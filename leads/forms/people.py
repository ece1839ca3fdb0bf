from django.contrib.auth import get_user_model


def who_work_here():
    active = get_user_model().objects.filter(is_active=True)
    return active.order_by("first_name", "last_name", "pk")
