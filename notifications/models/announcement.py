"""Announcements: what an administrator tells everybody, or everybody in a role.

At its start each of its audience gets one notification of it, through an event like any other. As
long as it is shown it is a banner too, for who has not read theirs: so to read the notification is
to dismiss the banner, on every device, and the other way round.
"""

import re
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, RegexValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications import audit
from notifications.kinds import Kind
from notifications.models.event import Event
from notifications.models.notification import Notification
from notifications.models.preference import Preference, Wants
from notifications.models.reason import Reason
from notifications.models.recall import recall

LATE = timedelta(minutes=1)  # forms know minutes: one that has begun is now
BANNERS = 3
TOLD_AT_ONCE = 50
NEWCOMER = timedelta(days=1)
# A day is short of what retention leaves, so that nobody is told again of what left their inbox.
NEWCOMERS_LOOKED_FOR = 20  # announcements, the latest

one_line = RegexValidator(
    re.compile(r"[\x00-\x1f\x7f\u2028\u2029]"),
    _("Write this on one line, without control characters."),
    "control",
    inverse_match=True,
)
no_markup = RegexValidator(
    re.compile(r"<(?:/?[a-z][a-z0-9-]*(?:\s[^<>]*)?/?>|!--|!doctype)", re.IGNORECASE),
    _("Take the HTML tags out: announcements are shown as plain text, exactly as written."),
    "markup",
    inverse_match=True,
)


def before_the_end_of_time(moment: datetime) -> None:
    """Beyond, the calendar ends for who lives far enough to the east."""
    if moment >= datetime(2200, 1, 1, tzinfo=UTC):
        raise ValidationError(_("Give a date before 2200."), "out_of_sight")


class AnnouncementQuerySet(models.QuerySet):
    def due(self):
        """To be raised now. One whose end has passed is never told."""
        now = timezone.now()
        ahead = Q(ends_at=None) | Q(ends_at__gt=now)
        waiting = self.filter(ahead, raised_at=None, withdrawn_at=None, starts_at__lte=now)
        return waiting.order_by("starts_at", "pk")

    def shown(self):
        on = Q(ends_at=None) | Q(ends_at__gt=timezone.now())
        return self.filter(on, raised_at__isnull=False, withdrawn_at=None)

    def unread_by(self, user):
        """Those of which the user, who may be an ``OuterRef``, has a notification to read."""
        return self.filter(
            event__notifications__recipient=user,
            event__notifications__read_at=None,
            event__notifications__deleted_at=None,
        )

    def banners_of(self, user) -> list[Notification]:
        """The user's latest that are shown and not read, each with ``until``, its end."""
        own = Notification.objects.visible_to(user).unread()
        rows = own.filter(event__announcement__in=self.shown())
        return list(rows.annotate(until=F("event__announcement__ends_at"))[:BANNERS])

    def raise_due(self) -> int:
        """Raises a batch of what is due, each exactly once whoever races; returns how many."""
        with transaction.atomic():
            due = list(self.due().select_for_update(skip_locked=True)[:TOLD_AT_ONCE])
            for announcement in due:
                announcement._tell()
        return len(due)

    def tell_newcomers(self) -> int:
        """Gives who joined in the last day what is shown; returns how many notifications."""
        latest = self.shown().filter(event__fanned_out_at__isnull=False).order_by("-raised_at")
        return sum(one._tell_newcomers() for one in latest[:NEWCOMERS_LOOKED_FOR])


class Announcement(models.Model):
    class Audience(models.TextChoices):
        EVERYONE = "everyone", _("Everybody")
        REP = "rep", _("Reps")
        MANAGER = "manager", _("Managers")
        ADMIN = "admin", _("Administrators")

    class State(models.TextChoices):
        SCHEDULED = "scheduled", _("scheduled")
        SHOWN = "shown", _("shown")
        OVER = "over", _("over")
        WITHDRAWN = "withdrawn", _("withdrawn")
        NEVER_TOLD = "never_told", _("never told: no worker ran from its start to its end")

    title = models.CharField(
        _("title"),
        max_length=200,
        validators=[one_line, no_markup],
        error_messages={"blank": _("Give a title.")},
    )
    message = models.TextField(
        _("message"), blank=True, validators=[MaxLengthValidator(2_000), no_markup]
    )
    audience = models.CharField(
        _("audience"), max_length=16, choices=Audience, default=Audience.EVERYONE
    )
    starts_at = models.DateTimeField(
        _("start"), blank=True, validators=[before_the_end_of_time], help_text=_("Empty: now.")
    )
    ends_at = models.DateTimeField(
        _("end"),
        null=True,
        blank=True,
        validators=[before_the_end_of_time],
        help_text=_("Empty: it is shown until it is withdrawn."),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    raised_at = models.DateTimeField(null=True, editable=False)
    event = models.OneToOneField(
        Event, on_delete=models.SET_NULL, null=True, editable=False, related_name="announcement"
    )
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )

    objects = AnnouncementQuerySet.as_manager()

    TEXTS = ("title", "message", "audience", "starts_at", "ends_at")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="announcement_ends_after_it_starts",
            )
        ]
        indexes = [
            # Serves the claim of what is due.
            models.Index(
                fields=["starts_at"],
                name="announcement_due",
                condition=Q(raised_at=None, withdrawn_at=None),
            ),
            # Serves the banners of every page.
            models.Index(
                fields=["ends_at"],
                name="announcement_shown",
                condition=Q(raised_at__isnull=False, withdrawn_at=None),
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def state(self) -> str:
        ended = self.ends_at is not None and self.ends_at <= timezone.now()
        if self.withdrawn_at:
            return self.State.WITHDRAWN
        if self.raised_at:
            return self.State.OVER if ended else self.State.SHOWN
        return self.State.NEVER_TOLD if ended else self.State.SCHEDULED

    def get_state_display(self) -> str:
        return self.State(self.state).label

    def clean(self):
        now, problems = timezone.now(), {}
        if self.starts_at is None:
            self.starts_at = now
        if self.raised_at is None and self.starts_at < now - LATE:
            problems["starts_at"] = _("This has passed: give a later time, or none for now.")
        if self.ends_at is not None and self.ends_at <= now:
            problems["ends_at"] = _("This has passed: give a later end, or none.")
        elif self.ends_at is not None and self.ends_at <= self.starts_at:
            problems["ends_at"] = _("Let it end after it starts.")
        if problems:
            raise ValidationError(problems)

    def keep(self) -> None:
        """Stores it; one that starts now is raised in the same transaction. Of one that was raised
        meanwhile only the end changes, and of one that is over or withdrawn nothing."""
        self.starts_at = self.starts_at or timezone.now()
        with transaction.atomic():
            if self._state.adding:
                self.save()
            else:
                self.save(update_fields=self._locked().open_fields)
                self.refresh_from_db()
            if Announcement.objects.due().filter(pk=self.pk).exists():
                self._tell()

    @property
    def open_fields(self) -> tuple[str, ...]:
        """What may still be changed."""
        by_state = {self.State.SCHEDULED: self.TEXTS, self.State.SHOWN: ("ends_at",)}
        return by_state.get(self.state, ())

    def withdraw(self, by) -> bool:
        """Takes it back: it is shown no more, and leaves the inboxes of who has not read it. One
        that was not raised yet never is. Returns whether it was this time."""
        with transaction.atomic():
            stored = self._locked()
            if stored.withdrawn_at is None:
                stored.withdrawn_at, stored.withdrawn_by = timezone.now(), by
                stored.save(update_fields=["withdrawn_at", "withdrawn_by"])
                audit.note(
                    audit.Deed.ANNOUNCEMENT_WITHDRAWN, about=f"announcement {self.pk}", by=by
                )
                if stored.event_id is not None:
                    recall(stored.event_id)
                self.refresh_from_db()
                return True
        self.refresh_from_db()
        return False

    def _locked(self) -> "Announcement":
        """As it is stored, and nobody comes in between until the transaction ends."""
        return Announcement.objects.select_for_update().get(pk=self.pk)

    def _tell(self) -> None:
        """Raises its event. Part of a transaction that holds the row, or that made it."""
        told = {"kind": Kind.SYSTEM, "title": self.title, "message": self.message}
        if self.audience == self.Audience.EVERYONE:
            self.event = Event.objects.create(actor_id=self.created_by_id, **told)
        else:
            to = list(self._people().values_list("pk", flat=True))
            self.event = Event.objects.raise_for(to, actor=self.created_by, **told)
        self.raised_at = timezone.now()
        self.save(update_fields=["event", "raised_at"])

    def _people(self):
        """Its audience, as it is now."""
        people = get_user_model().objects.filter(is_active=True)
        everyone = self.audience == self.Audience.EVERYONE
        return people if everyone else people.filter(role=self.audience)

    def _tell_newcomers(self) -> int:
        if not self._newcomers().exists():
            return 0
        with transaction.atomic():
            held = Announcement.objects.shown().select_for_update().filter(pk=self.pk).first()
            rows = [held._notification_for(pk) for pk in held._newcomers()] if held else []
            Notification.objects.bulk_create(rows)
        return len(rows)

    def _notification_for(self, user_id: int) -> Notification:
        row = self.event.notification_for(user_id)
        if self.event.reach == Event.Reach.ADDRESSEES:
            row.reason = Reason.ADDRESSED
        return row

    def _newcomers(self):
        """The ids of who joined its audience since, was not told, and wants to be."""
        since = max(self.raised_at - LATE, timezone.now() - NEWCOMER)
        told = Notification.objects.filter(event=self.event_id).values("recipient")
        deaf = Preference.objects.filter(kind=Kind.SYSTEM, wants=Wants.NOTHING).values("user")
        new = self._people().filter(date_joined__gt=since)
        new = new.exclude(pk__in=told).exclude(pk__in=deaf)
        return new.order_by("pk").values_list("pk", flat=True)[:TOLD_AT_ONCE]
