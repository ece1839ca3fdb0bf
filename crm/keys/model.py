"""Keys by which machines use the API in the name of somebody who works here."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.audit import AuditEntry, note
from crm.keys.scopes import ANY_KEY, needed
from leads.fields import one_line

BEGIN = "lbk_"
SHOWN = 8  # characters after that, by which people tell keys apart
NOTED_EVERY = timedelta(minutes=1)


def digest_of(secret: str) -> str:
    """A secret of 256 random bits needs no slow hash: nobody guesses it."""
    return hashlib.sha256(secret.encode()).hexdigest()


class ApiKeyQuerySet(models.QuerySet):
    def alive(self):
        return self.filter(revoked_at=None, user__is_active=True)

    def of_secret(self, secret: str) -> "ApiKey":
        """The key that is alive, with its user. Raises DoesNotExist."""
        return self.alive().select_related("user").get(digest=digest_of(secret))


class ApiKey(models.Model):
    """Acts as its user, never beyond that user's role, and within its scopes alone."""

    name = models.CharField(
        _("name"),
        max_length=100,
        validators=[one_line],
        help_text=_("What it is for, such as “Website form”."),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("acts as"),
        on_delete=models.CASCADE,
        related_name="api_keys",
        help_text=_("What it does is done in this person’s name, and within their role."),
    )
    scopes = models.JSONField(_("may"), default=list)
    begin = models.CharField(max_length=16, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"

    def __str__(self):
        return f"{self.name} ({self.begin}…)"

    def issue(self, by) -> str:
        """Stores the key and returns its secret, which is kept nowhere and never shown again."""
        secret = BEGIN + secrets.token_urlsafe(32)
        self.begin, self.digest = secret[: len(BEGIN) + SHOWN], digest_of(secret)
        self.created_by = by
        with transaction.atomic():
            self.save()
            about = f"key {self.pk} as user {self.user_id}: {', '.join(self.scopes)}"
            note(AuditEntry.What.KEY_MADE, about=about, by=by)
        return secret

    def may(self, method: str, path: str) -> bool:
        scope = needed(method, path)
        return scope == ANY_KEY or scope in self.scopes

    def note_use(self) -> None:
        """When it was used, to the minute: not each request writes."""
        now = timezone.now()
        if self.last_used_at is None or self.last_used_at <= now - NOTED_EVERY:
            long_ago = Q(last_used_at=None) | Q(last_used_at__lte=now - NOTED_EVERY)
            ApiKey.objects.filter(long_ago, pk=self.pk).update(last_used_at=now)

    def revoke(self) -> bool:
        """Ends it for good; False where it was ended before."""
        alive = ApiKey.objects.filter(pk=self.pk, revoked_at=None)
        with transaction.atomic():
            ended = bool(alive.update(revoked_at=timezone.now()))
            if ended:
                note(AuditEntry.What.KEY_REVOKED, about=f"key {self.pk} as user {self.user_id}")
        return ended
