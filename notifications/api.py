"""A user's own notifications over REST: history, read state, and what changed."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.settings import api_settings

from notifications.fields import MAX_ID, StrictBooleanField, StrictChoiceField, StrictUUIDField
from notifications.filters import NotificationFilter
from notifications.kinds import Kind
from notifications.models import Inbox, Notification, PositionLost, Preference, Wants
from notifications.models.inbox import PAGE
from notifications.models.reading import COLUMNS
from notifications.serializers import NotificationSerializer, ProblemSerializer


class Gone(APIException):
    status_code = status.HTTP_410_GONE
    default_detail = "Changes since then are not kept: load the list again and start from its seq."


class ReadState(serializers.Serializer):
    isRead = StrictBooleanField()


class Hears(serializers.Serializer):
    type = StrictChoiceField(choices=Kind.choices)
    wants = StrictChoiceField(choices=Wants.choices)

    def validate(self, attrs):
        if attrs == {"type": Kind.SYSTEM, "wants": Wants.FOLLOWED}:
            raise ValidationError({"wants": ["Nobody follows announcements: choose another."]})
        return attrs


class Shown(serializers.Serializer):
    ids = serializers.ListField(child=StrictUUIDField(), max_length=200)


class ChangesPage(serializers.Serializer):
    since = serializers.IntegerField()
    seq = serializers.IntegerField()
    unreadCount = serializers.IntegerField()
    changed = NotificationSerializer(many=True)
    removed = serializers.ListField(child=serializers.UUIDField())
    hasMore = serializers.BooleanField()


Count = inline_serializer("Count", {"count": serializers.IntegerField()})
UnreadCount = inline_serializer("UnreadCount", {"unreadCount": serializers.IntegerField()})


class InboxPages(api_settings.DEFAULT_PAGINATION_CLASS):
    """As every list, with where the inbox stood before its rows were read."""

    def get_paginated_response_schema(self, schema):
        page = super().get_paginated_response_schema(schema)
        standing = {"seq": {"type": "integer"}, "unreadCount": {"type": "integer"}}
        page["properties"] |= standing
        page["required"] = [*page["required"], *standing]
        return page


class NotificationViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    queryset = Notification.objects.none()
    serializer_class = NotificationSerializer
    filterset_class = NotificationFilter
    pagination_class = InboxPages
    lookup_value_converter = "uuid"
    ordering = "-arrival"

    @extend_schema(request=Hears(many=True), responses=Hears(many=True))
    @action(detail=False, methods=["get", "patch"], pagination_class=None, filter_backends=())
    def preferences(self, request):
        """What the user hears of each type: ``everything``, ``followed`` or ``nothing``. ``PATCH``
        takes those that change."""
        if request.method == "PATCH":
            sent = Hears(data=request.data, many=True, max_length=len(Kind))
            sent.is_valid(raise_exception=True)
            wants = {row["type"]: row["wants"] for row in sent.validated_data}
            Preference.objects.choose(request.user, wants)
        wants = Preference.objects.of(request.user)
        return Response([{"type": kind, "wants": chosen} for kind, chosen in wants.items()])

    def get_queryset(self):
        return Notification.objects.visible_to(self.request.user)

    def list(self, request):
        inbox = Inbox(user=request.user)
        rows = self.paginate_queryset(self._asked_for(inbox))
        response = self.get_paginated_response(self.get_serializer(rows, many=True).data)
        response.data |= {"seq": inbox.seq, "unreadCount": inbox.unread_count}
        return response

    def _asked_for(self, inbox):
        """What to paginate. Mostly that is the list as it is, from its top, for which a query is
        ready that reads where the inbox stands as well. Otherwise that is read before the rows: a
        client that syncs from there misses nothing."""
        if self.request.query_params.keys() <= {"pageSize"}:
            return inbox.newest
        inbox.seq, inbox.unread_count = Inbox.objects.standing(inbox.pk)
        own = self.get_queryset().values_list(*COLUMNS, named=True)
        return self.filter_queryset(own)

    @extend_schema(request=ReadState, responses=NotificationSerializer)
    def partial_update(self, request, pk):
        state = ReadState(data=request.data)
        state.is_valid(raise_exception=True)
        notification = self.get_object()
        try:
            if state.validated_data["isRead"]:
                notification.mark_read()
            else:
                notification.mark_unread()
        except Notification.DoesNotExist:  # deleted since it was read above
            notification = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(notification.as_json())

    def destroy(self, request, pk):
        self.get_object().delete()
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=UnreadCount)
    @action(detail=False, url_path="unread-count", filterset_class=None, pagination_class=None)
    def unread_count(self, request):
        _, unread = Inbox.objects.standing(request.user.pk)
        return Response({"unreadCount": unread})

    @extend_schema(request=None, responses=Count)
    @action(detail=False, methods=["post"], url_path="mark-all-read")
    def mark_all_read(self, request):
        return Response({"count": Inbox(user=request.user).mark_all_read()})

    @extend_schema(request=Shown, responses=Count)
    @action(detail=False, methods=["post"], url_path="mark-seen", filterset_class=None)
    def mark_seen(self, request):
        """What was on show to the user: a receipt, not a change."""
        shown = Shown(data=request.data)
        shown.is_valid(raise_exception=True)
        rows = self.get_queryset().filter(pk__in=shown.validated_data["ids"])
        return Response({"count": rows.mark_seen()})

    @extend_schema(
        parameters=[
            OpenApiParameter("since", {"type": "integer", "minimum": 0}, required=True),
            OpenApiParameter("limit", {"type": "integer", "minimum": 1, "default": PAGE}),
        ],
        responses={200: ChangesPage, 410: ProblemSerializer},
    )
    @action(detail=False, filterset_class=None, pagination_class=None)
    def changes(self, request):
        since = _number(request, "since", 0, MAX_ID)
        limit = _number(request, "limit", 1, MAX_ID, default=str(PAGE))
        try:
            return Response(Inbox(user=request.user).changes(since, min(limit, PAGE)))
        except PositionLost as problem:
            raise Gone from problem


def _number(request, name, low, high, default=""):
    text = request.query_params.get(name, default)
    if text.isascii() and text.isdigit() and len(text) < 20 and low <= int(text) <= high:
        return int(text)
    raise ValidationError({name: [f"Give a whole number from {low}."]})
