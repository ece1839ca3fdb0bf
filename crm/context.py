from notifications.models import Inbox


def shell(request):
    """What the frame of every signed-in page shows."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"inbox": Inbox.objects.of(user)}
