"""Receipts: how far a user's clients confirmed delivery, and when.

Cumulative, so that one row confirms any number of notifications: one is delivered at the time of
the first receipt whose ``upto`` reaches the number that it arrived with.
"""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Receipt(models.Model):
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    upto = models.BigIntegerField(help_text="Everything up to this number has reached the user.")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "upto"], name="receipt_once")]

    def __str__(self):
        return f"User {self.user_id} up to {self.upto} at {self.at:%Y-%m-%d %H:%M:%S}"
