from leads.models.activity import Activity
from leads.models.appointment import Appointment, Attendance
from leads.models.calendar_feed import CalendarFeed
from leads.models.comment import Comment
from leads.models.delivery import Delivery
from leads.models.file_import import FileImport, FilePart, ImportedRow
from leads.models.following import Following
from leads.models.idempotency import IdempotencyKey
from leads.models.interaction import Interaction
from leads.models.lead import Lead
from leads.models.looking import Looking
from leads.models.mention import Mention
from leads.models.merge import Merge
from leads.models.origin import Origin
from leads.models.rule import Pause, Rule
from leads.models.score_rules import ScoreRules, SourcePoints
from leads.models.source import Source
from leads.models.tag import Tag
from leads.models.task import Task
from leads.models.view import ListColumns, SavedView

__all__ = [
    "Activity",
    "Appointment",
    "Attendance",
    "CalendarFeed",
    "Comment",
    "Delivery",
    "FileImport",
    "FilePart",
    "Following",
    "IdempotencyKey",
    "ImportedRow",
    "Interaction",
    "Lead",
    "ListColumns",
    "Looking",
    "Mention",
    "Merge",
    "Origin",
    "Pause",
    "Rule",
    "SavedView",
    "ScoreRules",
    "Source",
    "SourcePoints",
    "Tag",
    "Task",
]
