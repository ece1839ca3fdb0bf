"""The tags of a lead, and where it came from, as clients read and write them."""

from rest_framework import serializers

from leads.models import Tag
from notifications.fields import StrictCharField

TEXT = StrictCharField(allow_blank=True)  # which no half of a character gets through
# For OpenAPI.
TAGS = {"type": "array", "items": {"type": "string", "maxLength": Tag.LONGEST}}


def tags_in(sent) -> list[str]:
    """A list of them, as it came; what each may be is the model's to say."""
    if not (isinstance(sent, list) and all(isinstance(name, str) for name in sent)):
        raise serializers.ValidationError("Give a list of tags, each a text.")
    return [TEXT.run_validation(name) for name in sent]


class PairSerializer(serializers.Serializer):
    """What came with a lead, in the sender's words."""

    name = serializers.CharField()
    value = serializers.CharField()


class OriginSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    leadId = serializers.IntegerField(source="lead_id")
    source = serializers.CharField(source="source_name")
    deliveryId = serializers.IntegerField(source="delivery_id", allow_null=True)
    fields = PairSerializer(source="pairs", many=True)
    createdAt = serializers.DateTimeField(source="created_at")
