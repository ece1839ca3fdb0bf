"""What belongs to a lead has in common: who made it, and that the lead's timeline tells of it."""

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from leads.models.activity import same
from leads.models.lead import Lead
from leads.models.telling import tell_after_commit


class OfLeadQuerySet(models.QuerySet):
    def locked(self, pk: int):
        """The row, locked until the transaction ends, and its lead held: locks are taken in the
        order that notifications/models/leads.py names. Raises DoesNotExist. A row that a merge
        took to another lead meanwhile is looked for there."""
        while True:
            lead_id = self.values_list("lead_id", flat=True).get(pk=pk)
            try:
                lead = self.model.lead_for(lead_id)
            except Lead.DoesNotExist:
                continue
            row = self.select_for_update(no_key=True).filter(pk=pk, lead=lead).first()
            if row:
                row.lead = lead
                return row

    def bulk_create(self, objs, *args, **kwargs):
        """Creates and announces each, as ``save`` does."""
        objs = list(objs)
        with transaction.atomic():
            for row in objs:
                row.save()
        return objs


class OfLead(models.Model):
    lead = models.ForeignKey(
        Lead,
        on_delete=models.CASCADE,
        related_name="%(class)ss",
        db_index=False,  # each has an index that begins with it
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    edited_at = models.DateTimeField(null=True, editable=False)

    objects = OfLeadQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def lead_for(cls, pk: int) -> Lead:
        """The lead, held while what belongs to it is stored. Raises DoesNotExist."""
        return Lead.objects.held(pk)

    def save(self, *args, by=None, **kwargs):
        """Stores it together with what tells of it. ``by`` is who changes it; who makes it is
        ``created_by``. Raises DoesNotExist when it, or its lead, was deleted meanwhile."""
        with transaction.atomic():
            if self._state.adding:
                self.lead = self.lead_for(self.lead_id)
                self._settle(None)
                super().save(*args, **kwargs)
                self._made()
                tell_after_commit(self.lead)
            else:
                stored = type(self).objects.locked(self.pk)
                self.lead = stored.lead
                self._change(stored, by and by.pk, *args, **kwargs)

    def delete(self, *args, by=None, **kwargs):
        """Raises DoesNotExist when it was deleted meanwhile."""
        with transaction.atomic():
            self.lead = type(self).objects.locked(self.pk).lead
            self._removed(by and by.pk)
            tell_after_commit(self.lead)
            return super().delete(*args, **kwargs)

    def _change(self, stored, by, *args, **kwargs):
        self._settle(stored)
        if self._same_as(stored):
            return
        self.edited_at = timezone.now()
        self._changing(stored)
        super().save(*args, **kwargs)
        self._changed(stored, by)
        tell_after_commit(self.lead)

    def _same_as(self, stored) -> bool:
        return same(self, stored)

    def _settle(self, stored) -> None:
        """What follows from its fields, before they are stored. ``stored`` is what is there, if it
        is."""

    # What a kind of thing has to tell, in the transaction that stores it: its own ``_made()``, and
    # these. ``by`` is a user's id.

    def _changing(self, stored) -> None:
        """What a change counts is stored with it."""

    def _changed(self, stored, by) -> None:
        """Most changes are told by the row itself."""

    def _removed(self, by) -> None:
        """What is removed leaves the timeline, as a rule."""
