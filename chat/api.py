"""Chat over REST: one's own messages, and nobody else's."""

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError as ModelError
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from chat.models import ChatInbox, Conversation, Message
from chat.models.inbox import PAGE
from chat.serializers import (
    ChatChanges,
    ConversationSerializer,
    MessageSerializer,
    NewMessage,
    ReadUpTo,
)
from notifications.api import Gone
from notifications.fields import MAX_ID
from notifications.models import PositionLost
from notifications.serializers import ProblemSerializer

NAMES = {"recipient": "recipientId", "body": "body"}
WITH = OpenApiParameter(
    "with", {"type": "integer", "minimum": 1}, description="Only those with this user."
)
MarkedRead = inline_serializer(
    "MarkedRead",
    {"count": serializers.IntegerField(), "unreadCount": serializers.IntegerField()},
)


class MessageViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    queryset = Message.objects.none()
    serializer_class = MessageSerializer
    filter_backends = ()
    ordering = "-id"

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        me = self.request.user.pk
        if "with" in self.request.query_params:
            return Message.objects.between(me, _number(self.request, "with", 1))
        return Message.objects.of(me)

    @extend_schema(parameters=[WITH])
    def list(self, request, *args, **kwargs):
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewMessage, responses={201: MessageSerializer})
    def create(self, request):
        return Response(self.sent(), status.HTTP_201_CREATED)

    def sent(self) -> dict:
        new = NewMessage(data=self.request.data)
        new.is_valid(raise_exception=True)
        recipient = get_user_model().objects.get(pk=new.validated_data["recipientId"])
        message = Message(sender=self.request.user, recipient=recipient)
        message.body = new.validated_data["body"]
        try:
            message.clean()
        except ModelError as problem:
            found = problem.message_dict.items()
            raise ValidationError({NAMES[name]: said for name, said in found}) from problem
        message.save()
        return message.as_json()

    @extend_schema(request=ReadUpTo, responses=MarkedRead)
    @action(detail=False, methods=["post"])
    def read(self, request):
        """Marks what ``with`` wrote as read, up to the message ``upTo``."""
        asked = ReadUpTo(data=request.data)
        asked.is_valid(raise_exception=True)
        other, up_to = (min(asked.validated_data[name], MAX_ID) for name in ("with", "upTo"))
        count = ChatInbox(pk=request.user.pk).mark_read(other, up_to)
        _, unread = ChatInbox.objects.standing(request.user.pk)
        return Response({"count": count, "unreadCount": unread})

    @extend_schema(
        parameters=[
            OpenApiParameter("since", {"type": "integer", "minimum": 0}, required=True),
            OpenApiParameter("limit", {"type": "integer", "minimum": 1, "default": PAGE}),
        ],
        responses={200: ChatChanges, 410: ProblemSerializer},
    )
    @action(detail=False, pagination_class=None)
    def changes(self, request):
        since = _number(request, "since", 0)
        limit = _number(request, "limit", 1, default=str(PAGE))
        try:
            return Response(ChatInbox(pk=request.user.pk).changes(since, min(limit, PAGE)))
        except PositionLost as problem:
            raise Gone from problem


class ConversationViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    queryset = Conversation.objects.none()
    serializer_class = ConversationSerializer
    filter_backends = ()
    ordering = "-last_message_id"

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return Conversation.objects.of(self.request.user.pk).select_related("last_message")

    def paginate_queryset(self, queryset):
        rows, me = super().paginate_queryset(queryset), self.request.user.pk
        unread = Message.objects.unread_by_conversation(me, [row.pk for row in rows])
        for row in rows:
            row.other_id = row.high_id if row.low_id == me else row.low_id
            row.unread_count = unread.get(row.pk, 0)
        return rows


def _number(request, name, low, default=""):
    text = request.query_params.get(name, default)
    if text.isascii() and text.isdigit() and len(text) < 20 and low <= int(text) <= MAX_ID:
        return int(text)
    raise ValidationError({name: [f"Give a whole number from {low}."]})
