"""The audit log: who did what, when and from where, of what one may have to answer for.

Entries are written in the transaction of what they tell of, by the verb that does it. Who did it
and from which address is the request's to say, whose doer the middleware keeps for its length.
"""

import csv
import io
from contextvars import ContextVar
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.entrance.address import address_of
from notifications.audit import Deed

HEAD = ("at", "who", "what", "about", "address")
_request: ContextVar = ContextVar("audited_request", default=None)


class Doer:
    """Middleware that knows, for as long as a request is answered, who sent it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        token = _request.set(request)
        try:
            return self.get_response(request)
        finally:
            _request.reset(token)


class NotChanged(Exception):
    """The log is only added to."""


class AuditQuerySet(models.QuerySet):
    def update(self, **values):
        raise NotChanged

    def delete(self):
        raise NotChanged

    def bulk_update(self, objs, fields, batch_size=None):
        raise NotChanged

    def forget_old(self, batch: int = 1000) -> int:
        """What is older than AUDIT_DAYS goes: how many went."""
        before = timezone.now() - timedelta(days=settings.AUDIT_DAYS)
        old = list(self.filter(at__lt=before).order_by("pk").values_list("pk", flat=True)[:batch])
        if old:
            self.filter(pk__in=old)._raw_delete(self.db)
        return len(old)


class AuditEntry(models.Model):
    class What(models.TextChoices):
        SIGNED_IN = "signed_in", _("signed in")
        REFUSED = "refused", _("was refused at sign-in")
        SIGNED_OUT = "signed_out", _("signed out")
        SIGN_IN_ENDED = "sign_in_ended", _("ended a sign-in")
        PASSWORD = "password", _("changed a password")
        SECOND_STEP_ON = "second_step_on", _("turned a second step on")
        SECOND_STEP_OFF = "second_step_off", _("turned a second step off")
        RECOVERY_CODES = "recovery_codes", _("made new recovery codes")
        PERSON_ADDED = "person_added", _("added a person")
        ROLE = "role", _("changed a role")
        DEACTIVATED = "deactivated", _("deactivated a person")
        ACTIVATED = "activated", _("activated a person")
        KEY_MADE = "key_made", _("made an API key")
        KEY_REVOKED = "key_revoked", _("revoked an API key")
        WEBHOOK_ADDED = "webhook_added", _("added a webhook")
        WEBHOOK_SECRET = "webhook_secret", _("replaced a webhook's secret")
        WEBHOOK_REMOVED = "webhook_removed", _("removed a webhook")
        EXPORTED = Deed.EXPORTED, _("exported leads")
        LEAD_ERASED = Deed.LEAD_ERASED, _("erased the personal data of a lead")
        LEAD_DELETED = Deed.LEAD_DELETED, _("deleted a lead")
        ANNOUNCEMENT_WITHDRAWN = Deed.ANNOUNCEMENT_WITHDRAWN, _("withdrew an announcement")

    at = models.DateTimeField(default=timezone.now, editable=False)
    what = models.CharField(max_length=32, choices=What, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        help_text="Empty: nobody who was signed in, or a program on the server.",
    )
    about = models.CharField(max_length=200, blank=True, editable=False)
    address = models.GenericIPAddressField(null=True, editable=False)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "audit log"
        ordering = ("-id",)
        indexes = [
            # Serves a range of days, and what is older than is kept.
            models.Index(fields=["at"], name="audit_at"),
        ]

    def __str__(self):
        return f"{self.by or 'somebody'} {self.get_what_display()} {self.about}".strip()

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise NotChanged
        super().save(*args, force_insert=True)

    def delete(self, *args, **kwargs):
        raise NotChanged


def note(what: str, *, about: str = "", by=None) -> None:
    """Adds an entry. Without ``by`` it was who sent the request; what a key of theirs did says so,
    as they did not do it themselves."""
    request = _request.get()
    if by is None and request is not None:
        by = _sender(request)
    if key := getattr(request, "bearer_key", None):
        about = f"{about}, by key {key.pk}"
    address = address_of(request) if request is not None else None
    AuditEntry(what=what, by=by, about=about[:200], address=address).save()


def _sender(request):
    """Bearer tokens are known to REST alone, which leaves who it was with the request."""
    user = getattr(request, "bearer_user", None) or getattr(request, "user", None)
    return user if user is not None and user.is_authenticated else None


def note_changes(user, before, after, added: bool) -> None:
    """What an administrator, or they themselves, changed of somebody's rights."""
    what, name = AuditEntry.What, f"user {user.pk}"
    if added:
        return note(what.PERSON_ADDED, about=f"{name}: {user.role}")
    (password, role, active), (new_password, new_role, new_active) = before, after
    if password != new_password:
        note(what.PASSWORD, about=name, by=_sender_or(user))
    if role != new_role:
        note(what.ROLE, about=f"{name}: {role} → {new_role}")
    if active != new_active:
        note(what.ACTIVATED if new_active else what.DEACTIVATED, about=name)


def _sender_or(user):
    """Who sets a new password by a letter is signed in nowhere: it was theirs to change."""
    request = _request.get()
    return None if request is None else _sender(request) or user


def lines_of(entries):
    """The log as CSV, a line at a time."""
    yield _line(HEAD)
    for entry in entries.select_related("by").iterator(500):
        at = entry.at.strftime("%Y-%m-%dT%H:%M:%SZ")
        who = entry.by.email if entry.by else ""
        yield _line([at, who, entry.what, entry.about, entry.address or ""])


def _line(values) -> str:
    """Nothing in it begins as a formula does: an e-mail may."""
    made = io.StringIO()
    csv.writer(made).writerow([f"'{v}" if v[:1] in ("=", "+", "-", "@") else v for v in values])
    return made.getvalue()
