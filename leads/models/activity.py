"""The timeline: what happened to a lead, a row each, stored with what it tells of."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from notifications import wire


class ActivityQuerySet(models.QuerySet):
    def with_texts(self):
        """Each with the comment or interaction whose words it shows."""
        return self.select_related("comment", "interaction")


class Activity(models.Model):
    class Kind(models.TextChoices):
        """Where people are notified of it too, the notification's type and title."""

        LEAD_CREATED = "lead_created", _("New Lead Created")
        CONTACT = "contact", _("Contact Updated")
        STAGE = "stage", _("Stage Changed")
        OWNER = "owner", _("Owner Changed")
        ASSIGNED = "assigned", _("Assigned")
        COMMENT = "comment_added", _("New Comment")
        CALL = "call", pgettext_lazy("noun", "Call")
        EMAIL = "email", _("New Email")
        MEETING = "meeting", _("Meeting")
        NOTE = "note", _("Note")
        TASK_ADDED = "task_added", _("New Task")
        TASK_COMPLETED = "task_completed", _("Task Completed")
        TASK_REOPENED = "task_reopened", _("Task Reopened")
        EVENT = "event", _("Appointment")
        EVENT_CHANGED = "event_changed", _("Appointment Changed")
        EVENT_CANCELLED = "event_cancelled", _("Appointment Cancelled")
        MERGED = "merged", _("Leads Merged")
        MERGE_UNDONE = "merge_undone", _("Merge Undone")

    lead = models.ForeignKey(
        "leads.Lead", on_delete=models.CASCADE, related_name="activities", db_index=False
    )
    kind = models.CharField(max_length=32, choices=Kind)
    message = models.TextField(blank=True)
    changes = models.JSONField(default=list, blank=True, help_text="Fields: from what to what.")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    comment = models.OneToOneField(
        "leads.Comment", on_delete=models.CASCADE, null=True, blank=True, related_name="activity"
    )
    interaction = models.OneToOneField(
        "leads.Interaction",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="activity",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "activities"
        indexes = [
            # Serves a lead's timeline, newest first, from any place in it; and its deletion.
            models.Index(fields=["lead", "id"], name="activity_timeline"),
        ]

    def __str__(self):
        return f"{self.title}: {self.text}"

    @property
    def title(self) -> str:
        return self.get_kind_display()

    @property
    def text(self) -> str:
        """The words of a comment or an interaction are its own: whoever edits them edits this."""
        said = self.comment or self.interaction
        return said.body if said else self.message

    def get_absolute_url(self):
        return f"{reverse('leads:detail', args=[self.lead_id])}#entry-{self.pk}"


def change(name: str, stored, row) -> dict:
    """What became of a field, for ``Activity.changes``; under the name that clients know."""
    first, *rest = name.split("_")
    field = first + "".join(word.capitalize() for word in rest)
    return {"field": field, "from": _json(stored, name), "to": _json(row, name)}


def _json(row, name):
    value = getattr(row, name)
    return wire.moment(value) if isinstance(value, datetime) else value


def same(row, stored) -> bool:
    """Whether nothing of ``row`` differs from what is stored."""
    return all(
        getattr(row, field.attname) == getattr(stored, field.attname)
        for field in row._meta.concrete_fields
    )
