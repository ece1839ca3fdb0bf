"""Taking no new leads for a time, which everybody says for themselves."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leads.models import Pause


@login_required
@require_POST
def choose(request):
    paused = request.POST.get("paused") == "on"
    Pause.objects.choose(request.user, paused)
    messages.success(request, _("You take no new leads.") if paused else _("You take new leads."))
    return redirect("settings")
