"""Leads over REST."""

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status, viewsets
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.response import Response

from leads import idempotency
from leads.filters import LeadFilter
from leads.models import Lead
from leads.serializers import LeadSerializer


class MayChange(BasePermission):
    message = "This lead belongs to somebody else: ask them or a manager."

    def has_object_permission(self, request, view, obj):
        return request.method in SAFE_METHODS or obj.may_be_changed_by(request.user)


class LeadViewSet(viewsets.ModelViewSet):
    queryset = Lead.objects.all()
    serializer_class = LeadSerializer
    permission_classes = (IsAuthenticated, MayChange)
    filterset_class = LeadFilter
    http_method_names = ("get", "post", "patch", "delete", "head", "options")
    lookup_value_converter = "int"
    ordering = "-created_at"
    orderings = {"createdAt": "created_at", "updatedAt": "updated_at", "score": "score"}

    @extend_schema(
        parameters=[OpenApiParameter(idempotency.HEADER, str, OpenApiParameter.HEADER)],
        responses={201: LeadSerializer},
    )
    def create(self, request):
        answer, replayed = idempotency.answer_once(request, self._create)
        headers = {"Idempotent-Replayed": "true"} if replayed else {}
        return Response(answer, status.HTTP_201_CREATED, headers=headers)

    def _create(self):
        lead = Lead(created_by=self.request.user)
        serializer = self.get_serializer(lead, data=self.request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return serializer.data

    def partial_update(self, request, *args, **kwargs):
        with transaction.atomic():  # get_queryset locks: of two editors one comes after the other
            return super().partial_update(request, *args, **kwargs)

    def get_queryset(self):
        queryset = super().get_queryset()
        if self.action == "partial_update":
            return queryset.select_for_update(no_key=True)
        return queryset

    def perform_update(self, serializer):
        serializer.save(by=self.request.user)
