"""Whether one follows a lead, as clients read and write it."""

from django.core.exceptions import ValidationError as ModelError
from rest_framework import serializers

from leads.models import Following
from notifications.fields import StrictBooleanField
from notifications.models import Reason


class FollowingSerializer(serializers.Serializer):
    """Whether one follows a lead, why, and until when one muted it. ``follows`` null: whoever owns
    it, comments and so on does."""

    follows = StrictBooleanField(required=False, allow_null=True)
    reason = serializers.ChoiceField(choices=Reason.choices, read_only=True)
    mutedUntil = serializers.DateTimeField(source="muted_until", required=False, allow_null=True)

    def validate(self, attrs):
        if not attrs:
            raise serializers.ValidationError("Give follows or mutedUntil.")
        try:
            Following(**attrs).clean()
        except ModelError as problem:
            raise serializers.ValidationError({"mutedUntil": problem.messages}) from problem
        return attrs
