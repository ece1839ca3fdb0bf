"""Who gets the leads of a source: of its rules the first that matches says it."""

from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Max
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from leads.intake import routing
from leads.models.lead import STORED_IN, Lead
from leads.models.source import Source


class Given(NamedTuple):
    """Who gets a lead, and why, in English, as the timeline stores it. Nobody: None and empty."""

    owner: object | None
    why: str


class RuleQuerySet(models.QuerySet):
    def whose(self, source, lead, extras) -> Given:
        """Who gets the lead of the source: by its rules, else its owner. Within a transaction: of a
        turn that is taken the rule is locked until it ends."""
        for rule in self.filter(source=source) if source.has_rules else ():
            if routing.matches(rule.conditions, lead, extras) and (person := rule.take_turn()):
                with translation.override(STORED_IN):
                    return Given(person, f"{person}: rule {rule.position}: {rule.words}")
        if source.owner and source.owner.is_active:
            return Given(source.owner, f"{source.owner}: owner of the source {source}")
        return Given(None, "")


class Rule(models.Model):
    """Matches a lead of which all ``conditions`` are true: ``{"field", "op", "value"}`` each;
    without any it matches all. It names a user, or a turn: among who has a role, or some people."""

    Op = routing.Op

    class To(models.TextChoices):
        USER = "user", _("one person")
        ROLE = "role", _("a role, in turn")
        PEOPLE = "people", _("some people, in turn")

    source = models.ForeignKey(
        Source, on_delete=models.CASCADE, related_name="rules", db_index=False
    )
    position = models.PositiveSmallIntegerField(
        blank=True, help_text="From 1. Empty: after the others."
    )
    conditions = models.JSONField(_("conditions"), default=list, blank=True)
    to = models.CharField(_("who gets it"), max_length=16, choices=To, default=To.USER)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
    )
    role = models.CharField(_("role"), max_length=16, blank=True)
    people = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name=_("people"), blank=True, related_name="+"
    )
    last_given = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        help_text="Whose turn it was last.",
    )

    objects = RuleQuerySet.as_manager()

    class Meta:
        ordering = ("source", "position")
        indexes = [models.Index(fields=["source", "position"], name="rule_order")]

    def __str__(self):
        return self.words

    @property
    def words(self) -> str:
        """What it asks, as ``country is DE``, in the language that is active."""
        return routing.words_for(self.conditions, Lead)

    def clean(self):
        wrong = {}
        try:
            self.conditions = routing.checked(self.conditions)
        except ValidationError as problem:
            wrong["conditions"] = problem
        if self.to == self.To.USER and not (self.user and self.user.is_active):
            wrong["user"] = _("Choose somebody who works here.")
        if self.to == self.To.ROLE and self.role not in get_user_model().Role.values:
            wrong["role"] = _("Choose a role.")
        if self.to == self.To.PEOPLE and self.pk and not self.people.exists():
            wrong["people"] = _("Choose at least one person.")
        if wrong:
            raise ValidationError(wrong)

    # Their order. Whoever changes it holds the source.

    def save(self, *args, **kwargs):
        """A new one comes after the others, unless it says where."""
        with transaction.atomic():
            if self.position is None:
                rules = self._of_held_source()
                self.position = (rules.aggregate(last=Max("position"))["last"] or 0) + 1
            super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        """Those after it move up."""
        with transaction.atomic():
            later = self._of_held_source().filter(position__gt=self.position)
            result = super().delete(*args, **kwargs)
            if result[0]:
                later.update(position=F("position") - 1)
        return result

    def move(self, steps: int) -> None:
        """Up by one with -1, down by one with 1; at the end it stays where it is. Raises
        DoesNotExist when it was deleted meanwhile."""
        with transaction.atomic():
            rules = list(self._of_held_source())
            if self not in rules:
                raise Rule.DoesNotExist
            place = rules.index(self)
            rules.insert(max(0, place + steps), rules.pop(place))
            for position, rule in enumerate(rules, start=1):
                Rule.objects.filter(pk=rule.pk).update(position=position)
        self.refresh_from_db(fields=["position"])

    def _of_held_source(self):
        Source.objects.select_for_update(no_key=True).get(pk=self.source_id)
        return Rule.objects.filter(source=self.source_id)

    # Turns

    def candidates(self):
        """Who may be given something now: who works here and is not paused."""
        people = get_user_model().objects.filter(is_active=True, lead_pause=None).order_by("pk")
        if self.to == self.To.USER:
            return people.filter(pk=self.user_id)
        if self.to == self.To.ROLE:
            return people.filter(role=self.role)
        return people.filter(pk__in=self.people.values("pk"))

    def whose_turn(self):
        """Who would get the next one; None while nobody can."""
        people = list(self.candidates())
        after = [person for person in people if person.pk > (self.last_given_id or 0)]
        return next(iter(after or people), None)

    def take_turn(self):
        """Who gets the next one; None while nobody can. The turns of a rule are taken one after the
        other: it is locked until the transaction ends."""
        if self.to == self.To.USER:
            return self.candidates().first()
        rule = Rule.objects.select_for_update(no_key=True).filter(pk=self.pk).first()
        if rule is None:  # deleted meanwhile
            return None
        person = rule.whose_turn()
        if person:
            Rule.objects.filter(pk=self.pk).update(last_given=person)
        return person


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
