"""Storms: more than five notifications of a kind that came within ten seconds are one line.

A storm lasts as long as the next of its kind came within ten seconds, whatever else came between.
static/js/storms.js says the same of what comes while one looks.
"""

from collections import namedtuple
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.sentences import storm_of

MANY = 5  # of a kind, and more are a storm
WITHIN = timedelta(seconds=10)
READ = 1_000  # rows that are looked at for one page, however many there are
UNFOLDED = 20  # of a storm that its line discloses; a page of its own has all

Trace = namedtuple("Trace", "pk type arrival created_at read_at")


@dataclass
class Storm:
    kind: str
    first: int  # the arrival of its oldest
    last: int  # and of its newest
    count: int
    more: bool  # than were looked at
    unread: bool
    created_at: datetime  # of its newest
    members: list  # the newest of them

    @property
    def words(self) -> str:
        return storm_of(self.kind, self.count, self.more)


def page(wanted, size: int) -> tuple[list, int | None]:
    """The first ``size`` lines of ``wanted``, newest first: notifications and storms of them; and
    the arrival that ends the page, None where nothing follows.

    One query, whose length depends on ``size`` alone; in a storm up to three. No page ends within a
    storm, so that it is counted as a whole, unless more than twice the lines or READ rows came
    meanwhile."""
    rows = list(wanted[: size + MANY + 1])
    if storms_in(rows):
        return _folded(wanted, size, rows)
    shown = rows[:size]
    return shown, shown[-1].arrival if len(rows) > size else None


def storms_in(rows) -> list[list]:
    """Those of ``rows``, newest first, that are storms."""
    open_chains, chains = {}, []
    for row in rows:
        chain = open_chains.get(row.type)
        if chain and chain[-1].created_at - row.created_at <= WITHIN:
            chain.append(row)
        else:
            open_chains[row.type] = [row]
            chains.append(open_chains[row.type])
    return [chain for chain in chains if _is_storm(chain)]


def _is_storm(chain):
    pairs = zip(chain, chain[MANY:], strict=False)
    return any(newer.created_at - older.created_at <= WITHIN for newer, older in pairs)


def _folded(wanted, size, at_hand):
    traces = [Trace(*each) for each in wanted.values_list(*Trace._fields)[:READ]]
    if not traces:  # all were read or deleted meanwhile
        return [], None
    lines, ends = _lines(traces, size)
    whole = len(traces) < READ
    rows = {row.pk: row for row in at_hand}
    pks = {trace.pk for line in lines for trace in line[:UNFOLDED]} - rows.keys()
    rows |= {row.pk: row for row in wanted.filter(pk__in=pks)} if pks else {}
    shown = []
    for line in lines:
        there = [rows[trace.pk] for trace in line[:UNFOLDED] if trace.pk in rows]
        if len(line) > 1:
            shown.append(_storm(line, there, traces[-1], whole))
        else:
            shown += there
    return shown, traces[ends - 1].arrival if ends < len(traces) or not whole else None


def _lines(traces, size):
    """Each a list of one, or of a storm; and how many of ``traces`` they are."""
    storm_at = {chain[0].pk: chain for chain in storms_in(traces)}
    inside = {trace.pk for chain in storm_at.values() for trace in chain}
    lines, oldest = [], traces[0].arrival
    for place, trace in enumerate(traces):
        if trace.pk in inside and trace.pk not in storm_at:
            continue
        full = len(lines) >= size and trace.arrival < oldest
        if full or len(lines) >= 2 * size:
            return lines, place
        lines.append(storm_at.get(trace.pk, [trace]))
        oldest = min(oldest, lines[-1][-1].arrival)
    return lines, len(traces)


def _storm(line, there, last_read, whole):
    newest, oldest = line[0], line[-1]
    return Storm(
        kind=newest.type,
        first=oldest.arrival,
        last=newest.arrival,
        count=len(line),
        more=not whole and oldest.created_at - last_read.created_at <= WITHIN,
        unread=any(trace.read_at is None for trace in line),
        created_at=newest.created_at,
        members=there,
    )
