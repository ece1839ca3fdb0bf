"""The inbox: one per user, with the sequence and the unread count of that user's notifications.

Every change to a user's notifications takes the next number of their inbox in the transaction
that makes the change, under the lock of the inbox's row. So numbers become visible in order and
without gaps, and the count equals a COUNT(*) at every commit. Locks are taken in the order leads,
events, inboxes by user id; nothing that holds an inbox waits for a lead or an event.
"""

from collections import defaultdict

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import F, Q, Subquery
from django.utils import timezone

from notifications import frames, realtime
from notifications.fields import MAX_ID
from notifications.models import reading
from notifications.models.reading import Row
from notifications.models.receipt import Receipt
from notifications.prepared import Prepared
from notifications.realtime import Push

PAGE = 500  # rows that one page of changes, and one number, hold at most
PART = 100  # rows that change, each by its own number, while the inbox is held once


class PositionLost(Exception):
    """The position is not kept any more, or was never reached: reload the list."""


class InboxQuerySet(models.QuerySet):
    def of(self, user):
        """The user's inbox; an empty one, not stored, where nothing has arrived yet."""
        inbox = self.filter(user=user).first() or Inbox(user=user)
        inbox.user = user  # spares a query wherever its notifications are asked for
        return inbox

    def standing(self, user_id: int) -> tuple[int, int]:
        """The user's sequence and unread count."""
        return next(iter(_standing.rows(user_id)), (0, 0))

    def lock(self, users) -> list["Inbox"]:
        """The inboxes of ``users`` (a queryset of them, or their ids) for update, by user id."""
        if getattr(users, "model", None) is not get_user_model():
            users = get_user_model().objects.filter(pk__in=users)
        if missing := list(users.filter(inbox=None).values_list("pk", flat=True)):
            self.make(missing)
        owned = self.filter(user__in=users.order_by().values("pk"))
        return list(owned.select_for_update(of=("self",)).order_by("user_id"))

    def make(self, user_ids) -> None:
        """Inboxes for users who have none yet, unless somebody makes theirs meanwhile."""
        new = [Inbox(user_id=user_id) for user_id in user_ids]
        self.bulk_create(new, ignore_conflicts=True)

    def choose_archive(self, user, archives: bool) -> None:
        self.update_or_create(user=user, defaults={"archives": archives})

    def lock_one(self, user_id) -> "Inbox":
        try:
            return self.select_for_update().get(user_id=user_id)
        except Inbox.DoesNotExist:
            self.get_or_create(user_id=user_id)
            return self.select_for_update().get(user_id=user_id)


_standing = Prepared(lambda: Inbox.objects.filter(pk=0).values_list("seq", "unread_count"))


class Inbox(models.Model):
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="inbox"
    )
    seq = models.BigIntegerField(default=0, help_text="The number of the last change.")
    unread_count = models.IntegerField(default=0)
    kept_since = models.BigIntegerField(
        default=0, help_text="Changes up to this number may have left; a client there starts anew."
    )
    archives = models.BooleanField(
        default=True, help_text="Read notifications that leave by age are kept in the archive."
    )
    delivered_seq = models.BigIntegerField(
        default=0, help_text="A client of the user confirmed everything up to this number."
    )
    delivered_at = models.DateTimeField(null=True, blank=True)

    objects = InboxQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "inboxes"
        constraints = [
            models.CheckConstraint(
                condition=Q(unread_count__gte=0), name="inbox_unread_not_negative"
            ),
        ]

    def __str__(self):
        return f"Inbox of user {self.user_id} at {self.seq}"

    # Taking numbers: only on an inbox that is locked.

    def take(self, unread: int = 0) -> int:
        """The next number, for a change that moves the unread count by ``unread``."""
        self.seq += 1
        self.unread_count += unread
        return self.seq

    @staticmethod
    def store(inboxes) -> None:
        """Writes what was taken: one statement for all inboxes that moved alike."""
        moved = defaultdict(list)
        for inbox in inboxes:
            moved[inbox.moves()].append(inbox.pk)
        for (numbers, unread), pks in moved.items():
            if numbers:
                Inbox.objects.filter(pk__in=pks).update(
                    seq=F("seq") + numbers, unread_count=F("unread_count") + unread
                )

    @classmethod
    def from_db(cls, db, field_names, values, **kwargs):
        inbox = super().from_db(db, field_names, values, **kwargs)
        inbox._stored = (inbox.seq, inbox.unread_count)
        return inbox

    def moves(self) -> tuple[int, int]:
        """How far the sequence and the count moved since this row was read."""
        seq, unread = self._stored
        return self.seq - seq, self.unread_count - unread

    # Verbs

    def mark_all_read(self) -> int:
        """Marks what had arrived by now as read; returns how many that were.

        One number for it all, but that no number holds more than PAGE rows, so that a page of
        ``changes`` stays bounded whatever was marked.
        """
        pushes, now = [], timezone.now()
        with transaction.atomic():
            inbox = Inbox.objects.lock_one(self.pk)
            before = inbox.unread_count
            unread = self.user.notifications.unread()
            last = unread.order_by("arrival").values("arrival")[PAGE - 1 : PAGE]
            for left in range(before, 0, -PAGE):
                part = unread.filter(arrival__lte=Subquery(last)) if left > PAGE else unread
                count = part.update(read_at=now, updated_at=now, seq=inbox.seq + 1)
                seq = inbox.take(unread=-count)
                text = frames.all_read(seq, inbox.unread_count, count)
                pushes.append(Push(inbox.pk, text, seq))
            Inbox.store([inbox])
            realtime.publish_after_commit(pushes)
        return before - inbox.unread_count

    def mark_some_read(self, kind: str, first: int, last: int, limit: int = 1_000) -> int:
        """Marks those of the ``kind`` that arrived from ``first`` to ``last`` as read, the newest
        ``limit`` of them; returns how many that were. Each takes a number: no frame tells of some
        together."""
        some = self.user.notifications.unread().filter(type=kind, arrival__range=(first, last))
        marked = 0
        while marked < limit and (count := self._mark_part_read(some, limit - marked)):
            marked += count
        return marked

    def _mark_part_read(self, some, limit) -> int:
        with transaction.atomic():
            inbox = Inbox.objects.lock_one(self.pk)
            rows = list(some.order_by("-arrival")[: min(limit, PART)])
            now = timezone.now()
            for row in rows:
                row.read_at = now
            pushes = [row.number(inbox, unread=-1) for row in rows]
            models.QuerySet.bulk_update(some, rows, ["read_at", "seq", "updated_at"])
            Inbox.store([inbox])
            realtime.publish_after_commit(pushes)
        return len(rows)

    def acknowledge(self, seq: int) -> None:
        """A client has everything up to ``seq``. Never goes back, never passes the sequence."""
        now = timezone.now()
        advancing = Inbox.objects.filter(pk=self.pk, delivered_seq__lt=seq, seq__gte=seq)
        with transaction.atomic():
            if advancing.update(delivered_seq=seq, delivered_at=now):
                Receipt.objects.create(user_id=self.pk, upto=seq, at=now)

    def take_back_receipt(self, seq: int) -> None:
        """Undoes the ``acknowledge(seq)`` of somebody who is no client of the user.

        What counts as delivered is again what did when this row was read, or what a client
        confirmed since. One that confirmed ``seq`` as well does so again with the next number.
        """
        receipts = Receipt.objects.filter(user_id=self.pk)
        between = receipts.filter(upto__gt=self.delivered_seq, upto__lt=seq)
        with transaction.atomic():
            last = between.order_by("upto").last()  # none can come below ``seq`` any more
            upto, at = (last.upto, last.at) if last else (self.delivered_seq, self.delivered_at)
            Inbox.objects.filter(pk=self.pk, delivered_seq=seq).update(
                delivered_seq=upto, delivered_at=at
            )
            receipts.filter(upto=seq).delete()

    # Reading: needs no more of this inbox than whose it is; afterwards it is as it stood when the
    # rows were read.

    def newest(self, limit: int) -> list[Row]:
        """The first rows of the user's list."""
        return self._standing_at(reading.newest(self.pk, limit))

    def changes(self, since: int, limit: int = PAGE) -> dict:
        """What changed after ``since``, as the body of ``changes`` and of ``sync``.

        ``seq`` is the position that the page reaches: where ``hasMore``, ask again from there, and
        apply no frame before. Raises PositionLost. A number is never split between pages, so a page
        holds ``limit`` rows (1 to PAGE) unless one number alone holds more.
        """
        rows = self._read(since, limit=limit + 1)
        if len(rows) <= limit:
            return self._page(since, rows, self.seq)
        cut = rows[-1].seq
        if rows[0].seq < cut:
            whole = [row for row in rows if row.seq < cut]
            return self._page(since, whole, whole[-1].seq)
        rows = self._read(cut - 1, upto=cut)
        if not rows:  # they changed again meanwhile
            return self.changes(since, limit)
        return self._page(since, rows, cut)

    def _read(self, after, upto=MAX_ID, limit=MAX_ID) -> list[Row]:
        return self._standing_at(reading.changed(self.pk, after, upto, limit))

    def _standing_at(self, found) -> list[Row]:
        rows, (self.seq, self.unread_count, self.kept_since) = found
        return rows

    def _page(self, since, rows, reached) -> dict:
        if not self.kept_since <= since <= self.seq:
            raise PositionLost
        return {
            "since": since,
            "seq": reached,
            "unreadCount": self.unread_count,
            "changed": [row.as_json() for row in rows if row.deleted_at is None],
            "removed": [str(row.pk) for row in rows if row.deleted_at is not None],
            "hasMore": reached < self.seq,
        }
