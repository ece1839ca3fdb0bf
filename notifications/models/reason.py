from django.db import models
from django.utils.translation import gettext_lazy as _


class Reason(models.TextChoices):
    """Why a notification came to somebody; of several reasons the first."""

    MENTIONED = "mentioned", _("You were mentioned")
    ADDRESSED = "addressed", _("This was sent to you")
    OWNER = "owner", _("You own this lead")
    ASSIGNEE = "assignee", _("You have a task with this lead")
    ATTENDEE = "attendee", _("You have an appointment with this lead")
    COMMENTER = "commenter", _("You commented on this lead")
    CALLED = "called", _("You were mentioned on this lead before")
    FOLLOWER = "follower", _("You follow this lead")
    EVERYTHING = "", _("You hear everything of this kind")
