"""The one socket, with what each app lets clients do over it."""

from chat.consumers import ChatConsumer
from leads.consumers import LeadConsumer


class Consumer(LeadConsumer, ChatConsumer):
    handlers = LeadConsumer.handlers | ChatConsumer.handlers
