from notifications.models.event import Event, fan_out
from notifications.models.inbox import Inbox, PositionLost
from notifications.models.notification import Notification

__all__ = ["Event", "Inbox", "Notification", "PositionLost", "fan_out"]
