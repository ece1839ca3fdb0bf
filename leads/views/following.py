"""Following a lead, and muting it for a time."""

from datetime import timedelta

from django.contrib import messages
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leads import policy
from leads.models import Following
from leads.views.lead import for_who_may

MUTES = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
}


@for_who_may(policy.READ)
@require_POST
def follow(request, lead):
    """``follow`` is ``on`` or ``off``, ``mute`` one of ``MUTES``, or ``off``."""
    chosen = _chosen(request.POST)
    if chosen:
        Following.objects.choose(lead, request.user, **chosen)
    else:
        messages.error(request, _("Choose to follow, to unfollow, or for how long to mute it."))
    return redirect(lead)


def _chosen(sent) -> dict:
    if sent.get("follow") in ("on", "off"):
        return {"follows": sent["follow"] == "on"}
    if sent.get("mute") == "off":
        return {"muted_until": None}
    length = MUTES.get(sent.get("mute"))
    return {"muted_until": timezone.now() + length} if length else {}
