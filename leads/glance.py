"""What a list shows of its leads beside their rows: the next task, what happened last and, where it
is asked for, the tags. A query each, however many leads."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads.models import Activity, Lead, Tag, Task
from leads.words import words_of


@dataclass(frozen=True)
class NextTask:
    """The open task of a lead that is due first; ``due`` is None where none has a date."""

    LATE, TODAY, LATER, NONE, CLOSED = "late", "today", "later", "none", "closed"
    WORDS = {
        LATE: _("Next task is late"),
        TODAY: _("Next task is due today"),
        LATER: _("Next task is for later"),
        NONE: _("No next task"),
        CLOSED: "",  # a lead that is won or lost wants none
    }

    state: str
    due: datetime | None = None

    @classmethod
    def at(cls, due, now):
        if due is None:
            return cls(cls.LATER)
        if due < now:
            return cls(cls.LATE, due)
        same_day = timezone.localdate(due) == timezone.localdate(now)
        return cls(cls.TODAY if same_day else cls.LATER, due)

    @property
    def words(self):
        return self.WORDS[self.state]


def glance(leads, now=None) -> list:
    """The leads, each with ``next_task``, ``last_event`` and ``last_words``."""
    now, leads = now or timezone.now(), list(leads)
    ids = [lead.pk for lead in leads]
    tasks, events = _open_tasks(ids), _last_events(ids)
    for lead in leads:
        none = NextTask(NextTask.NONE if lead.is_open else NextTask.CLOSED)
        lead.next_task = NextTask.at(tasks[lead.pk], now) if lead.pk in tasks else none
        lead.last_event = events.get(lead.pk)
        lead.last_words = words_of(lead.last_event) if lead.last_event else ""
    return leads


def with_tags(leads) -> list:
    """The leads, each with its ``tag_names``."""
    leads = list(leads)
    names = Tag.objects.of_leads([lead.pk for lead in leads])
    for lead in leads:
        lead.tag_names = names.get(lead.pk, [])
    return leads


def _open_tasks(ids) -> dict:
    """When the first of a lead's open tasks is due, by lead."""
    tasks = Task.objects.filter(lead__in=ids, completed_at=None).order_by()
    return {row["lead"]: row["due"] for row in tasks.values("lead").annotate(due=Min("due_at"))}


def _last_events(ids) -> dict:
    """By lead; found by one step into the index of the timeline for each."""
    of_lead = Activity.objects.filter(lead=OuterRef("pk")).order_by("-pk")
    last = Lead.objects.filter(pk__in=ids).values_list(Subquery(of_lead.values("pk")[:1]))
    return {row.lead_id: row for row in Activity.objects.filter(pk__in=last).with_texts()}
