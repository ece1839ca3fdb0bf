from notifications.models.announcement import Announcement
from notifications.models.archive import ArchivedNotification
from notifications.models.event import Event, fan_out, pushed_marks
from notifications.models.inbox import Inbox, PositionLost
from notifications.models.notification import Notification
from notifications.models.receipt import Receipt
from notifications.models.worker import WorkerProcess

__all__ = [
    "Announcement",
    "ArchivedNotification",
    "Event",
    "Inbox",
    "Notification",
    "PositionLost",
    "Receipt",
    "WorkerProcess",
    "fan_out",
    "pushed_marks",
]
