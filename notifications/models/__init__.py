from notifications.models.addressee import Addressee
from notifications.models.announcement import Announcement
from notifications.models.archive import ArchivedNotification
from notifications.models.event import Event, fan_out, pushed_marks
from notifications.models.inbox import Inbox, PositionLost
from notifications.models.measured import MeasuredProcess
from notifications.models.notification import Notification
from notifications.models.preference import Preference, Wants
from notifications.models.reason import Reason
from notifications.models.receipt import Receipt
from notifications.models.worker import WorkerProcess

__all__ = [
    "Addressee",
    "Announcement",
    "ArchivedNotification",
    "Event",
    "Inbox",
    "MeasuredProcess",
    "Notification",
    "PositionLost",
    "Preference",
    "Reason",
    "Receipt",
    "Wants",
    "WorkerProcess",
    "fan_out",
    "pushed_marks",
]
