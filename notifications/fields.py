"""REST fields that take what they say and nothing that merely converts to it."""

from django.contrib.auth import get_user_model
from rest_framework import serializers

MAX_ID = 2**63 - 1


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


class StrictUUIDField(serializers.UUIDField):
    """A UUID as a string; DRF takes numbers too."""

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class ActiveUserField(serializers.IntegerField):
    """The id of an active user; the value is the user's id."""

    default_error_messages = {"unknown": "There is no active user with this id."}

    def to_internal_value(self, data):
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        known = 0 < data <= MAX_ID and self._active().filter(pk=data).exists()
        return data if known else self.fail("unknown")

    def _active(self):
        return get_user_model().objects.filter(is_active=True)
