from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef

from chat.models import ChatInbox
from leads import policy
from notifications.models import Announcement, Inbox


def shell(request):
    """What the frame of every signed-in page shows: where both inboxes stand, and whether
    there is a banner, in one query. The banners themselves are read by who shows them. And whether
    it offers what is for managers."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    people = get_user_model().objects.select_related("inbox", "chat_inbox")
    announced = Announcement.objects.shown().unread_by(OuterRef("pk"))
    found = people.filter(pk=user.pk).annotate(has_banners=Exists(announced)).first()
    inbox = getattr(found, "inbox", None) or Inbox()
    inbox.user = user
    has_banners = found is not None and found.has_banners
    return {
        "banners": lambda: Announcement.objects.banners_of(user) if has_banners else [],
        "inbox": inbox,
        "leads_the_team": policy.leads_the_team(user),
        "chat_inbox": getattr(found, "chat_inbox", None) or ChatInbox(user=user),
    }
