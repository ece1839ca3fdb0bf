"""The kinds of happenings that people are notified of. The label is the notification's title."""

from django.db import models


class Kind(models.TextChoices):
    LEAD_CREATED = "lead_created", "New Lead Created"
    TASK_COMPLETED = "task_completed", "Task Completed"
    SCORE_UPDATED = "score_updated", "Score Updated"
    COMMENT_ADDED = "comment_added", "New Comment"
    CONTACT = "contact", "Contact Updated"
    EMAIL = "email", "New Email"
    EVENT = "event", "Appointment"
    SYSTEM = "system", "Announcement"
