"""Whom an event names: it is for them alone, or they are mentioned in it, or both."""

from django.conf import settings
from django.db import models


class Addressee(models.Model):
    event = models.ForeignKey(
        "notifications.Event", on_delete=models.CASCADE, related_name="addressees", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )

    mentioned = models.BooleanField(default=False, help_text="Gets it, whatever they chose.")

    class Meta:
        constraints = [
            # Serves the fan-out.
            models.UniqueConstraint(fields=["event", "user"], name="addressee_once")
        ]

    def __str__(self):
        return str(self.user)
