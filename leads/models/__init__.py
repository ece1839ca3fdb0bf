from leads.models.activity import Activity
from leads.models.appointment import Appointment, Attendance
from leads.models.comment import Comment
from leads.models.idempotency import IdempotencyKey
from leads.models.interaction import Interaction
from leads.models.lead import Lead
from leads.models.task import Task
from leads.models.view import ListColumns, SavedView

__all__ = [
    "Activity",
    "Appointment",
    "Attendance",
    "Comment",
    "IdempotencyKey",
    "Interaction",
    "Lead",
    "ListColumns",
    "SavedView",
    "Task",
]
