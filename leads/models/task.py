from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads.fields import LineField, MomentField
from leads.models.activity import Activity
from leads.models.of_lead import OfLead, OfLeadQuerySet
from notifications.kinds import Kind


class TaskQuerySet(OfLeadQuerySet):
    def assigned_to(self, user):
        return self.filter(assignee=user)

    def open(self):
        """What is to be done, the earliest first; what has no date comes last."""
        return self.filter(completed_at=None).order_by(F("due_at").asc(nulls_last=True), "pk")

    def due_before(self, moment):
        return self.filter(due_at__lt=moment)

    def after(self, due_at, pk):
        """Those of ``open()`` that come after the one with these."""
        if due_at is None:
            return self.filter(due_at=None, pk__gt=pk)
        tie = Q(due_at=due_at, pk__gt=pk)
        return self.filter(Q(due_at__gt=due_at) | tie | Q(due_at=None))

    def done_since(self, moment):
        """What was completed, the latest first."""
        return self.filter(completed_at__gte=moment).order_by("-completed_at", "-pk")


class Task(OfLead):
    """Something to do for a lead."""

    title = LineField(max_length=200, error_messages={"blank": _("Give a title.")})
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="tasks",
        limit_choices_to={"is_active": True},
    )
    due_at = MomentField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TaskQuerySet.as_manager()

    class Meta:
        indexes = [
            # Serves a lead's tasks, newest first.
            models.Index(fields=["lead", "id"], name="task_list"),
            # Serve what is to be done, the team's and one's own.
            models.Index(fields=["due_at", "id"], name="task_open", condition=Q(completed_at=None)),
            models.Index(
                fields=["assignee", "due_at", "id"],
                name="task_open_of",
                condition=Q(completed_at=None),
            ),
            # Serve what was done lately, the team's and one's own.
            models.Index(
                fields=["completed_at", "id"],
                name="task_done",
                condition=Q(completed_at__isnull=False),
            ),
            models.Index(
                fields=["assignee", "completed_at", "id"],
                name="task_done_of",
                condition=Q(completed_at__isnull=False),
            ),
        ]

    def __str__(self):
        return self.title

    def complete(self, by) -> bool:
        """Completes it once, whoever races; returns whether it was this time. Raises DoesNotExist
        when it was deleted meanwhile."""
        with transaction.atomic():
            row = Task.objects.locked(self.pk)
            open_until_now = row.completed_at is None
            row.mark(completed=True)
            row.save(by=by)
        self.completed_at = row.completed_at
        return open_until_now

    def mark(self, completed: bool) -> None:
        """Completed now, unless it is already; or open again. ``save`` stores and tells it."""
        if not completed:
            self.completed_at = None
        elif self.completed_at is None:
            self.completed_at = timezone.now()

    def _made(self):
        at = {"created_at": self.created_at}
        kind, by = Activity.Kind.TASK_ADDED, self.created_by_id
        self.lead.activity(kind, self.title, by, **at).save()
        if self.completed_at:
            self._completed(by)

    def _changed(self, stored, by):
        if self.completed_at and not stored.completed_at:
            self._completed(by)
        elif stored.completed_at and not self.completed_at:
            self.lead.activity(Activity.Kind.TASK_REOPENED, self.title, by).save()

    def _completed(self, by):
        self.lead.activity(Activity.Kind.TASK_COMPLETED, self.title, by).save()
        text = f"{self.title} completed for {self.lead.name}"
        self.lead.announce(Kind.TASK_COMPLETED, text, by)
