"""What two people say to each other."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class ConversationQuerySet(models.QuerySet):
    def of(self, user_id: int):
        """The user's, the one with the last message first."""
        theirs = Q(low=user_id) | Q(high=user_id)
        return self.filter(theirs).exclude(last_message=None).order_by("-last_message")

    def between(self, one_id: int, other_id: int):
        low, high = sorted((one_id, other_id))
        return self.filter(low=low, high=high)

    def to_show(self):
        return self.select_related("low", "high", "last_message")


class Conversation(models.Model):
    """``low`` and ``high`` are the two by their ids. They may be deactivated, and are not deleted:
    what one said is half of what the other has."""

    low = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    high = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    last_message = models.ForeignKey(
        "chat.Message", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    objects = ConversationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["low", "high"], name="conversation_of_two_once"),
        ]

    def __str__(self):
        return f"Conversation of users {self.low_id} and {self.high_id}"

    def other(self, user_id: int):
        """Who the user talks with."""
        return self.high if self.low_id == user_id else self.low
