"""Who is mentioned in what somebody wrote, and whether they have seen it."""

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from leads import frames
from leads.mentions import people_called, said_in
from notifications.realtime import Push, publish_after_commit


class MentionQuerySet(models.QuerySet):
    def of(self, user):
        return self.filter(user=user)

    def unseen(self):
        """The latest first."""
        return self.filter(seen_at=None).order_by("-pk")

    def mark_seen(self) -> int:
        """Marks these, which are one user's; returns how many had not been seen before."""
        with transaction.atomic():
            rows = list(self.filter(seen_at=None).select_for_update(of=("self",)).with_entries())
            self.filter(pk__in=[row.pk for row in rows]).update(seen_at=timezone.now())
            tell_after_commit(rows)
        return len(rows)

    def with_entries(self):
        return self.select_related("entry")

    def to_show(self):
        """Each with its lead, who wrote it and their words."""
        words = ("entry__comment", "entry__interaction")
        return self.select_related("entry__lead", "entry__actor", *words)


class Mention(models.Model):
    """Somebody in a comment or an interaction. ``words`` are those that stand there for them, so
    that another name some day makes no difference."""

    entry = models.ForeignKey(
        "leads.Activity", on_delete=models.CASCADE, related_name="mentions", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="mentions",
        db_index=False,
    )
    words = models.CharField(max_length=320)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    seen_at = models.DateTimeField(null=True, blank=True)

    objects = MentionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "user"], name="mention_once")]
        indexes = [
            # Serves what mentions somebody and waits to be seen.
            models.Index(fields=["user", "id"], name="mention_unseen", condition=Q(seen_at=None)),
        ]

    def __str__(self):
        return f"@{self.words}"


def mention_people(entry, body: str, by: int | None, before=()) -> list[int]:
    """Those whom ``body``, the words of ``entry``, mentions by now; ``before`` are its mentions
    until now. ``by`` is the id of who wrote it last: nobody mentions themselves. Returns the ids of
    who was not mentioned before."""
    stay = [mention for mention in before if said_in(body, mention.words)]
    gone = [mention for mention in before if mention not in stay]
    there = {mention.user_id for mention in stay}
    called = people_called(body, without={by, entry.actor_id, *there})
    new = [Mention(entry=entry, user_id=pk, words=words) for pk, words in called]
    if gone:
        Mention.objects.filter(pk__in=[mention.pk for mention in gone]).delete()
    if new:
        Mention.objects.bulk_create(new)
    tell_after_commit(gone + new)
    return [mention.user_id for mention in new]


def tell_after_commit(mentions) -> None:
    """To those who are mentioned: what mentions them is not what it was."""
    pushes = [
        Push(row.user_id, frames.mentioned(row.entry.lead_id, row.entry_id)) for row in mentions
    ]
    if pushes:
        publish_after_commit(pushes)
