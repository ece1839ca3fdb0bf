from leads.models.mention import Mention, mention_people, tell_after_commit
from leads.models.of_lead import OfLead


class Said(OfLead):
    """What somebody wrote of a lead, ``body``: an entry of the timeline has its words, and it may
    mention people."""

    class Meta:
        abstract = True

    def _tell(self, kind, **fields):
        by = self.created_by_id
        entry = self.lead.activity(kind, by=by, created_at=self.created_at, **fields)
        entry.save()
        mention_people(entry, self.body, by)

    def _changed(self, stored, by):
        if self.body != stored.body:
            mention_people(self.activity, self.body, by, self._mentions())

    def _removed(self, by):
        """Its entry goes, and with it whom it mentions."""
        tell_after_commit(self._mentions())

    def _mentions(self):
        of_this = {f"entry__{self._meta.model_name}": self}
        return list(Mention.objects.with_entries().filter(**of_this))
