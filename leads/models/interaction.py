from django.db import models, transaction
from django.db.models import Count, Max
from django.db.models.functions import Least
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from leads.fields import MomentField, ProseField
from leads.models.lead import Lead
from leads.models.of_lead import OfLeadQuerySet
from leads.models.said import Said
from leads.scoring import History
from notifications.kinds import Kind

SUBJECT = 200  # characters


class InteractionQuerySet(OfLeadQuerySet):
    def histories(self) -> dict[int, History]:
        """What was logged, summed up for each lead that has any of it; a note is no contact. None
        took place later than it was logged, whatever it says."""
        contacts = self.exclude(kind=Interaction.Channel.NOTE).order_by()
        rows = contacts.values("lead_id", "kind", "direction").annotate(
            count=Count("pk"), last=Max(Least("occurred_at", "created_at"))
        )
        found = {}
        for row in rows:
            found.setdefault(row["lead_id"], []).append(row)
        return {pk: _history(rows) for pk, rows in found.items()}


def _history(rows) -> History:
    def count(kind, *directions):
        return sum(r["count"] for r in rows if r["kind"] == kind and r["direction"] in directions)

    return History(
        calls=count("call", "out"),
        meetings=count("meeting", "in", "out"),
        emails_out=count("email", "out"),
        replies=count("call", "in") + count("email", "in"),
        last=max(row["last"] for row in rows),
    )


class Interaction(Said):
    """A contact with the lead that somebody logged: a call, an e-mail, a meeting, or a note of
    it. ``created_by`` is who logged it. What was logged keeps its kind: people were told of it."""

    class Channel(models.TextChoices):
        CALL = "call", pgettext_lazy("noun", "Call")
        EMAIL = "email", _("E-mail")
        MEETING = "meeting", _("Meeting")
        NOTE = "note", _("Note")

    class Direction(models.TextChoices):
        IN = "in", _("From them")
        OUT = "out", _("From us")

    kind = models.CharField(max_length=16, choices=Channel)
    direction = models.CharField(max_length=3, choices=Direction, default=Direction.OUT)
    body = ProseField(help_text="The first line of an e-mail is its subject.")
    occurred_at = MomentField(default=timezone.now)

    objects = InteractionQuerySet.as_manager()

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

    @classmethod
    def lead_for(cls, pk):
        """Locked, since its score changes too: of two that are logged at once the later counts
        both."""
        return Lead.objects.locked(pk)

    def delete(self, *args, by=None, **kwargs):
        with transaction.atomic():
            result = super().delete(*args, by=by, **kwargs)
            self.lead.rescore(by and by.pk)
        return result

    def _made(self):
        mentioned = self._tell(self.kind, interaction=self)
        if self.kind == self.Channel.EMAIL:
            text = f"{self.lead.name}: {self.subject}"
            self.lead.announce(Kind.EMAIL, text, by=self.created_by_id, mentioned=mentioned)
        else:
            self._ring_for(mentioned, self.created_by_id)
        self.lead.rescore(self.created_by_id)

    def _changed(self, stored, by):
        super()._changed(stored, by)
        self.lead.rescore(by)
