"""Keys of requests that a client may send again."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone


class IdempotencyKeyQuerySet(models.QuerySet):
    def fresh(self):
        return self.filter(created_at__gt=timezone.now() - IdempotencyKey.KEPT)

    def forget_expired(self, batch: int = 1000) -> int:
        """Deletes up to ``batch`` that are kept no longer; returns how many."""
        expired = self.filter(created_at__lte=timezone.now() - IdempotencyKey.KEPT)
        return self.filter(pk__in=list(expired.values_list("pk", flat=True)[:batch])).delete()[0]


class IdempotencyKey(models.Model):
    """The first answer to a request that its client may send again, kept for a day."""

    KEPT = timedelta(hours=24)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the request's body.")
    answer = models.TextField(help_text="The body of the first answer, as it was sent.")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = IdempotencyKeyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once")]

    def __str__(self):
        return self.key
