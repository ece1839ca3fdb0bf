"""Where webhooks go, and who wants to hear of what."""

import base64
import secrets
import time
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.audit import AuditEntry, note
from crm.webhooks import addresses
from crm.webhooks.sending import PREFIX
from leads import outward
from notifications.kinds import Kind
from notifications.models import Event, Notification

NOTIFIED = "notification.created"
TRIED = "webhook.test"
EVENTS = {
    outward.CREATED: _("A lead is created"),
    outward.UPDATED: _("A lead is changed"),
    outward.DELETED: _("A lead is deleted, or merged into another"),
    NOTIFIED: _("You are notified of something"),
}
KNOWN_SECONDS = 5
GIVEN_UP_AFTER = timedelta(days=3)
SIGNS_ALONG = timedelta(days=1)  # a secret that was replaced
PROBLEMS = {
    "not_an_address": _("Enter a web address."),
    "not_https": _("Give an address that begins with https://."),
    "has_password": _("Take the user and the password out of the address."),
}


def validate_url(url: str) -> None:
    if problem := addresses.problem_with(url):
        raise ValidationError(PROBLEMS[problem], problem)


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


class _Known:
    """The endpoints that hear something, as this process last read them."""

    def __init__(self):
        self.endpoints, self.read_at = (), float("-inf")

    def keep(self, endpoints) -> None:
        self.endpoints, self.read_at = tuple(endpoints), time.monotonic()


_known = _Known()
keep = _known.keep


def read() -> None:
    """In one query; a server process does so beside, so that no lead waits for it."""
    keep(WebhookEndpoint.objects.hearing())


def hearing(kind: str) -> list["WebhookEndpoint"]:
    """As of KNOWN_SECONDS ago at most; without a query where that is known."""
    if time.monotonic() - _known.read_at > KNOWN_SECONDS:
        read()
    return [endpoint for endpoint in _known.endpoints if kind in endpoint.events]


class WebhookEndpointQuerySet(models.QuerySet):
    def kept(self):
        return self.filter(removed_at=None)

    def hearing(self):
        """Not disabled, and its owner still leads the team."""
        owned = self.kept().filter(owner__is_active=True).exclude(owner__role="rep")
        return owned.filter(disabled_at=None)

    def visible_to(self, user):
        """One's own; an administrator's are all."""
        return self.kept() if user.is_staff else self.kept().filter(owner=user)


class WebhookEndpoint(models.Model):
    url = models.CharField(_("address"), max_length=500, validators=[validate_url])
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="webhooks", editable=False
    )
    events = models.JSONField(_("tells when"), default=list)
    secret = models.CharField(max_length=100, default=new_secret, editable=False)
    old_secret = models.CharField(max_length=100, blank=True, db_default="", editable=False)
    old_secret_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    disabled_at = models.DateTimeField(null=True, editable=False)
    removed_at = models.DateTimeField(null=True, editable=False)
    notified_up_to = models.BigIntegerField(
        default=0, editable=False, help_text="The arrival of the owner’s last that was recorded."
    )

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        verbose_name = "webhook"

    def __str__(self):
        return self.url

    def save(self, *args, **kwargs):
        """A new one hears of what happens from now on."""
        added = self._state.adding
        if added:
            self.notified_up_to = self._last_arrival()
        with transaction.atomic():
            super().save(*args, **kwargs)
            if added:
                self._note(AuditEntry.What.WEBHOOK_ADDED)
            transaction.on_commit(read, robust=True)

    def _note(self, what):
        """By its host: what follows may be a secret."""
        note(what, about=f"webhook {self.pk}: {self.host}")

    @property
    def host(self) -> str:
        return self.url.split("/")[2]

    def _last_arrival(self):
        own = Notification.objects.filter(recipient=self.owner_id)
        return own.aggregate(last=Max("arrival"))["last"] or 0

    def remove(self) -> None:
        """What is under way to it finds it removed and is not sent."""
        self.removed_at = timezone.now()
        with transaction.atomic():
            self.save(update_fields=["removed_at"])
            self._note(AuditEntry.What.WEBHOOK_REMOVED)

    @property
    def secrets(self) -> list[str]:
        """That it signs with now, the newest first."""
        return [self.secret, self.old_secret] if self.signs_along else [self.secret]

    @property
    def signs_along(self) -> bool:
        """Whether the secret before this one is still signed with."""
        return self.old_secret_until is not None and self.old_secret_until > timezone.now()

    def replace_secret(self) -> None:
        """By a new one. The one before signs along for a day, so that whoever verifies misses
        nothing until they have the new."""
        self.old_secret, self.old_secret_until = self.secret, timezone.now() + SIGNS_ALONG
        self.secret = new_secret()
        with transaction.atomic():
            self.save(update_fields=["secret", "old_secret", "old_secret_until"])
            self._note(AuditEntry.What.WEBHOOK_SECRET)

    def enable(self) -> None:
        """From now on: what happened meanwhile is not told."""
        self.disabled_at = self.failing_since = None
        self.notified_up_to = self._last_arrival()
        self.save(update_fields=["disabled_at", "failing_since", "notified_up_to"])

    def try_out(self):
        """A delivery that says no more than that it arrives."""
        return self.deliveries.record(self, TRIED, {"endpointId": self.pk})

    # How it fares

    def succeeded(self) -> None:
        if self.failing_since is not None:
            WebhookEndpoint.objects.filter(pk=self.pk).update(failing_since=None)

    def failed(self, gone: bool = False) -> None:
        """Notes since when; after days of it, or where the other side says that it is gone for
        good, nothing is sent any more and the owner is told."""
        now = timezone.now()
        mine = WebhookEndpoint.objects.filter(pk=self.pk, disabled_at=None)
        mine.filter(failing_since=None).update(failing_since=now)
        long_ago = mine if gone else mine.filter(failing_since__lte=now - GIVEN_UP_AFTER)
        with transaction.atomic():
            if long_ago.update(disabled_at=now):
                self._tell_owner("says that it is gone" if gone else "took nothing for days")
        read()

    def _tell_owner(self, why):
        Event.objects.raise_for(
            [self.owner_id],
            kind=Kind.SYSTEM,
            title="Webhook Disabled",
            message=f"{self.host} {why}: nothing is sent there until you enable it.",
        )
