"""The second step of signing in: a code of an app (TOTP, RFC 6238), or a recovery code."""

import secrets
from datetime import timedelta

import pyotp
from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from crm.audit import AuditEntry, note
from crm.entrance.tries import Try, name_of

STEP_SECONDS = 30
DRIFT = 1  # steps by which a telephone's clock may be off
CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without what looks alike
WRONG_CODES = "wrong codes"
FROM_ONE_PLACE, FROM_EVERYWHERE = 5, 50  # wrong codes for an account
WITHIN = timedelta(minutes=15)


class TooManyCodes(Exception):
    """Wrong codes came too often: nothing was compared."""


class SecondStep(models.Model):
    """Somebody's secret, shared with their app. It asks nobody for anything until ``confirmed_at``:
    until then nobody knows that the app has it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="second_step",
    )
    secret = models.CharField(max_length=32, editable=False)
    confirmed_at = models.DateTimeField(null=True, editable=False)
    last_step = models.BigIntegerField(
        default=0, editable=False, help_text="The interval of the last code: none counts twice."
    )

    ISSUER = "Leadbell"

    def __str__(self):
        return f"Second step of {self.user}"

    @classmethod
    def begin(cls, user) -> "SecondStep":
        """A new secret for who has none that is confirmed."""
        made, _ = cls.objects.get_or_create(user=user, defaults={"secret": pyotp.random_base32()})
        return made

    @classmethod
    def of(cls, user) -> "SecondStep | None":
        """What signing in takes beside the password, if so."""
        return cls.objects.filter(user_id=user.pk, confirmed_at__isnull=False).first()

    def uri(self) -> str:
        """What the app reads from the picture."""
        app = pyotp.TOTP(self.secret, name=self.user.email, issuer=self.ISSUER)
        return app.provisioning_uri()

    def turn_on(self) -> list[str]:
        """From now on signing in takes a code. The recovery codes, which nobody can read again."""
        with transaction.atomic():
            type(self).objects.filter(pk=self.pk).update(confirmed_at=timezone.now())
            note(AuditEntry.What.SECOND_STEP_ON, about=f"user {self.pk}")
            return RecoveryCode.renew(self)

    def delete(self, *args, **kwargs):
        """Turns it off."""
        with transaction.atomic():
            if self.confirmed_at:
                note(AuditEntry.What.SECOND_STEP_OFF, about=f"user {self.pk}")
            return super().delete(*args, **kwargs)

    def takes(self, code: str, place: str | None) -> bool:
        """Whether ``code`` is right now and was not used: it is from now on. ``place`` is where it
        is sent from. Raises TooManyCodes."""
        here = (self.pk, place)
        for by, at_most in ((here, FROM_ONE_PLACE), (self.pk, FROM_EVERYWHERE)):
            if Try.objects.are_used_up(WRONG_CODES, by, at_most, WITHIN):
                raise TooManyCodes
        code = "".join(code.split()).replace("-", "").lower()
        if self._takes_step(code) or RecoveryCode.spend(self, code):
            Try.objects.forgive(WRONG_CODES, here)
            return True
        for by in (here, self.pk):
            Try.objects.create(what=WRONG_CODES, by=name_of(by))
        note(AuditEntry.What.REFUSED, about=f"user {self.pk}: wrong code")
        return False

    def _takes_step(self, code):
        """The condition of the update lets one of two who send the same code at once through."""
        if not (code.isascii() and code.isdigit() and len(code) == 6):
            return False
        now = int(timezone.now().timestamp()) // STEP_SECONDS
        codes = pyotp.TOTP(self.secret)
        for step in range(now - DRIFT, now + DRIFT + 1):
            if secrets.compare_digest(codes.at(step * STEP_SECONDS), code):
                rows = type(self).objects.filter(pk=self.pk, last_step__lt=step)
                return bool(rows.update(last_step=step))
        return False


class RecoveryCode(models.Model):
    """Stands in once for a code of the app. Only its hash is kept: a code has 50 random bits, so
    that a slow hash adds nothing."""

    step = models.ForeignKey(SecondStep, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["step", "digest"], name="recovery_code_once"),
        ]

    def __str__(self):
        return f"A recovery code of {self.step.user}"

    @classmethod
    def renew(cls, step) -> list[str]:
        """Ten new ones; those of before are void."""
        texts = ["".join(secrets.choice(ALPHABET) for _ in range(10)) for _ in range(CODES)]
        with transaction.atomic():
            step.recovery_codes.all().delete()
            note(AuditEntry.What.RECOVERY_CODES, about=f"user {step.pk}")
            cls.objects.bulk_create(cls(step=step, digest=name_of(text)) for text in texts)
        return [f"{text[:5]}-{text[5:]}" for text in texts]

    @classmethod
    def spend(cls, step, text: str) -> bool:
        return bool(cls.objects.filter(step=step, digest=name_of(text)).delete()[0])
