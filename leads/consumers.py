"""What clients may do with leads over the socket."""

from channels.db import database_sync_to_async
from rest_framework.exceptions import ValidationError

from leads.models import Lead
from leads.serializers import LeadSerializer
from notifications import frames
from notifications.consumers import BadFrame, InboxConsumer, request_id


class LeadConsumer(InboxConsumer):
    handlers = InboxConsumer.handlers | {"lead:create": "on_lead_create"}

    async def on_lead_create(self, frame):
        if request_id(frame) is None:
            raise BadFrame("invalid", "requestId must be up to 255 characters, or a whole number.")
        lead = await self._create_lead(frame.get("lead"))
        self.send_text(frames.ack(request_id(frame), lead=lead))

    @database_sync_to_async
    def _create_lead(self, fields) -> dict:
        serializer = LeadSerializer(Lead(created_by=self.user), data=fields)
        try:
            serializer.is_valid(raise_exception=True)
        except ValidationError as problem:
            raise BadFrame("invalid", _sentence(problem.detail)) from problem
        serializer.save()
        return serializer.data


def _sentence(errors) -> str:
    return " ".join(
        " ".join(map(str, found)) if name == "non_field_errors" else f"{name}: {' '.join(found)}"
        for name, found in errors.items()
    )
