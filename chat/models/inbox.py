"""The chat inbox: one per user, with the sequence of what changes in that user's conversations.

The same discipline as that of notifications, with a counter of its own, since a message is no
notification. A message that is sent, delivered or read takes the next number of each of the two who
see that, under the lock of their rows, in the transaction that makes the change; so numbers become
visible in order and without gaps. Locks are taken by user id; nothing that holds one waits for
anything else.
"""

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from chat import frames
from chat.models.message import Message
from notifications.models import PositionLost
from notifications.realtime import Push, chat_group, publish_after_commit

PAGE = 500  # messages that one page of changes, and one number, hold at most


class ChatInboxQuerySet(models.QuerySet):
    def standing(self, user_id: int) -> tuple[int, int]:
        """The user's sequence and unread count."""
        return self.filter(pk=user_id).values_list("seq", "unread_count").first() or (0, 0)

    def lock(self, *user_ids: int) -> dict[int, "ChatInbox"]:
        """The inboxes of these users for update, by user id. Those that there are not yet are made
        first: who made one waits for others, and who waits for that must hold none."""
        wanted = self.filter(pk__in=user_ids)
        if missing := {*user_ids} - {*wanted.values_list("pk", flat=True)}:
            made = [ChatInbox(user_id=pk) for pk in sorted(missing)]
            self.bulk_create(made, ignore_conflicts=True)
        return {inbox.pk: inbox for inbox in wanted.select_for_update().order_by("pk")}


class ChatInbox(models.Model):
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="chat_inbox",
    )
    seq = models.BigIntegerField(default=0, help_text="The number of the last change.")
    unread_count = models.IntegerField(default=0)

    objects = ChatInboxQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "chat inboxes"
        constraints = [
            models.CheckConstraint(
                condition=Q(unread_count__gte=0), name="chat_unread_not_negative"
            ),
        ]

    def __str__(self):
        return f"Chat inbox of user {self.user_id} at {self.seq}"

    def take(self, unread: int = 0) -> int:
        """The next number, for a change that moves the unread count by ``unread``. Only on an inbox
        that is locked."""
        self.seq += 1
        self.unread_count += unread
        ChatInbox.objects.filter(pk=self.pk).update(
            seq=F("seq") + 1, unread_count=F("unread_count") + unread
        )
        return self.seq

    # Verbs

    def send(self, message: Message) -> None:
        """Stores a new message of this user, and what both are to know of it."""
        with transaction.atomic():
            inboxes = ChatInbox.objects.lock(self.pk, message.recipient_id)
            mine, theirs = inboxes[self.pk], inboxes[message.recipient_id]
            message.sender_seq, message.recipient_seq = mine.take(), theirs.take(unread=1)
            message.store()
            text = frames.new_message(message)
            _publish(
                Push(inbox.pk, each)
                for inbox in (theirs, mine)
                for each in (text, frames.state(inbox.seq, inbox.unread_count))
            )

    def mark_read(self, other_id: int, up_to: int) -> int:
        """Marks what ``other_id`` wrote as read, up to the message with that id; returns how many
        were not. One number for it all, but for at most PAGE messages each."""
        unread = Message.objects.filter(recipient=self.pk, sender=other_id, read_at=None)
        unread = unread.filter(pk__lte=up_to).order_by("pk")
        if not unread.exists():
            return 0
        marked, pushes, now = 0, [], timezone.now()
        with transaction.atomic():
            inboxes = ChatInbox.objects.lock(self.pk, other_id)
            mine, theirs = inboxes[self.pk], inboxes[other_id]
            while pks := list(unread.values_list("pk", flat=True)[:PAGE]):
                rows = Message.objects.filter(pk__in=pks)
                rows.store_read(now, theirs.take(), mine.take(unread=-len(pks)))
                marked += len(pks)
                read = {"readerId": self.pk, "senderId": other_id, "upTo": pks[-1]}
                for inbox in (theirs, mine):
                    standing = (inbox.seq, inbox.unread_count)
                    pushes.append(Push(inbox.pk, frames.read(*standing, now, **read)))
            _publish(pushes)
        return marked

    def acknowledge(self, seq: int) -> int:
        """A client of this user has everything up to ``seq``: those who wrote it see that. Returns
        how many messages that are, at most PAGE at a time."""
        waiting = Message.objects.filter(recipient=self.pk, delivered_at=None)
        waiting = waiting.filter(recipient_seq__lte=seq).order_by("pk")
        reached = list(waiting.values_list("pk", "sender")[:PAGE])
        if not reached:
            return 0
        pushes, now, delivered = [], timezone.now(), 0
        with transaction.atomic():
            senders = ChatInbox.objects.lock(*{sender for _, sender in reached})
            for sender, inbox in senders.items():
                pks = [pk for pk, by in reached if by == sender]
                rows = Message.objects.filter(pk__in=pks, delivered_at=None)
                count = rows.update(delivered_at=now, sender_seq=inbox.seq + 1)
                if count:
                    standing = (inbox.take(), inbox.unread_count)
                    told = {"recipientId": self.pk, "upTo": pks[-1]}
                    pushes.append(Push(sender, frames.delivered(*standing, now, **told)))
                    delivered += count
            _publish(pushes)
        return delivered

    # Reading: needs no more of this inbox than whose it is.

    def changes(self, since: int, limit: int = PAGE) -> dict:
        """What changed after ``since``. ``seq`` is the position that the page reaches: where
        ``hasMore``, ask again from there. Raises PositionLost for one that was never reached.

        Where the inbox stands is read before the messages: what changes between the two has a
        number past that, and is left for the next page.
        """
        self.seq, self.unread_count = ChatInbox.objects.standing(self.pk)
        if since > self.seq:
            raise PositionLost
        found = Message.objects.changed(self.pk, since, self.seq, limit + 1)
        if len(found) <= limit:
            return self._page(since, found, self.seq)
        cut = found[-1].number
        whole = [row for row in found if row.number < cut]
        if whole:
            return self._page(since, whole, whole[-1].number)
        found = Message.objects.changed(self.pk, cut - 1, cut, PAGE)
        if not found:  # they changed again meanwhile
            return self.changes(since, limit)
        return self._page(since, found, cut)

    def _page(self, since, found, reached) -> dict:
        return {
            "since": since,
            "seq": reached,
            "unreadCount": self.unread_count,
            "changed": [row.as_json() for row in found],
            "delivered": [row.pk for row in found if row.delivered_at],
            "hasMore": reached < self.seq,
        }


def _publish(pushes) -> None:
    publish_after_commit([push._replace(group=chat_group) for push in pushes])
