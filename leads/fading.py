"""Scores that change although nobody does anything: time passes, or the rules are others.

The lead's row is the queue: ``score_due_at`` says when time changes its score, or the hour of what
was held back is over, and ``score_rules`` whose score is by older rules. A batch is claimed,
stored and told of in one transaction: a worker that is killed leaves all of it to the next.
"""

from django.db import models, transaction
from django.utils import timezone

from leads import frames, scoring
from leads.models import Interaction, Lead, score_rules
from leads.models.scored import TOLD_EVERY
from notifications.models import Event

BATCH = 500
MOST_TOLD = 20  # in an hour, of leads that nobody touched: a night's fading is no storm
MOST_LIVE = 25  # frames of a batch


def fade() -> int:
    """A batch of what is due, else of what older rules made; returns how many."""
    with transaction.atomic():
        rules, now = score_rules.read(), timezone.now()
        leads = _claim(Lead.objects.filter(score_due_at__lte=now).order_by("score_due_at"))
        leads = leads or _claim(
            Lead.objects.filter(score_rules__lt=rules.version).order_by("score_rules", "pk")
        )
        if leads:
            _fade(leads, rules, now)
    return len(leads)


def _claim(leads):
    """Who is being changed by somebody else is left to the next turn."""
    return list(leads.select_for_update(no_key=True, skip_locked=True)[:BATCH])


def _fade(leads, rules, now):
    histories = Interaction.objects.filter(lead__in=[lead.pk for lead in leads]).histories()
    before = {lead.pk: lead.score for lead in leads}
    rest, told = _rest(now), []
    for lead in leads:
        history = histories.get(lead.pk, scoring.NOTHING)
        if lead.fade(history, rules, now, may_tell=len(told) < rest):
            told.append(lead)
    models.QuerySet.bulk_update(Lead.objects.all(), leads, Lead.KEPT)
    Event.objects.bulk_create([lead.score_event(None) for lead in told])
    changed = [lead for lead in leads if lead.score != before[lead.pk]]
    _show_after_commit(changed if len(changed) <= MOST_LIVE else told[:MOST_LIVE])


def _rest(now) -> int:
    """How many more may be told of, in this hour, that nobody touched."""
    lately = Lead.objects.filter(score_told_at__gt=now - TOLD_EVERY)
    return MOST_TOLD - lately[:MOST_TOLD].count()


def _show_after_commit(leads):
    """To open lists. Where many change at once they show the others when they are next loaded."""
    if leads:
        texts = [lead.live_frame("change") for lead in leads]
        transaction.on_commit(lambda: frames.send_all(texts), robust=True)
