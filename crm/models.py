"""People who work in Leadbell, and the sign-ins that their tokens belong to."""

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from crm import zones
from crm.audit import AuditEntry, note_changes
from crm.entrance.asked import AskedForPassword
from crm.entrance.devices import Device, PageSignIn
from crm.entrance.second import RecoveryCode, SecondStep
from crm.entrance.tries import Try
from crm.keys.model import ApiKey
from crm.webhooks.delivery import WebhookDelivery
from crm.webhooks.endpoint import WebhookEndpoint
from notifications import realtime
from notifications.models import Inbox

__all__ = [
    "ApiKey",
    "AskedForPassword",
    "AuditEntry",
    "PageSignIn",
    "RecoveryCode",
    "SecondStep",
    "TokenSignIn",
    "Try",
    "User",
    "WebhookDelivery",
    "WebhookEndpoint",
]


class EmailKeyField(models.EmailField):
    """An e-mail address that is a key: compared, stored and looked up in lower case."""

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return value.strip().lower() if isinstance(value, str) else value

    def pre_save(self, model_instance, add):
        value = self.get_prep_value(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value


class UserQuerySet(models.QuerySet):
    def delete(self):
        """What is arriving at them is stored before, and goes too, and nothing arrives after."""
        with transaction.atomic():
            Inbox.objects.lock(list(self.values_list("pk", flat=True)))
            return super().delete()

    delete.alters_data = True
    delete.queryset_only = True


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    def get_by_natural_key(self, username):
        return self.get(email=username)

    def active_administrators(self):
        return self.filter(is_active=True, role=User.Role.ADMIN)

    def create_user(self, email, password=None, **fields):
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, **fields | {"role": User.Role.ADMIN})


class User(AbstractBaseUser):
    """Somebody who signs in with an e-mail address. What they may do follows from their role."""

    class Role(models.TextChoices):
        REP = "rep", _("Rep")
        MANAGER = "manager", _("Manager")
        ADMIN = "admin", _("Administrator")

    email = EmailKeyField(_("e-mail"), unique=True)
    first_name = models.CharField(_("first name"), max_length=150, blank=True)
    last_name = models.CharField(_("last name"), max_length=150, blank=True)
    role = models.CharField(max_length=16, choices=Role, default=Role.REP)
    language = models.CharField(
        max_length=8,
        blank=True,
        choices=settings.LANGUAGES,
        help_text="Of the pages. Empty: the first of the browser's that there is.",
    )
    quiet_from = models.TimeField(
        _("quiet from"),
        null=True,
        blank=True,
        help_text="Until the other time nothing rings or pops up for them. Both, or neither.",
    )
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[zones.validate],
        help_text="Of the quiet hours, as Europe/Berlin. Empty: the browser's.",
    )
    is_active = models.BooleanField(
        "active",
        default=True,
        help_text="Somebody who left is deactivated, not deleted: their sockets close at once.",
    )
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=["rep", "manager", "admin"]), name="user_role_known"
            ),
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False)
                & ~Q(quiet_from=F("quiet_until")),
                name="user_quiet_hours_whole",
                violation_error_message=_(
                    "Quiet hours need two different times, or neither of them."
                ),
            ),
        ]

    def __str__(self):
        return self.get_full_name() or self.email

    def delete(self, *args, **kwargs):
        """As ``UserQuerySet.delete``."""
        with transaction.atomic():
            Inbox.objects.lock([self.pk])
            return super().delete(*args, **kwargs)

    @classmethod
    def from_db(cls, db, field_names, values, **kwargs):
        user = super().from_db(db, field_names, values, **kwargs)
        if {"password", "role", "is_active"} <= set(field_names):
            user._stored = user._rights()
        return user

    def _rights(self):
        """What a sign-in was granted on: when one of these changes, it ends."""
        return self.password, self.role, self.is_active

    def save(self, *args, **kwargs):
        """Stores the user. A new password or role, and deactivation, close the sockets on every
        process; a new password and deactivation end every sign-in, and deactivation
        every key: who comes back is given new ones."""
        before, added = getattr(self, "_stored", None), self._state.adding
        with transaction.atomic():
            super().save(*args, **kwargs)
            self._stored = self._rights()
            if added or before not in (None, self._stored):
                note_changes(self, before, self._stored, added)
            if before not in (None, self._stored):
                if before[0] != self.password or not self.is_active:
                    self.token_sign_ins.filter(ended_at=None).update(ended_at=timezone.now())
                    Session.objects.filter(sign_in__user=self).delete()
                if not self.is_active:
                    for key in self.api_keys.filter(revoked_at=None):
                        key.revoke()
                transaction.on_commit(self.close_sockets_after_commit, robust=True)

    def close_sockets_after_commit(self):
        code = realtime.REVOKED if self.is_active else realtime.DEACTIVATED
        realtime.end_sockets(self.pk, code=code)

    def clean(self):
        super().clean()
        begin, end = (
            time and time.replace(second=0, microsecond=0)
            for time in (self.quiet_from, self.quiet_until)
        )
        self.quiet_from, self.quiet_until = begin, end
        if (begin is None) != (end is None):
            missing = "quiet_until" if end is None else "quiet_from"
            raise ValidationError({missing: _("Give both times, or leave both empty.")})
        if begin is not None and begin == end:
            raise ValidationError(
                {"quiet_until": _("Give another time: from one to the same is no time at all.")}
            )

    def get_full_name(self):
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self):
        return self.first_name or self.email

    @property
    def initials(self):
        """One or two letters that stand for this person in a list."""
        words = self.get_full_name().split() or [self.email]
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()

    # What Django's admin asks. Administrators may do everything there, nobody else enters.

    @property
    def is_staff(self):
        return self.is_active and self.role == self.Role.ADMIN

    is_superuser = is_staff

    def has_perm(self, perm, obj=None):
        return self.is_staff

    def has_perms(self, perm_list, obj=None):
        return self.is_staff

    def has_module_perms(self, app_label):
        return self.is_staff


class TokenSignInQuerySet(models.QuerySet):
    def alive(self):
        return self.filter(ended_at=None, user__is_active=True)


class TokenSignIn(Device):
    """One sign-in through the token API: every token that descends from it carries its id as
    the claim ``sid``, so that signing out ends them, and the sockets opened with them, together."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="token_sign_ins")
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = TokenSignInQuerySet.as_manager()

    @staticmethod
    def oldest():
        """What was last renewed before has expired."""
        return timezone.now() - settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]

    def __str__(self):
        return f"{self.user} since {self.created_at:%Y-%m-%d %H:%M}"

    def end(self):
        """Ends it once; its sockets close after the commit."""
        with transaction.atomic():
            ended = TokenSignIn.objects.filter(pk=self.pk, ended_at=None).update(
                ended_at=timezone.now()
            )
            if ended:
                transaction.on_commit(self.close_sockets_after_commit, robust=True)

    def close_sockets_after_commit(self):
        realtime.end_sockets(self.user_id, code=realtime.REVOKED, sign_in=str(self.pk))
