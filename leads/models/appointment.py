from datetime import UTC, datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads import frames
from leads.fields import LineField, MomentField
from leads.models.activity import Activity, change
from leads.models.ringing import LONGEST_REMINDER, Ringing, RingingQuerySet, before
from notifications.kinds import Kind

MOVED, CANCELLED = "Appointment Moved", "Appointment Cancelled"  # titles of what rings


class AppointmentQuerySet(RingingQuerySet):
    def attended_by(self, user):
        return self.filter(attendances__user=user)

    def between(self, begin, end):
        """Those of which some part lies there, in the order in which they start."""
        there = self.filter(starts_at__lt=end, ends_at__gt=begin)
        return there.order_by("starts_at", "pk")

    def not_over_at(self, moment):
        """Those that end later, in the order in which they start."""
        return self.filter(ends_at__gt=moment).order_by("starts_at", "pk")

    def with_people(self):
        return self.select_related("lead").prefetch_related("attendances__user")


class Appointment(Ringing):
    """When somebody meets a lead. Who attends is stored by ``save`` and ``attendee_ids``."""

    title = LineField(_("title"), max_length=200, error_messages={"blank": _("Give a title.")})
    starts_at = MomentField(_("starts at"))
    ends_at = MomentField(_("ends at"))
    remind_minutes_before = models.PositiveIntegerField(
        _("remind minutes before"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(LONGEST_REMINDER)],
    )
    sequence = models.PositiveIntegerField(
        default=0, editable=False, help_text="How often it was changed: SEQUENCE of RFC 5545."
    )

    objects = AppointmentQuerySet.as_manager()

    _attendee_ids = None  # as stored
    TOLD = ("title", "starts_at", "ends_at", "remind_minutes_before", "attendee_ids")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="appointment_ends_after_it_starts"
            )
        ]
        indexes = [
            # Serves a lead's appointments, newest first.
            models.Index(fields=["lead", "id"], name="appointment_list"),
            # Serves the calendar, which mostly looks ahead.
            models.Index(fields=["ends_at", "starts_at"], name="appointment_times"),
            # Serves the worker, which looks for reminders every second.
            models.Index(
                fields=["ring_at"],
                name="appointment_to_ring",
                condition=Q(ring_at__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.title} at {self.time}"

    @property
    def time(self) -> str:
        """When it starts, in UTC: everybody is told the same."""
        return f"{self.starts_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"

    @property
    def reminds_at(self) -> datetime | None:
        return before(self.starts_at, self.remind_minutes_before)

    @property
    def uid(self) -> str:
        """The one name of it in all calendars, whatever this installation is called meanwhile."""
        return f"{self.pk}-{self.created_at.astimezone(UTC):%Y%m%dT%H%M%S%fZ}@leadbell"

    @property
    def is_over(self) -> bool:
        return self.ends_at <= timezone.now()

    @property
    def attendee_ids(self) -> list[int]:
        """In the order in which they were named; what is set here is stored by ``save``."""
        if self._attendee_ids is not None:
            return self._attendee_ids
        if self._state.adding:
            return []
        return [attendance.user_id for attendance in self.attendances.all()]

    @attendee_ids.setter
    def attendee_ids(self, user_ids):
        self._attendee_ids = list(dict.fromkeys(user_ids))

    def clean(self):
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": _("Let it end after it starts.")})

    def _same_as(self, stored):
        return super()._same_as(stored) and self.attendee_ids == stored.attendee_ids

    def _made(self):
        self.attendee_ids = self._attendee_ids or []
        self._store(self.attendee_ids)
        at = {"created_at": self.created_at}
        self.lead.activity(Activity.Kind.EVENT, str(self), self.created_by_id, **at).save()
        self.lead.announce(Kind.EVENT, self._words(), by=self.created_by_id)
        self._show()

    def tell_reminder(self) -> None:
        self.lead.announce(Kind.EVENT, self._words(), by=None)

    def _changing(self, stored):
        self.sequence = stored.sequence + 1

    def _changed(self, stored, by):
        changes = [
            change(name, stored, self)
            for name in self.TOLD
            if getattr(stored, name) != getattr(self, name)
        ]
        if self.attendee_ids != stored.attendee_ids:
            self.attendances.all().delete()
            self._store(self.attendee_ids)
        kind = Activity.Kind.EVENT_CHANGED
        self.lead.activity(kind, str(self), by, changes=changes).save()
        # What is over, and still is, was corrected: nobody has to be elsewhere because of it.
        if self.time != stored.time and not (self.is_over and stored.is_over):
            text = f"{self._words()}, not {stored.time}"
            self.lead.announce(Kind.EVENT, text, by, title=MOVED)
        self._show()

    def _removed(self, by):
        self.lead.activity(Activity.Kind.EVENT_CANCELLED, str(self), by).save()
        if not self.is_over:  # who attended it may follow the lead for nothing else
            told = {"title": CANCELLED, "also": self.attendee_ids}
            self.lead.announce(Kind.EVENT, self._words(), by, **told)
        self._show()

    def _words(self) -> str:
        return f"{self.title} with {self.lead.name} at {self.time}"

    def _show(self):
        frames.send_after_commit(frames.appointments(self.lead_id))

    def _store(self, attendee_ids):
        Attendance.objects.bulk_create(
            Attendance(appointment=self, user_id=user_id) for user_id in attendee_ids
        )


class Attendance(models.Model):
    appointment = models.ForeignKey(
        Appointment, on_delete=models.CASCADE, related_name="attendances", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="attendances"
    )

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=["appointment", "user"], name="attendance_once")
        ]

    def __str__(self):
        return str(self.user)
