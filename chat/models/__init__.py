from chat.models.conversation import Conversation
from chat.models.inbox import ChatInbox
from chat.models.message import Message

__all__ = ["ChatInbox", "Conversation", "Message"]
