from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, transaction

from crm import env
from crm.models import User

ADDRESS = "the e-mail address of the first administrator"
PASSWORD = "their password"  # noqa: S105 (it says what is missing)


class Command(BaseCommand):
    help = "Makes the first administrator, of ADMIN_EMAIL and ADMIN_PASSWORD, where there is none."

    def handle(self, *args, **options):
        if reason := self._reason_for_nothing():
            self.stdout.write(reason)
            return
        user = User(
            email=self._given("ADMIN_EMAIL", env.text("ADMIN_EMAIL"), ADDRESS),
            role=User.Role.ADMIN,
        )
        password = self._given("ADMIN_PASSWORD", env.text("ADMIN_PASSWORD"), PASSWORD)
        self._validate(user, password)
        user.set_password(password)
        self._store(user)
        self.stdout.write(f"Made the administrator {user.email}. ADMIN_PASSWORD can be unset now.")

    @staticmethod
    def _reason_for_nothing() -> str:
        """Empty where one is to be made. On an empty database, ADMIN_EMAIL may not be missing;
        where people work already, a start does not fail for it."""
        if User.objects.active_administrators().exists():
            return "There is an administrator: nothing to do."
        if not env.text("ADMIN_EMAIL") and User.objects.exists():
            return (
                "Nobody is an active administrator, and ADMIN_EMAIL is unset: nothing done. "
                "Set it and ADMIN_PASSWORD, or run `manage.py createsuperuser`."
            )
        return ""

    @staticmethod
    def _given(name, value, what):
        if not value:
            raise CommandError(f"{name} is missing: set it to {what}.")
        return value

    @staticmethod
    def _validate(user, password):
        try:
            User._meta.get_field("email").clean(user.email, user)
        except ValidationError:
            raise CommandError("ADMIN_EMAIL is not an e-mail address.") from None
        try:
            validate_password(password, user)
        except ValidationError as problem:
            raise CommandError(f"ADMIN_PASSWORD: {' '.join(problem.messages)}") from None

    @staticmethod
    def _store(user):
        """Whoever has that address already keeps their role and password."""
        try:
            with transaction.atomic():
                user.save(force_insert=True)
        except IntegrityError:
            raise CommandError(
                f"{user.email} is taken by somebody who is no active administrator: "
                "set ADMIN_EMAIL to another address."
            ) from None
