"""Who follows a lead. Its owner does, who has a task or an appointment with it, who commented on it
and who was mentioned on it, by what they are and did: a row says only what somebody chose."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Case, CharField, DateTimeField, F, Q, Value, When
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads.models.appointment import Attendance
from leads.models.comment import Comment
from leads.models.lead import Lead
from leads.models.mention import Mention
from leads.models.task import Task
from notifications.models import Reason

UNFOLLOWED = "unfollowed"
# Of several reasons the first is told; what somebody chose comes last, but to unfollow undoes all.
REASONS = (
    Reason.OWNER,
    Reason.ASSIGNEE,
    Reason.ATTENDEE,
    Reason.COMMENTER,
    Reason.CALLED,
    Reason.FOLLOWER,
)


class Standing(NamedTuple):
    """Why somebody follows a lead, a ``Reason``, the empty one where they do not; and until when
    they muted it, if they did."""

    reason: str
    muted_until: datetime | None

    @property
    def why(self) -> str:
        return Reason(self.reason).label if self.reason else ""


class FollowingQuerySet(models.QuerySet):
    def of_leads(self, pks, user=None) -> dict[int, dict[int, "Standing"]]:
        """How people stand to leads, by lead and user; of one ``user`` alone if one is given."""
        signs = defaultdict(list)
        for lead_id, user_id, reason, muted_until in _signs(pks, user):
            signs[lead_id, user_id].append((reason, muted_until))
        found = defaultdict(dict)
        for (lead_id, user_id), rows in signs.items():
            reasons = {reason for reason, _ in rows}
            mute = next((until for _, until in rows if until), None)
            found[lead_id][user_id] = Standing(_first(reasons), mute)
        return found

    def standing(self, lead, user) -> "Standing":
        return self.of_leads([lead.pk], user).get(lead.pk, {}).get(user.pk, Standing("", None))

    def choose(self, lead, user, **chosen) -> "Following":
        """``follows`` or ``muted_until`` as somebody wants it. Raises Lead.DoesNotExist for a lead
        that was deleted meanwhile."""
        with transaction.atomic():
            lead = Lead.objects.held(lead.pk)
            row, _ = self.update_or_create(lead=lead, user=user, defaults=chosen)
        return row


class Following(models.Model):
    LONGEST_MUTE = timedelta(days=366)

    lead = models.ForeignKey(
        Lead, on_delete=models.CASCADE, related_name="followings", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="followings"
    )
    follows = models.BooleanField(
        null=True, blank=True, help_text="Unknown: whoever owns, comments and so on."
    )
    muted_until = models.DateTimeField(null=True, blank=True)

    objects = FollowingQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lead", "user"], name="following_once")]

    def __str__(self):
        return f"{self.user}: {self.lead}"

    def clean(self):
        now = timezone.now()
        if self.muted_until and not now < self.muted_until <= now + self.LONGEST_MUTE:
            raise ValidationError({"muted_until": _("Choose a time within the next year.")})


def _signs(pks, user):
    """``(lead_id, user_id, reason, muted_until)`` for each thing that makes somebody a follower."""
    of = {
        Reason.OWNER: (Lead.objects.filter(pk__in=pks), "pk", "owner"),
        Reason.ASSIGNEE: (Task.objects.filter(lead__in=pks), "lead", "assignee"),
        Reason.ATTENDEE: (
            Attendance.objects.filter(appointment__lead__in=pks),
            "appointment__lead",
            "user",
        ),
        Reason.COMMENTER: (Comment.objects.filter(lead__in=pks), "lead", "created_by"),
        Reason.CALLED: (Mention.objects.filter(entry__lead__in=pks), "entry__lead", "user"),
    }
    rows = [
        _columns(found, lead, person, Value(reason.value), NEVER, user)
        for reason, (found, lead, person) in of.items()
    ]
    chosen = Following.objects.filter(lead__in=pks)
    muted = Case(When(muted_until__gt=timezone.now(), then="muted_until"))
    rows.append(_columns(chosen, "lead", "user", CHOSEN, muted, user))
    return rows[0].union(*rows[1:])


def _columns(found, lead, person, reason, muted, user):
    found = found.filter(**({person: user} if user else {f"{person}__isnull": False}))
    return found.order_by().values_list(
        F(lead),
        F(person),
        models.ExpressionWrapper(reason, CharField()),
        muted,
    )


def _first(reasons) -> str:
    if UNFOLLOWED in reasons:
        return Reason.EVERYTHING.value
    return next((reason.value for reason in REASONS if reason in reasons), "")


NEVER = Cast(Value(None), DateTimeField())  # PostgreSQL wants columns of one type
CHOSEN = Case(
    When(Q(follows=True), then=Value(Reason.FOLLOWER.value)),
    When(Q(follows=False), then=Value(UNFOLLOWED)),
    default=Value(""),
)
