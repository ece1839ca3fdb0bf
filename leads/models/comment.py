from django.db import models

from leads.fields import ProseField
from leads.models.activity import Activity
from leads.models.said import QUOTED, SOMEBODY, Said
from notifications.kinds import Kind


class Comment(Said):
    """What somebody said about a lead, to everybody who works here."""

    body = ProseField()

    class Meta:
        indexes = [
            # Serves a lead's comments, newest first.
            models.Index(fields=["lead", "id"], name="comment_list"),
        ]

    def __str__(self):
        return self.body[:QUOTED]

    def _made(self):
        mentioned = self._tell(Activity.Kind.COMMENT, comment=self)
        text = f"{self.created_by or SOMEBODY} on {self.lead.name}: {self.body[:QUOTED]}"
        self.lead.announce(Kind.COMMENT_ADDED, text, by=self.created_by_id, mentioned=mentioned)
