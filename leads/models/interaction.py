from django.db import models
from django.utils import timezone

from leads.fields import ProseField
from leads.models.said import Said
from notifications.kinds import Kind

SUBJECT = 200  # characters


class Interaction(Said):
    """A contact with the lead that somebody logged: a call, an e-mail, a meeting, or a note of
    it. ``created_by`` is who logged it. What was logged keeps its kind: people were told of it."""

    class Channel(models.TextChoices):
        CALL = "call", "Call"
        EMAIL = "email", "E-mail"
        MEETING = "meeting", "Meeting"
        NOTE = "note", "Note"

    class Direction(models.TextChoices):
        IN = "in", "From them"
        OUT = "out", "From us"

    kind = models.CharField(max_length=16, choices=Channel)
    direction = models.CharField(max_length=3, choices=Direction, default=Direction.OUT)
    body = ProseField(help_text="The first line of an e-mail is its subject.")
    occurred_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            # Serves a lead's interactions, newest first.
            models.Index(fields=["lead", "occurred_at", "id"], name="interaction_list"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.subject}"

    @property
    def subject(self) -> str:
        """The first line that says anything."""
        lines = self.body.strip().splitlines()
        return lines[0].strip()[:SUBJECT] if lines else ""

    def _made(self):
        self._tell(self.kind, interaction=self)
        if self.kind == self.Channel.EMAIL:
            text = f"{self.lead.name}: {self.subject}"
            self.lead.announce(Kind.EMAIL, text, by=self.created_by_id)
