"""The pipeline as a board: a column a stage, its newest leads first."""

from datetime import timedelta

from django.utils import timezone
from django.utils.functional import cached_property

from leads import policy
from leads.glance import glance
from leads.models import Lead

CARDS = 20  # of a column at first, and with each "more"
MOST = 200  # cards of a column; the list has the rest
COUNTED = 1_000  # leads of a column; beyond, it is "999+", so that counting stays cheap
COUNTED_BY_LOOKING = 100  # in a search, where no index has the answer
# Days after which a lead to which nothing happens is stale; what is won or lost rests.
IDLE_DAYS = {Lead.Stage.NEW: 1, Lead.Stage.CONTACTED: 7, Lead.Stage.QUALIFIED: 14}


class Column:
    def __init__(self, stage, leads, wanted: int = CARDS, counted: int = COUNTED):
        self.stage, self.wanted, self.counted = stage, min(wanted, MOST), counted
        self._leads = leads.filter(stage=stage)

    @cached_property
    def count(self) -> str:
        found = self._leads.order_by()[: self.counted].count()
        return str(found) if found < self.counted else f"{self.counted - 1}+"

    @cached_property
    def _found(self):
        newest_first = self._leads.order_by("-created_at", "-pk")
        return list(newest_first.select_related("owner")[: self.wanted + 1])

    @property
    def leads(self):
        return self._found[: self.wanted]

    @property
    def more(self) -> bool:
        return len(self._found) > self.wanted

    @property
    def full(self) -> bool:
        return self.wanted >= MOST


def columns(leads, wanted=None, looking=False) -> list[Column]:
    """``wanted`` has how many cards, by stage."""
    wanted, counted = wanted or {}, COUNTED_BY_LOOKING if looking else COUNTED
    return [Column(stage, leads, wanted.get(stage, CARDS), counted) for stage in Lead.Stage]


def as_cards(leads, user) -> list[Lead]:
    """The leads, each with what its card shows to the user."""
    now = timezone.now()
    for lead in glance(leads, now):
        lead.movable = policy.may(user, policy.CHANGE, lead)
        lead.idle_days = _idle_days(lead, now)
    return leads


def _idle_days(lead, now) -> int:
    """0 for a lead that is not stale."""
    allowed = IDLE_DAYS.get(lead.stage)
    last = lead.last_event.created_at if lead.last_event else lead.in_stage_since
    idle = now - max(last, lead.in_stage_since)
    return idle.days if allowed and idle >= timedelta(days=allowed) else 0
