"""New passwords that were asked for by e-mail.

The page only stores that somebody asked: whether anybody has that address is looked up by the
worker, so that the answer and the work before it are the same for every address.
"""

from datetime import timedelta

from django.db import models, transaction
from django.utils import timezone

from notifications.models.attempts import Attempts, AttemptsQuerySet

LEASE = timedelta(minutes=2)  # a worker that is killed leaves it to another after that
KEPT = timedelta(hours=1)  # who asked longer ago has asked again, or given up


class AskedQuerySet(AttemptsQuerySet):
    def claim(self) -> "AskedForPassword | None":
        """One that is due, which no other worker takes for the length of ``LEASE``."""
        with transaction.atomic():
            asked = self.due().select_for_update(skip_locked=True).order_by("pk").first()
            if asked is not None:
                asked.next_attempt_at = timezone.now() + LEASE
                asked.save(update_fields=["next_attempt_at"])
        return asked

    def forget_old(self) -> int:
        return self.filter(asked_at__lt=timezone.now() - KEPT).delete()[0]


class AskedForPassword(Attempts):
    """Somebody asked for a new password for ``email``, on the pages of ``host``."""

    email = models.EmailField(max_length=254, editable=False)
    host = models.CharField(max_length=255, editable=False)
    secure = models.BooleanField(editable=False)
    language = models.CharField(max_length=8, editable=False)
    asked_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AskedQuerySet.as_manager()

    class Meta:
        verbose_name = "password that was asked for"
        verbose_name_plural = "passwords that were asked for"

    def __str__(self):
        return f"Asked at {self.asked_at:%Y-%m-%d %H:%M}"
