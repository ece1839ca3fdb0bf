"""What each user chose to hear of. A row is an exception: without one it is everything."""

from collections import defaultdict

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.kinds import Kind


class Wants(models.TextChoices):
    EVERYTHING = "everything", _("Everything")
    FOLLOWED = "followed", _("What I follow")
    NOTHING = "nothing", _("Nothing")


class PreferenceQuerySet(models.QuerySet):
    def by_user(self) -> dict[int, dict[str, str]]:
        """``{user_id: {kind: wants}}`` of all who made exceptions."""
        found = defaultdict(dict)
        for user_id, kind, wants in self.values_list("user_id", "kind", "wants"):
            found[user_id][kind] = wants
        return found

    def of(self, user) -> dict[str, str]:
        """What the user wants of each kind."""
        chosen = dict(self.filter(user=user).values_list("kind", "wants"))
        return {kind.value: chosen.get(kind.value, Wants.EVERYTHING.value) for kind in Kind}

    def choose(self, user, wants: dict[str, str]) -> None:
        """From now on the user wants this of these kinds."""
        rows = [
            self.model(user=user, kind=kind, wants=chosen)
            for kind, chosen in wants.items()
            if chosen != Wants.EVERYTHING
        ]
        with transaction.atomic():
            self.filter(user=user, kind__in=wants).delete()
            self.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["user", "kind"],
                update_fields=["wants"],
            )


class Preference(models.Model):
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="notification_preferences",
        db_index=False,
    )
    kind = models.CharField(max_length=32, choices=Kind)
    wants = models.CharField(max_length=16, choices=Wants)

    objects = PreferenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="preference_once"),
            # An announcement concerns no lead, so nobody follows what it is about.
            models.CheckConstraint(
                condition=Q(wants="nothing") | Q(wants="followed") & ~Q(kind="system"),
                name="preference_known",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.get_wants_display()}"
