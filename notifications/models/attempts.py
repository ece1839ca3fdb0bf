"""Work whose queue is its own table: a row is due until it is done, and backs off when it fails."""

import logging
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

logger = logging.getLogger(__name__)

# Seconds to wait after each failure; after the last one the row is parked for somebody to look at.
BACKOFF = (2, 10, 30, 120, 600, 1800, 3600, 3600, 3600)


class AttemptsQuerySet(models.QuerySet):
    def due(self):
        """Not parked, and not waiting for its next attempt."""
        now = timezone.now()
        return self.filter(Q(next_attempt_at=None) | Q(next_attempt_at__lte=now), parked_at=None)

    def parked(self):
        return self.exclude(parked_at=None)

    def try_again(self) -> int:
        """Makes rows that wait or are parked due at once; returns how many."""
        return self.update(attempts=0, next_attempt_at=None, parked_at=None, error="")


class Attempts(models.Model):
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    next_attempt_at = models.DateTimeField(null=True, editable=False)
    parked_at = models.DateTimeField(
        null=True, editable=False, help_text="It failed too often and waits for somebody to look."
    )
    error = models.TextField(blank=True, editable=False)

    class Meta:
        abstract = True

    def failed(self, problem: Exception) -> None:
        """Backs off, or parks the row after the last attempt."""
        self.attempts += 1
        self.error = f"{type(problem).__name__}: {problem}"[:2000]
        now = timezone.now()
        if self.attempts > len(BACKOFF):
            self.parked_at = now
            logger.error("%s %s is parked: %s", self._meta.verbose_name, self.pk, self.error)
        else:
            self.next_attempt_at = now + timedelta(seconds=BACKOFF[self.attempts - 1])
            logger.warning("%s %s failed: %s", self._meta.verbose_name, self.pk, self.error)
        self.save(update_fields=["attempts", "error", "next_attempt_at", "parked_at"])
