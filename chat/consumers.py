"""What clients may do with the chat over the socket."""

from time import monotonic

from channels.db import database_sync_to_async

from chat import frames
from chat.models import ChatInbox
from chat.models.inbox import PAGE
from notifications.consumers import InboxConsumer, number_of
from notifications.models import PositionLost
from notifications.realtime import Push, chat_group, publish

TYPING_EVERY = 2  # seconds; what comes more often is dropped


class ChatConsumer(InboxConsumer):
    handlers = InboxConsumer.handlers | {
        "chat:sync": "on_chat_sync",
        "chat:ack": "on_chat_ack",
        "chat:typing": "on_chat_typing",
    }
    typed_at = 0.0

    async def on_chat_sync(self, frame):
        since = number_of(frame, "since", 0)
        self.send_text(await self._chat_changes(since, PAGE))

    async def on_chat_ack(self, frame):
        await self._chat_acknowledge(number_of(frame, "seq", 0))

    async def on_chat_typing(self, frame):
        """Passed on as it is, and stored nowhere."""
        to, now = number_of(frame, "to", 1), monotonic()
        if to != self.user_id and now - self.typed_at >= TYPING_EVERY:
            self.typed_at = now
            publish([Push(to, frames.typing(self.user_id), group=chat_group)])

    @database_sync_to_async
    def _chat_changes(self, since, limit) -> str:
        inbox = ChatInbox(pk=self.user_id)
        try:
            return frames.sync(inbox.changes(since, limit))
        except PositionLost:
            return frames.sync_reset(inbox.seq, inbox.unread_count)

    @database_sync_to_async
    def _chat_acknowledge(self, seq):
        ChatInbox(pk=self.user_id).acknowledge(seq)
