"""What a page shows of a conversation: a stretch of its messages, ready to be read."""

from datetime import timedelta

from django.utils import timezone

from chat import words
from chat.models import Message

SHOWN = 50
LONGEST = 500  # where one has scrolled back, and the page is filled anew
TOGETHER = timedelta(minutes=5)  # what one says within is one utterance


class Stretch:
    """The newest messages of two; with ``before``, the id of one, those that precede it; with
    ``since`` all from that one on."""

    def __init__(self, user, other, query):
        self.user = user
        every = Message.objects.between(user.pk, other.pk).order_by("-pk")
        before, since = _id(query.get("before")), _id(query.get("since"))
        size = LONGEST if since and not before else SHOWN
        rows = every.filter(pk__lt=before) if before else every
        rows = list((rows.filter(pk__gte=since) if since and not before else rows)[: size + 1])
        self.rows = rows[:size][::-1]
        self.older = before is not None
        more = len(rows) > size or bool(since and self._has_earlier(every))
        self.earlier = self.rows[0].pk if more and self.rows else None

    def _has_earlier(self, every):
        return bool(self.rows) and every.filter(pk__lt=self.rows[0].pk).exists()

    @property
    def unread_up_to(self):
        """The last message that the user has not read, of those that are shown."""
        unread = [row.pk for row in self.rows if self._is_unread(row)]
        return unread[-1] if unread else None

    def _is_unread(self, row):
        return row.recipient_id == self.user.pk and row.read_at is None

    def to_show(self, leads_of, origin):
        """The messages with what a page says of each. ``leads_of`` gives the leads with some ids
        that a user may read."""
        linked = {row.pk: words.lead_ids(row.body, origin) for row in self.rows}
        leads = leads_of(self.user, {pk for pks in linked.values() for pk in pks})
        last, own = None, None
        for row in self.rows:
            row.mine = row.sender_id == self.user.pk
            row.day = _day(row) if last is None or _day(row) != _day(last) else None
            row.begins = bool(row.day) or _begins(row, last)
            row.parts = [part for part in words.parts(row.body) if part[0]]
            row.leads = [leads[pk] for pk in linked[row.pk] if pk in leads]
            last, own = row, row if row.mine else own
        if own:
            own.says_state = True
        return self.rows


def _begins(row, last):
    return row.sender_id != last.sender_id or row.created_at - last.created_at > TOGETHER


def _day(row):
    return timezone.localdate(row.created_at)


def _id(text):
    known = text and text.isascii() and text.isdigit() and len(text) < 19
    return int(text) if known else None
