"""Announcements over REST, for administrators."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.response import Response

from leads import policy
from leads.serializers import ModelRules
from notifications.fields import StrictCharField, StrictChoiceField
from notifications.models import Announcement


class MayAnnounce(BasePermission):
    message = policy.ONLY_ADMINISTRATORS

    def has_permission(self, request, view):
        return policy.may_announce(request.user)


class AnnouncementSerializer(ModelRules):
    MODEL = "notifications.Announcement"

    id = serializers.IntegerField(read_only=True)
    title = StrictCharField(allow_blank=True, trim_whitespace=True)
    message = StrictCharField(required=False, allow_blank=True)
    audience = StrictChoiceField(Announcement.Audience.choices, required=False)
    startsAt = serializers.DateTimeField(source="starts_at", required=False, allow_null=True)
    endsAt = serializers.DateTimeField(source="ends_at", required=False, allow_null=True)
    state = serializers.ChoiceField(Announcement.State.choices, read_only=True)
    createdById = serializers.IntegerField(source="created_by_id", read_only=True, allow_null=True)
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    raisedAt = serializers.DateTimeField(source="raised_at", read_only=True, allow_null=True)
    withdrawnAt = serializers.DateTimeField(source="withdrawn_at", read_only=True, allow_null=True)
    withdrawnById = serializers.IntegerField(
        source="withdrawn_by_id", read_only=True, allow_null=True
    )

    def update(self, instance, validated_data):
        instance.keep()
        return instance


class AnnouncementViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    queryset = Announcement.objects.all()
    serializer_class = AnnouncementSerializer
    permission_classes = (IsAuthenticated, MayAnnounce)
    filter_backends = ()
    lookup_value_converter = "int"
    ordering = "-id"

    @extend_schema(responses={201: AnnouncementSerializer})
    def create(self, request):
        row = Announcement(created_by=request.user)
        serializer = self.get_serializer(row, data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data, status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=AnnouncementSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request, pk):
        """Takes it back; again changes nothing."""
        announcement = get_object_or_404(self.get_queryset(), pk=pk)
        announcement.withdraw(by=request.user)
        return Response(self.get_serializer(announcement).data)
