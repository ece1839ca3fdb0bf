"""Leads, and what belongs to them, over REST."""

from django.core.exceptions import ObjectDoesNotExist
from django.core.exceptions import ValidationError as ModelError
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from leads import duplicates, idempotency, policy, serializers, versions
from leads.filters import LeadFilter, TimelineFilter
from leads.following import FollowingSerializer
from leads.models import (
    Activity,
    Appointment,
    Comment,
    Following,
    Interaction,
    Lead,
    Origin,
    Tag,
    Task,
)
from leads.serializers import LeadSerializer
from leads.tagging import TAGS, OriginSerializer, tags_in
from leads.timeline import TimelinePagination


class ByPolicy(BasePermission):
    """Whether a row may be added, changed or deleted is leads/policy.py's to say."""

    actions = {"PATCH": policy.CHANGE, "DELETE": policy.DELETE}

    def has_permission(self, request, view):
        adds = request.method == "POST"
        return not adds or policy.may(request.user, policy.ADD, view.queryset.model)

    def has_object_permission(self, request, view, obj):
        self.message = policy.refusal(obj)
        action = self.actions.get(request.method, policy.READ)
        return policy.may(request.user, action, obj)


class ChangesByPolicy(ByPolicy):
    actions = dict.fromkeys(("PUT", "POST", "DELETE"), policy.CHANGE)

    def has_permission(self, request, view):
        return True  # of which task is asked below


class _SaysWhereItWent:
    """A lead that was merged into another is not there, and the 404 says where to look."""

    def handle_exception(self, exc):
        missing = isinstance(exc, Http404 | ObjectDoesNotExist)
        lead_id = self.kwargs.get("lead", self.kwargs.get("pk"))
        detail = missing and lead_id is not None and duplicates.sentence(lead_id)
        return super().handle_exception(NotFound(detail) if detail else exc)


class _MayHaveGone:
    """What somebody deletes while it is being written to was not there."""

    def handle_exception(self, exc):
        return super().handle_exception(Http404() if isinstance(exc, ObjectDoesNotExist) else exc)


class LeadViewSet(_MayHaveGone, _SaysWhereItWent, viewsets.ModelViewSet):
    queryset = Lead.objects.all()
    serializer_class = LeadSerializer
    permission_classes = (IsAuthenticated, ByPolicy)
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

    def retrieve(self, request, *args, **kwargs):
        response = super().retrieve(request, *args, **kwargs)
        return versions.stamped(response)

    @extend_schema(
        parameters=[OpenApiParameter(versions.HEADER, str, OpenApiParameter.HEADER)],
        responses={200: LeadSerializer, 409: versions.ConflictSerializer},
    )
    def partial_update(self, request, *args, **kwargs):
        with transaction.atomic():  # get_queryset locks: of two editors one comes after the other
            lead = self.get_object()
            serializer = self.get_serializer(lead, data=request.data, partial=True)
            if not versions.is_wanted(request, lead):
                return versions.stamped(versions.conflict(lead, serializer))
            serializer.is_valid(raise_exception=True)
            serializer.save(by=request.user)
        return versions.stamped(Response(serializer.data))

    @extend_schema(responses=serializers.ScoreSerializer)
    @action(detail=True, filter_backends=())
    def score(self, request, pk):
        """What the score is made of."""
        return Response(serializers.ScoreSerializer(self.get_object().explained()).data)

    @extend_schema(request=FollowingSerializer, responses=FollowingSerializer)
    @action(detail=True, methods=["get", "patch"], filter_backends=())
    def following(self, request, pk):
        """Whether one follows the lead, which ``PATCH`` changes for who asks alone."""
        lead = get_object_or_404(Lead, pk=pk)
        if request.method == "PATCH":
            sent = FollowingSerializer(data=request.data)
            sent.is_valid(raise_exception=True)
            Following.objects.choose(lead, request.user, **sent.validated_data)
        reason, muted_until = Following.objects.standing(lead, request.user)
        stands = {"follows": bool(reason), "reason": reason, "muted_until": muted_until}
        return Response(FollowingSerializer(stands).data)

    def get_queryset(self):
        queryset = super().get_queryset()
        if self.action == "partial_update":
            return queryset.select_for_update(no_key=True)
        return queryset


class _PartOfLead(_SaysWhereItWent, viewsets.GenericViewSet):
    """What lies below ``/api/leads/{lead}/``."""

    permission_classes = (IsAuthenticated, ByPolicy)
    filter_backends = ()
    ordering = "-id"

    @cached_property
    def lead(self):
        return get_object_or_404(Lead, pk=self.kwargs["lead"])

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return super().get_queryset().filter(lead=self.lead)


class _Collection(_MayHaveGone, mixins.ListModelMixin, _PartOfLead):
    """Those of a lead, newest first, and adding one."""

    def create(self, request, lead):
        row = self.queryset.model(lead=self.lead, created_by=request.user)
        serializer = self.get_serializer(row, data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data, status.HTTP_201_CREATED)


class _Item(_MayHaveGone, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """One of them, whatever its lead."""

    permission_classes = (IsAuthenticated, ByPolicy)
    lookup_value_converter = "int"

    def partial_update(self, request, pk):
        with transaction.atomic():
            row = self.get_object()
            serializer = self.get_serializer(row, data=request.data, partial=True)
            serializer.is_valid(raise_exception=True)
            serializer.save(by=request.user)
        return Response(serializer.data)

    def get_object(self):
        if self.request.method in SAFE_METHODS:
            return super().get_object()
        row = self.get_queryset().locked(self.kwargs["pk"])
        self.check_object_permissions(self.request, row)
        return row


class _Deletable:
    def destroy(self, request, pk):
        with transaction.atomic():
            self.get_object().delete(by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class CommentsOfLead(_Collection):
    queryset = Comment.objects.all()
    serializer_class = serializers.CommentSerializer


class CommentViewSet(_Deletable, _Item):
    queryset = Comment.objects.all()
    serializer_class = serializers.CommentSerializer


class TasksOfLead(_Collection):
    queryset = Task.objects.all()
    serializer_class = serializers.TaskSerializer


class TaskViewSet(_Item):
    queryset = Task.objects.all()
    serializer_class = serializers.TaskChangeSerializer


class _OfTask(_MayHaveGone, viewsets.GenericViewSet):
    """What lies below ``/api/tasks/{id}/``: whoever may change the task may change that."""

    queryset = Task.objects.all()
    permission_classes = (IsAuthenticated, ChangesByPolicy)

    def retrieve(self, request, pk):
        return Response(self.get_serializer(self.get_object()).data)

    def update(self, request, pk):
        with transaction.atomic():
            serializer = self.get_serializer(self.locked(), data=request.data)
            serializer.is_valid(raise_exception=True)
            serializer.save(by=request.user)
        return Response(serializer.data)

    def locked(self):
        row = self.get_queryset().locked(self.kwargs["pk"])
        self.check_object_permissions(self.request, row)
        return row


class ReminderOfTask(_OfTask):
    serializer_class = serializers.ReminderSerializer

    def destroy(self, request, pk):
        with transaction.atomic():
            self.locked().silence(by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=serializers.SnoozeSerializer, responses=serializers.ReminderSerializer)
    def snooze(self, request, pk):
        """The reminder comes again then."""
        asked = serializers.SnoozeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        with transaction.atomic():
            task = self.locked()
            try:
                task.snooze(asked.validated_data["until"])
            except ModelError as problem:
                raise ValidationError({"until": problem.messages}) from problem
        return Response(self.get_serializer(task).data)


@extend_schema_view(
    retrieve=extend_schema(responses=serializers.RepeatAnswerSerializer),
    update=extend_schema(responses=serializers.RepeatAnswerSerializer),
)
class RepeatOfTask(_OfTask):
    serializer_class = serializers.RepeatSerializer

    def destroy(self, request, pk):
        with transaction.atomic():
            task = self.locked()
            task.repeat = ""
            task.save(by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class InteractionsOfLead(_Collection):
    queryset = Interaction.objects.all()
    serializer_class = serializers.InteractionSerializer
    ordering = "-occurred_at"


class InteractionViewSet(_Deletable, _Item):
    queryset = Interaction.objects.all()
    serializer_class = serializers.InteractionSerializer


class AppointmentsOfLead(_Collection):
    queryset = Appointment.objects.prefetch_related("attendances")
    serializer_class = serializers.AppointmentSerializer


class AppointmentViewSet(_Deletable, _Item):
    queryset = Appointment.objects.all()
    serializer_class = serializers.AppointmentSerializer


@extend_schema(responses={200: TAGS})
class TagsOfLead(_MayHaveGone, _PartOfLead):
    """A list of them, by name, without pages."""

    queryset = Tag.objects.all()
    permission_classes = (IsAuthenticated, ChangesByPolicy)
    serializer_class = Serializer  # of no fields: a list of texts is none, and OPTIONS asks for one

    def get_object(self):
        return self.lead

    def retrieve(self, request, lead):
        return Response(Tag.objects.names(self.lead))

    @extend_schema(request={"application/json": TAGS})
    def update(self, request, lead):
        """The lead has these tags from now on, and no others."""
        names = tags_in(request.data)
        with transaction.atomic():
            row = Lead.objects.locked(lead)
            self.check_object_permissions(request, row)
            try:
                Tag.objects.put(row, names)
            except ModelError as problem:
                raise ValidationError(problem.messages) from problem
        return Response(Tag.objects.names(row))


class OriginsOfLead(mixins.ListModelMixin, _PartOfLead):
    """Where it came from, with what came along and is no field of a lead."""

    queryset = Origin.objects.select_related("delivery__source", "file_import")
    serializer_class = OriginSerializer


class TimelineOfLead(mixins.ListModelMixin, _PartOfLead):
    """What happened to a lead, newest first; ``kind``, any number of times, narrows it."""

    queryset = Activity.objects.with_texts()
    serializer_class = serializers.ActivitySerializer
    pagination_class = TimelinePagination
    filter_backends = viewsets.GenericViewSet.filter_backends
    filterset_class = TimelineFilter
