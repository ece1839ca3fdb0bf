"""Notifications as clients read them, over REST and the socket alike."""

from rest_framework import serializers

from notifications.kinds import Kind


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
