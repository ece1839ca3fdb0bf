"""A lead's score as it is stored: when it is made anew, and when people are told of it.

People are told when what somebody did changes the score, at most once an hour for a lead unless it
crosses a threshold; what the hour held back is told when it is over. Time and new rules take away
quietly: ``score_told`` moves along, so that it differs from the score only by what is held back.
"""

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads import scoring
from leads.models import score_rules
from leads.models.telling import tell_after_commit
from notifications.kinds import Kind

TOLD_EVERY = timedelta(hours=1)
NEVER = -1


class Scored(models.Model):
    score = models.IntegerField(_("score"), default=0, editable=False)
    score_told = models.IntegerField(
        default=0, editable=False, help_text="Differs from the score by what is held back."
    )
    score_told_at = models.DateTimeField(null=True, editable=False)
    score_due_at = models.DateTimeField(
        null=True, editable=False, help_text="When the worker makes it anew."
    )
    score_rules = models.IntegerField(
        default=NEVER, editable=False, help_text="The version of the rules that made it."
    )

    class Meta:
        abstract = True

    KEPT = ("score", "score_told", "score_told_at", "score_due_at", "score_rules")
    SCORED_BY = ("source", "email", "phone", "company", "job_title", "message", "created_at")

    def explained(self) -> scoring.Explanation:
        """What the score is now and why; the worker stores it where time has changed it."""
        return scoring.explained(self, self._history(), score_rules.current(), timezone.now())

    def rescore(self, by: int | None) -> None:
        """Makes the score anew, in the transaction of what changed it. The caller holds the lead
        ``locked``; ``by`` is a user's id."""
        rules, now = score_rules.current(), timezone.now()
        kept, before = self.kept(), self._made_anew(self._history(), rules, now)
        crossed = rules.crossed(self.score_told, self.score)
        told = self.score != self.score_told and self._tell_unless_held_back(crossed, now)
        if self.kept() != kept:
            self._meta.model.objects.filter(pk=self.pk).update(**self.kept())
        if told:
            self.score_event(by).save()
        if self.score != before:
            tell_after_commit(self, stored=True)

    def rescore_quietly(self, shown=True) -> None:
        """The same where nobody did anything to the lead: it was merged, or is as it was before.
        Open pages are ``shown`` it."""
        kept = self.kept()
        before = self._made_anew(self._history(), score_rules.current(), timezone.now())
        self.score_told += self.score - before
        if self.kept() != kept:
            self._meta.model.objects.filter(pk=self.pk).update(**self.kept())
            if shown:
                tell_after_commit(self, stored=True)

    def fade(self, history, rules, now, may_tell: bool) -> bool:
        """Makes the score anew where nobody did anything: time passed, or the rules are others. The
        caller stores it. Returns whether people are told: of what the hour held back, and, where
        ``may_tell``, of an open lead that fell below a threshold."""
        same_rules = self.score_rules == rules.version
        before = self._made_anew(history, rules, now)
        self.score_told += self.score - before
        fell = same_rules and self.is_open and rules.crossed(before, self.score)
        if self.score == self.score_told:
            return may_tell and fell and self._tell(now)
        return self._tell_unless_held_back(fell, now)

    def score_event(self, by: int | None):
        return self._event(Kind.SCORE_UPDATED, f"{self.name} is now {self.score}", by)

    def kept(self) -> dict:
        return {name: getattr(self, name) for name in self.KEPT}

    def _first_score(self):
        """Of a lead that is about to be stored: without a query, and nothing to tell."""
        self._made_anew(scoring.NOTHING, score_rules.known(), timezone.now())
        self.score_told = self.score

    @classmethod
    def first_scores(cls, leads) -> None:
        """Of many that are about to be stored. Of those that are alike in all that counts one is
        scored: of these fields it counts only whether they are filled."""
        filled = ("email", "phone", "company", "job_title", "message")
        known = {}
        for lead in leads:
            alike = (lead.source, lead.created_at, *(bool(getattr(lead, name)) for name in filled))
            if alike in known:
                lead.__dict__.update(known[alike])
            else:
                lead._first_score()
                known[alike] = lead.kept()

    def _keep_score_of(self, stored):
        """The score is no field that one changes: what the worker made of it meanwhile stays."""
        for name, value in stored.kept().items():
            setattr(self, name, value)

    def _scored_differently(self, stored) -> bool:
        return any(getattr(self, name) != getattr(stored, name) for name in self.SCORED_BY)

    def _made_anew(self, history, rules, now) -> int:
        """Returns what it was."""
        before = self.score
        made_of = scoring.explained(self, history, rules, now)
        self.score = made_of.score
        self.score_due_at = scoring.changes_at(self, history, rules, now, made_of.sum)
        self.score_rules = rules.version
        return before

    def _tell_unless_held_back(self, crossed: bool, now) -> bool:
        """What is held back becomes due when the hour is over."""
        over = self.score_told_at and self.score_told_at + TOLD_EVERY
        if crossed or over is None or over <= now:
            return self._tell(now)
        self.score_due_at = min(self.score_due_at or over, over)
        return False

    def _tell(self, now) -> bool:
        self.score_told, self.score_told_at = self.score, now
        return True

    def _history(self):
        return self.interactions.histories().get(self.pk, scoring.NOTHING)
