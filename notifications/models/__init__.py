from notifications.models.event import Event, fan_out
from notifications.models.inbox import Inbox, PositionLost
from notifications.models.notification import Notification
from notifications.models.worker import WorkerProcess

__all__ = ["Event", "Inbox", "Notification", "PositionLost", "WorkerProcess", "fan_out"]
