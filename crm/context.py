from django.contrib.auth import get_user_model

from chat.models import ChatInbox
from notifications.models import Inbox


def shell(request):
    """What the frame of every signed-in page shows: where both inboxes stand, in one query."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    people = get_user_model().objects.select_related("inbox", "chat_inbox")
    found = people.filter(pk=user.pk).first()
    inbox = getattr(found, "inbox", None) or Inbox()
    inbox.user = user
    return {
        "inbox": inbox,
        "chat_inbox": getattr(found, "chat_inbox", None) or ChatInbox(user=user),
    }
