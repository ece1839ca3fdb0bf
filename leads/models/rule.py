"""Who gets the leads of a source: of its rules the first that matches says it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from leads.models.source import Source


class Rule(models.Model):
    """Matches a lead of which all ``conditions`` are true: ``{"field", "op", "value"}`` each;
    without any it matches all. It names a user, or a turn: among who has a role, or some people."""

    class Op(models.TextChoices):
        IS = "is", _("is")
        IS_NOT = "is_not", _("is not")
        CONTAINS = "contains", _("contains")
        STARTS = "starts", _("starts with")
        ENDS = "ends", _("ends with")
        EMPTY = "empty", _("is empty")
        FILLED = "filled", _("is not empty")

    class To(models.TextChoices):
        USER = "user", _("one person")
        ROLE = "role", _("a role, in turn")
        PEOPLE = "people", _("some people, in turn")

    source = models.ForeignKey(
        Source, on_delete=models.CASCADE, related_name="rules", db_index=False
    )
    position = models.PositiveSmallIntegerField(help_text="From 1.")
    conditions = models.JSONField(default=list, blank=True)
    to = models.CharField(_("who gets it"), max_length=16, choices=To, default=To.USER)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    role = models.CharField(max_length=16, blank=True)
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")
    last_given = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        help_text="Whose turn it was last.",
    )

    class Meta:
        ordering = ("source", "position")
        indexes = [models.Index(fields=["source", "position"], name="rule_order")]

    def __str__(self):
        return f"{self.source}: {self.position}"


class PauseQuerySet(models.QuerySet):
    def choose(self, user, paused: bool) -> None:
        """Whether somebody takes no new leads; again changes nothing."""
        if paused:
            self.get_or_create(user=user)
        else:
            self.filter(user=user).delete()


class Pause(models.Model):
    """Somebody who is given no leads in turn, until they take some again."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="lead_pause",
    )
    since = models.DateTimeField(auto_now_add=True)

    objects = PauseQuerySet.as_manager()

    def __str__(self):
        return str(self.user)
