"""What the chat has of leads: neither app knows the other."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.response import Response

from chat.api import MessageViewSet
from chat.serializers import MessageSerializer, NewMessage
from leads import idempotency, policy
from leads.models import Lead


class Messages(MessageViewSet):
    """A message that is sent again with the same key is not sent twice."""

    @extend_schema(
        request=NewMessage,
        parameters=[OpenApiParameter(idempotency.HEADER, str, OpenApiParameter.HEADER)],
        responses={201: MessageSerializer},
    )
    def create(self, request):
        answer, replayed = idempotency.answer_once(request, self.sent)
        headers = {"Idempotent-Replayed": "true"} if replayed else {}
        return Response(answer, status.HTTP_201_CREATED, headers=headers)


def leads_of(user, ids) -> dict[int, Lead]:
    """The leads with these ids that the user may read. One query, or none."""
    found = Lead.objects.filter(pk__in=ids) if ids else ()
    return {lead.pk: lead for lead in found if policy.may(user, policy.READ, lead)}
