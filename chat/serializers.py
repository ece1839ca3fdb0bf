"""Messages as clients read and write them, over REST and the socket alike."""

from rest_framework import serializers

from notifications import wire
from notifications.fields import ActiveUserField, StrictCharField, StrictIntegerField


class MessageSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    senderId = serializers.IntegerField(source="sender_id")
    recipientId = serializers.IntegerField(source="recipient_id")
    body = serializers.CharField()
    createdAt = serializers.DateTimeField(source="created_at")
    readAt = serializers.DateTimeField(source="read_at", allow_null=True)

    def to_representation(self, instance):
        return {
            "id": instance.pk,
            "senderId": instance.sender_id,
            "recipientId": instance.recipient_id,
            "body": instance.body,
            "createdAt": wire.moment(instance.created_at),
            "readAt": wire.moment(instance.read_at),
        }


class NewMessage(serializers.Serializer):
    """What the model finds wrong with it is the model's to say."""

    recipientId = ActiveUserField()
    body = StrictCharField(allow_blank=True)


class ReadUpTo(serializers.Serializer):
    upTo = StrictIntegerField(min_value=1)

    def get_fields(self):
        return {"with": StrictIntegerField(min_value=1)} | super().get_fields()  # a keyword


class ConversationSerializer(serializers.Serializer):
    userId = serializers.IntegerField(source="other_id")
    unreadCount = serializers.IntegerField(source="unread_count")
    lastMessage = MessageSerializer(source="last_message")


class ChatChanges(serializers.Serializer):
    since = serializers.IntegerField()
    seq = serializers.IntegerField()
    unreadCount = serializers.IntegerField()
    changed = MessageSerializer(many=True)
    delivered = serializers.ListField(child=serializers.IntegerField())
    hasMore = serializers.BooleanField()
