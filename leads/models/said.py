from leads.models.mention import Mention, mention_people, tell_after_commit
from leads.models.of_lead import OfLead
from notifications.kinds import Kind

QUOTED = 120  # characters of what was said in its notification
SOMEBODY = "Somebody"
MENTIONED = "You Were Mentioned"


class Said(OfLead):
    """What somebody wrote of a lead, ``body``: an entry of the timeline has its words, and it may
    mention people."""

    class Meta:
        abstract = True

    def _tell(self, kind, **fields) -> list[int]:
        """Returns the ids of whom it mentions."""
        by = self.created_by_id
        entry = self.lead.activity(kind, by=by, created_at=self.created_at, **fields)
        entry.save()
        return mention_people(entry, self.body, by)

    def _changed(self, stored, by):
        if self.body != stored.body:
            new = mention_people(self.activity, self.body, by, self._mentions())
            self._ring_for(new, by)

    def _ring_for(self, mentioned, by):
        """Where nobody else is told of it, whom it mentions is."""
        if mentioned:
            kind, text = Kind.COMMENT_ADDED, self._words()
            self.lead.announce(kind, text, by, MENTIONED, to=mentioned, mentioned=mentioned)

    def _words(self) -> str:
        return f"{self.created_by or SOMEBODY} on {self.lead.name}: {self.body[:QUOTED]}"

    def _removed(self, by):
        """Its entry goes, and with it whom it mentions."""
        tell_after_commit(self._mentions())

    def _mentions(self):
        of_this = {f"entry__{self._meta.model_name}": self}
        return list(Mention.objects.with_entries().filter(**of_this))
