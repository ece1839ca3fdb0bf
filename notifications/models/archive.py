"""The archive: read notifications that left the inbox by age, for users who want to keep them."""

from django.conf import settings
from django.db import models

from notifications.kinds import Kind


class ArchivedNotification(models.Model):
    id = models.UUIDField(primary_key=True, editable=False)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="archived_notifications",
        db_index=False,
    )
    arrival = models.BigIntegerField()
    type = models.CharField(max_length=32, choices=Kind)
    title = models.CharField(max_length=200)
    message = models.TextField(blank=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField()

    KEPT = ("id", "recipient_id", "arrival", "type", "title", "message", "created_at", "read_at")

    class Meta:
        constraints = [
            # Serves the page of a user's archive, newest first.
            models.UniqueConstraint(fields=["recipient", "arrival"], name="archive_arrival")
        ]

    def __str__(self):
        return f"{self.title}: {self.message}"

    @classmethod
    def of(cls, notification) -> "ArchivedNotification":
        return cls(**{name: getattr(notification, name) for name in cls.KEPT})
