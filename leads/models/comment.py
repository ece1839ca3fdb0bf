from django.db import models

from leads.fields import ProseField
from leads.models.activity import Activity
from leads.models.said import QUOTED, Said
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
        by = self.created_by_id
        self.lead.announce(Kind.COMMENT_ADDED, self._words(), by, mentioned=mentioned)
