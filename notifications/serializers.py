"""Notifications as clients read them, over REST and the socket alike."""

from rest_framework import serializers

from notifications import wire
from notifications.kinds import Kind


class ProblemSerializer(serializers.Serializer):
    """What went wrong, in a sentence."""

    detail = serializers.CharField()


class NotificationSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    type = serializers.ChoiceField(choices=Kind.choices)
    title = serializers.CharField()
    message = serializers.CharField()
    isRead = serializers.BooleanField(source="is_read")
    readAt = serializers.DateTimeField(source="read_at", allow_null=True)
    relatedLeadId = serializers.IntegerField(source="related_lead_id", allow_null=True)
    url = serializers.CharField()
    actorId = serializers.IntegerField(source="actor_id", allow_null=True)
    seq = serializers.IntegerField()
    createdAt = serializers.DateTimeField(source="created_at")
    updatedAt = serializers.DateTimeField(source="updated_at")

    def to_representation(self, instance):
        """What the fields would say, each by itself, in a tenth of the time."""
        return {
            "id": str(instance.pk),
            "type": instance.type,
            "title": instance.title,
            "message": instance.message,
            "isRead": instance.read_at is not None,
            "readAt": wire.moment(instance.read_at),
            "relatedLeadId": instance.related_lead_id,
            "url": instance.url,
            "actorId": instance.actor_id,
            "seq": instance.seq,
            "createdAt": wire.moment(instance.created_at),
            "updatedAt": wire.moment(instance.updated_at),
        }
