"""A lead's score: a sum of points, each with the words that say what it is for.

Nothing here asks the database. ``explained`` is a function of the lead, of a summary of what was
logged of it, of the rules and of the moment, and the stored score is the sum of what it returns: so
the explanation cannot say anything else than the score does. As time passes alone it only falls.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _  # translated where it is read
from django.utils.translation import ngettext

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)

# Where they come from, when the settings say nothing of it.
SOURCES = {"demo form": 15, "referral": 20, "website": 10, "trade fair": 10, "phone": 10}


@dataclass(frozen=True)
class Rules:
    """What everything is worth. The defaults are those of a new installation."""

    version: int = 0
    email_points: int = 5
    phone_points: int = 5
    company_points: int = 5
    job_title_points: int = 5
    message_points: int = 5
    other_source_points: int = 5
    call_points: int = 3
    meeting_points: int = 10
    email_out_points: int = 2
    reply_points: int = 10
    counted_each: int = 5
    fresh_points: int = 5
    fresh_days: int = 3
    quiet_after_days: int = 4
    quiet_points: int = 1
    quiet_at_most: int = 30
    thresholds: tuple[int, ...] = (20, 50, 80)
    sources: Mapping[str, int] = field(default_factory=dict)

    def of_source(self, name: str) -> int:
        name = name.casefold()
        return self.sources.get(name, SOURCES.get(name, self.other_source_points))

    def crossed(self, before: int, after: int) -> bool:
        """Whether a threshold lies between them: it is reached, or not reached any more."""
        return any((before >= mark) != (after >= mark) for mark in self.thresholds)


@dataclass(frozen=True)
class History:
    """What was logged of a lead, summed up. ``last`` is the latest contact."""

    calls: int = 0
    meetings: int = 0
    emails_out: int = 0
    replies: int = 0
    last: datetime | None = None


class Points(NamedTuple):
    points: int
    reason: str

    @property
    def signed(self) -> str:
        return f"{self.points:+d}".replace("-", "\N{MINUS SIGN}")


@dataclass(frozen=True)
class Explanation:
    """The points, and the score that they make: their sum, but never below 0."""

    points: tuple[Points, ...]

    @property
    def sum(self) -> int:
        return sum(points for points, _reason in self.points)

    @property
    def score(self) -> int:
        return max(0, self.sum)


NOTHING = History()


def explained(lead, history: History, rules: Rules, now: datetime) -> Explanation:
    found = (
        *_source(lead, rules),
        *_completeness(lead, rules),
        *_contacts(history, rules),
        *_recency(lead, history, rules, now),
    )
    return Explanation(tuple(Points(points, reason) for points, reason in found if points))


def changes_at(lead, history: History, rules: Rules, now: datetime, total: int) -> datetime | None:
    """The next moment after ``now`` at which the score changes by itself; None when it does not.
    ``total`` is the sum of its points now."""
    if total <= 0:
        return None
    last = _last(lead, history)
    turns = [last + rules.fresh_days * DAY] if rules.fresh_points else []
    if rules.quiet_points and _cost(_days_quiet(last, now), rules) < rules.quiet_at_most:
        turns.append(last + (max(_days_quiet(last, now), rules.quiet_after_days) + 1) * DAY)
    return min((turn for turn in turns if turn > now), default=None)


def _source(lead, rules):
    if lead.source:
        yield rules.of_source(lead.source), lead.source


def _completeness(lead, rules):
    if lead.email:
        yield rules.email_points, _("e-mail address")
    if lead.phone:
        yield rules.phone_points, _("phone number")
    if lead.company:
        yield rules.company_points, _("company")
    if lead.job_title:
        yield rules.job_title_points, _("job title")
    if lead.message:
        yield rules.message_points, _("wrote a message")


def _contacts(history, rules):
    """Of a kind no more than ``counted_each`` count, so that nobody calls their way to the top."""

    def times(count, points):
        return min(count, rules.counted_each) * points

    if count := history.replies:
        reason = ngettext("replied", "replied %(count)d times", count)
        yield times(count, rules.reply_points), reason % {"count": count}
    if count := history.meetings:
        reason = ngettext("a meeting", "%(count)d meetings", count)
        yield times(count, rules.meeting_points), reason % {"count": count}
    if count := history.calls:
        reason = ngettext("called", "called %(count)d times", count)
        yield times(count, rules.call_points), reason % {"count": count}
    if count := history.emails_out:
        reason = ngettext("wrote to them", "wrote to them %(count)d times", count)
        yield times(count, rules.email_out_points), reason % {"count": count}


def _recency(lead, history, rules, now):
    last = _last(lead, history)
    if now < last + rules.fresh_days * DAY:
        yield rules.fresh_points, _("in touch lately") if history.last else _("came lately")
    days = _days_quiet(last, now)
    if cost := _cost(days, rules):
        reason = ngettext("%(days)d day quiet", "%(days)d days quiet", days) % {"days": days}
        yield -cost, reason


def _last(lead, history):
    return max(lead.created_at, history.last or lead.created_at)


def _days_quiet(last, now) -> int:
    return max(0, (now - last) // DAY)


def _cost(days, rules) -> int:
    return min(rules.quiet_at_most, rules.quiet_points * max(0, days - rules.quiet_after_days))
