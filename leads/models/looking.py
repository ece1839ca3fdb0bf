"""Who is looking at a lead now. A row lapses by itself, since a browser that dies says nothing."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.utils import timezone

from leads import frames
from leads.models.lead import Lead
from notifications.realtime import Push, publish


class LookingQuerySet(models.QuerySet):
    def now(self):
        return self.filter(until__gt=timezone.now(), user__is_active=True)

    def arrive(self, lead, user, tab: str) -> bool:
        """Somebody looks at it, in that tab of theirs, or still does. Tells who looks too when
        they came just now, and returns whether. Raises DoesNotExist for a lead that was
        deleted or merged meanwhile."""
        until = timezone.now() + Looking.LASTS
        with transaction.atomic():
            lead = Lead.objects.held(lead.pk)
            there = self.now().filter(lead=lead, user=user).exists()
            self.update_or_create(lead=lead, user=user, defaults={"until": until, "tab": tab})
            if not there:
                tell_after_commit(lead.pk)
        return not there

    def leave(self, lead, user, tab: str) -> bool:
        """They look at it no more, unless another tab of theirs said meanwhile that it does."""
        with transaction.atomic():
            gone, _ = self.filter(lead=lead, user=user, tab=tab).delete()
            if gone:
                tell_after_commit(lead.pk, user.pk)  # another tab of theirs says that it is there
        return bool(gone)

    def forget_lapsed(self, batch: int = 500) -> int:
        """Deletes up to ``batch`` that lapsed, and tells who looks on; returns how many."""
        lapsed = self.filter(until__lte=timezone.now())
        with transaction.atomic():
            rows = list(lapsed.select_for_update(skip_locked=True).order_by("until")[:batch])
            self.filter(pk__in=[row.pk for row in rows]).delete()
            for lead_id in {row.lead_id for row in rows}:
                tell_after_commit(lead_id)
        return len(rows)


class Looking(models.Model):
    LASTS = timedelta(seconds=45)  # two signs of life, and some

    lead = models.ForeignKey(
        "leads.Lead", on_delete=models.CASCADE, related_name="lookings", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="lookings"
    )
    tab = models.CharField(max_length=36)
    until = models.DateTimeField(db_index=True)

    objects = LookingQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lead", "user"], name="looking_once")]

    def __str__(self):
        return f"{self.user} at {self.lead}"


def who_looks(lead_id: int, without=None) -> list:
    """Who looks at the lead now, by name."""
    looking = Looking.objects.now().filter(lead=lead_id).values("user")
    people = get_user_model().objects.filter(pk__in=looking).exclude(pk=without)
    return list(people.order_by("first_name", "last_name", "pk"))


def tell_after_commit(lead_id: int, *left: int) -> None:
    transaction.on_commit(lambda: _tell(lead_id, left), robust=True)


def _tell(lead_id, left):
    """Who looks, and who left just now, is told who does."""
    looking = Looking.objects.now().filter(lead=lead_id).order_by("user")
    user_ids = list(looking.values_list("user", flat=True))
    text = frames.presence(lead_id, user_ids)
    publish(Push(user_id, text) for user_id in {*user_ids, *left})
