from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads.fields import END, FIRST, LineField, MomentField, in_sight
from leads.models.activity import Activity
from leads.models.repeating import Repeating
from leads.models.ringing import LONGEST_REMINDER, Ringing, RingingQuerySet, before
from leads.models.telling import tell_after_commit
from notifications.kinds import Kind


class TaskQuerySet(RingingQuerySet):
    def to_ring(self):
        return super().to_ring().filter(completed_at=None)

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


class Task(Repeating, Ringing):
    """Something to do for a lead. Its reminder is at ``remind_at``, or before it is due."""

    LATE = timedelta(minutes=1)  # from the form that was checked to the row that is stored

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
    remind_minutes_before = models.PositiveIntegerField(
        _("remind minutes before"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(LONGEST_REMINDER)],
    )
    remind_at = MomentField(_("remind at"), null=True, blank=True)

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
            # Serves the worker, which looks for reminders every second.
            models.Index(
                fields=["ring_at"],
                name="task_to_ring",
                condition=Q(completed_at=None, ring_at__isnull=False),
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

    # Reminders

    @property
    def reminds_at(self) -> datetime | None:
        return self.remind_at or before(self.due_at, self.remind_minutes_before)

    @property
    def reminder(self):
        """As one chooses it: so many minutes before, at a time of its own, or None."""
        return AT_A_TIME if self.remind_at else self.remind_minutes_before

    def clean(self):
        if self._is_beyond_reason():
            return
        self.check_repeat()
        if self.remind_at and self.remind_minutes_before is not None:
            raise ValidationError({"remind_at": ONE_REMINDER})
        if self.remind_minutes_before is not None and not self.due_at:
            raise ValidationError({"remind_minutes_before": NOT_DUE})
        if self._reminds_in_the_past():
            name = "remind_at" if self.remind_at else "remind_minutes_before"
            raise ValidationError({name: PAST[name]})

    def _is_beyond_reason(self) -> bool:
        """Then the field itself says so already, and there is no reckoning with it."""
        moments = [moment for moment in (self.due_at, self.remind_at) if moment]
        unseen = any(not FIRST <= moment < END for moment in moments)
        return unseen or (self.remind_minutes_before or 0) > LONGEST_REMINDER

    def _reminds_in_the_past(self) -> bool:
        """Unless that is what is stored: then it has rung."""
        if self.completed_at or not self.reminds_at or self.reminds_at > timezone.now():
            return False
        stored = self.pk and Task.objects.filter(pk=self.pk).first()
        return not stored or stored.reminds_at != self.reminds_at

    def snooze(self, until: datetime) -> None:
        """Its reminder comes again then. Raises ValidationError for a time that has passed or a
        task that is done, and DoesNotExist when it was deleted meanwhile."""
        in_sight(until)
        if until <= timezone.now():
            raise ValidationError(PAST["remind_at"], "past")
        with transaction.atomic():
            row = Task.objects.locked(self.pk)
            if row.completed_at:
                raise ValidationError(DONE, "done")
            Task.objects.filter(pk=row.pk).update(ring_at=until)
            tell_after_commit(row.lead)
        self.ring_at = until

    def silence(self, by) -> None:
        """It has no reminder any more, nor one that was put off."""
        with transaction.atomic():
            row = Task.objects.locked(self.pk)
            row.remind_at = row.remind_minutes_before = None
            row.save(by=by)
            Task.objects.filter(pk=row.pk).update(ring_at=None)

    def tell_reminder(self) -> None:
        """To one person: who does it; of a task that nobody has, whose the lead is, else who made
        it. Who left is not reminded."""
        concerned = (self.assignee_id, self.lead.owner_id, self.created_by_id)
        active = get_user_model().objects.filter(pk__in=concerned, is_active=True)
        there = set(active.values_list("pk", flat=True))
        person = next((pk for pk in concerned if pk in there), None)
        if person is None:
            return
        at = (self.due_at or self.ring_at).astimezone(UTC)
        text = f"{self.title} for {self.lead.name} at {at:%Y-%m-%d %H:%M} UTC"
        self.lead.announce(Kind.EVENT, text, by=None, title=REMINDER_TITLE, to=[person])

    # Repeating

    def next_at(self, due: datetime) -> "Task":
        names = ("title", "lead", "assignee_id", "created_by_id", "remind_minutes_before")
        names += ("repeat_from", "repeat_until", *self.REPEATS)
        same = {name: getattr(self, name) for name in names}
        remind_at = self.moved_along(self.remind_at, due)
        return Task(due_at=due, remind_at=remind_at, follows=self, **same)

    def _settle(self, stored):
        super()._settle(stored)
        self.keep_count(stored)
        reopened = stored and stored.completed_at and not self.completed_at
        if reopened and self.ring_at and self.ring_at <= timezone.now():
            self.ring_at = None  # it passed while there was nothing to do

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
            self.take_next_back()

    def _completed(self, by):
        self.lead.activity(Activity.Kind.TASK_COMPLETED, self.title, by).save()
        text = f"{self.title} completed for {self.lead.name}"
        self.lead.announce(Kind.TASK_COMPLETED, text, by)
        self.make_next()


AT_A_TIME = "at"
REMINDER_TITLE = "Task Due"
ONE_REMINDER = _("Choose one: a time, or how long before it is due.")
NOT_DUE = _("Give a due date, or remind at a time.")
DONE = _("This task is done already.")
PAST = {
    "remind_at": _("This time has passed: give a later one."),
    "remind_minutes_before": _(
        "This would have been at a time that has passed: remind later, or give a later due date."
    ),
}
