"""The secret address under which a person's calendar programs read their appointments."""

import secrets

from django.conf import settings
from django.core import signing
from django.db import models
from django.utils import timezone

NAME_BYTES = 16


def _new_name() -> str:
    return secrets.token_urlsafe(NAME_BYTES)


def _signer():
    return signing.Signer(salt="leads.calendar-feed", sep=".")


class CalendarFeedQuerySet(models.QuerySet):
    def called(self, token: str):
        """The feed whose token that is. Raises DoesNotExist, also for who does not work here any
        more."""
        try:
            name = _signer().unsign(token)  # which compares in constant time
        except signing.BadSignature:
            raise self.model.DoesNotExist from None
        return self.select_related("user").get(name=name, user__is_active=True)

    def renew(self, user):
        """The user's feed under a new token. What it was called before is nothing any more."""
        feed, _created = self.update_or_create(
            user=user, defaults={"name": _new_name(), "created_at": timezone.now()}
        )
        return feed


class CalendarFeed(models.Model):
    """The token is ``name``, 128 random bits, and its signature, so that it can be shown again, and
    yet nobody reads a calendar with what the database or a backup of it says."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="calendar_feed",
    )
    name = models.CharField(max_length=32, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = CalendarFeedQuerySet.as_manager()

    def __str__(self):
        return f"Calendar of {self.user}"

    @property
    def token(self) -> str:
        return _signer().sign(self.name)
