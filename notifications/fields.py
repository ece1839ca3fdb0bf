"""REST fields that take what they say and nothing that merely converts to it."""

from django.contrib.auth import get_user_model
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

MAX_ID = 2**63 - 1
MOST_USERS = 100  # in one list


class StrictCharField(serializers.CharField):
    """A JSON string; white space is kept for the model to judge."""

    def __init__(self, **kwargs):
        super().__init__(**{"trim_whitespace": False, **kwargs})

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictBooleanField(serializers.BooleanField):
    """JSON's true or false."""

    def to_internal_value(self, data):
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class StrictChoiceField(serializers.ChoiceField):
    """A choice as a JSON string. What was sent instead is not said again: half a character of it
    cannot be written, and a megabyte need not be."""

    default_error_messages = {"invalid_choice": "Give one of: {choices}."}

    def to_internal_value(self, data):
        if not isinstance(data, str) or data not in self.choice_strings_to_values:
            self.fail("invalid_choice", choices=", ".join(self.choice_strings_to_values))
        return super().to_internal_value(data)


class StrictUUIDField(serializers.UUIDField):
    """A UUID as a string; DRF takes numbers too."""

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class StrictIntegerField(serializers.IntegerField):
    """A whole number of JSON; DRF takes texts and fractions too."""

    def to_internal_value(self, data):
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class ActiveUserField(serializers.IntegerField):
    """The id of an active user; the value is the user's id."""

    default_error_messages = {"unknown": "There is no active user with this id."}

    def to_internal_value(self, data):
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        known = _is_id(data) and _active().filter(pk=data).exists()
        return data if known else self.fail("unknown")


@extend_schema_field({"type": "array", "items": {"type": "integer"}, "maxItems": MOST_USERS})
class ActiveUsersField(serializers.Field):
    """The ids of active users; the value is the same list."""

    default_error_messages = {
        "invalid": "Give a list of up to {most} ids of users.",
        "unknown": "There is no active user with one of these ids.",
    }

    def to_internal_value(self, data):
        if not (isinstance(data, list) and len(data) <= MOST_USERS and all(map(_is_id, data))):
            self.fail("invalid", most=MOST_USERS)
        if len(set(data)) != _active().filter(pk__in=data).count():
            self.fail("unknown")
        return data

    def to_representation(self, value):
        return value


def _is_id(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_ID


def _active():
    return get_user_model().objects.filter(is_active=True)
