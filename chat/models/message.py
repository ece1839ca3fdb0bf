"""Messages from one person to another. They are stored here and nowhere else, and are never
notifications."""

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Count, F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.models.conversation import Conversation
from chat.serializers import MessageSerializer

LONGEST = 10_000  # characters
TOO_LONG = _("A message has up to 10,000 characters: send it in parts.")
EMPTY = _("Write something.")
TO_ONESELF = _("You cannot write to yourself: choose somebody else.")
TO_NOBODY = _("They do not work here any more: nobody would read it.")

_serializer = MessageSerializer()


class MessageQuerySet(models.QuerySet):
    def of(self, user_id: int):
        return self.filter(Q(sender=user_id) | Q(recipient=user_id))

    def between(self, one_id: int, other_id: int):
        conversations = Conversation.objects.between(one_id, other_id)
        return self.filter(conversation__in=conversations.values("pk"))

    def unread_by_conversation(self, user_id: int, conversations) -> dict[int, int]:
        """How many the user has not read, by the conversation's id, where there are any."""
        unread = self.filter(recipient=user_id, read_at=None, conversation__in=conversations)
        return dict(unread.order_by().values_list("conversation").annotate(Count("pk")))

    def changed(self, user_id: int, after: int, upto: int, limit: int) -> list["Message"]:
        """Those whose last change for the user lies after ``after`` and up to ``upto``, in its
        order, each with that ``number``."""
        sent = self.filter(sender=user_id, sender_seq__gt=after, sender_seq__lte=upto)
        got = self.filter(recipient=user_id, recipient_seq__gt=after, recipient_seq__lte=upto)
        rows = [
            *sent.annotate(number=F("sender_seq")).order_by("sender_seq", "pk")[:limit],
            *got.annotate(number=F("recipient_seq")).order_by("recipient_seq", "pk")[:limit],
        ]
        return sorted(rows, key=lambda row: (row.number, row.pk))[:limit]

    def store_read(self, at, sender_seq: int, recipient_seq: int) -> None:
        """What was read has been delivered."""
        delivered_at = Coalesce("delivered_at", models.Value(at))
        numbers = {"sender_seq": sender_seq, "recipient_seq": recipient_seq}
        self.update(read_at=at, delivered_at=delivered_at, **numbers)

    def bulk_create(self, objs, *args, **kwargs):
        """Sends each, as ``save`` does."""
        objs = list(objs)
        with transaction.atomic():
            for message in objs:
                message.save()
        return objs


def _person():
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # each has an index that begins with it
    )


class Message(models.Model):
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    sender, recipient = _person(), _person()
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    sender_seq = models.BigIntegerField(help_text="Of its last change, for who wrote it.")
    recipient_seq = models.BigIntegerField(help_text="Of its last change, for who gets it.")

    objects = MessageQuerySet.as_manager()

    class Meta:
        indexes = [
            # A conversation, newest first.
            models.Index(fields=["conversation", "id"], name="message_list"),
            # What changed for who wrote it, and for who gets it.
            models.Index(fields=["sender", "sender_seq"], name="message_sent"),
            models.Index(fields=["recipient", "recipient_seq"], name="message_got"),
            # How many wait to be read.
            models.Index(
                fields=["recipient", "conversation"],
                name="message_unread",
                condition=Q(read_at=None),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(sender=F("recipient")), name="message_not_to_oneself"
            ),
        ]

    def __str__(self):
        return f"Message {self.pk} from user {self.sender_id} to user {self.recipient_id}"

    def as_json(self) -> dict:
        """The message as REST and the socket give it."""
        return _serializer.to_representation(self)

    def clean(self):
        """Raises what is wrong with a message that is to be sent."""
        if not self.body.strip():
            raise ValidationError({"body": EMPTY})
        if len(self.body) > LONGEST:
            raise ValidationError({"body": TOO_LONG})
        if self.sender_id == self.recipient_id:
            raise ValidationError({"recipient": TO_ONESELF})
        if not self.recipient.is_active:
            raise ValidationError({"recipient": TO_NOBODY})

    def save(self, *args, **kwargs):
        """Sends a new one. What becomes of it is for the verbs of the inboxes to store."""
        if self._state.adding:
            apps.get_model("chat.ChatInbox")(pk=self.sender_id).send(self)
        else:
            super().save(*args, **kwargs)

    def store(self) -> None:
        """For ``ChatInbox.send``, which holds both inboxes: so a conversation is made once, and its
        messages are numbered in the order in which they become visible."""
        between = Conversation.objects.between(self.sender_id, self.recipient_id)
        self.conversation = between.first() or _made(self.sender_id, self.recipient_id)
        super().save(force_insert=True)
        Conversation.objects.filter(pk=self.conversation_id).update(last_message=self)


def _made(one_id, other_id):
    low, high = sorted((one_id, other_id))
    return Conversation.objects.create(low_id=low, high_id=high)
