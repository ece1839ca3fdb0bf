"""Moving a lead from stage to stage: from its page, and from the board."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from leads import duplicates, policy
from leads.forms.list import MoveForm
from leads.models import Activity, Lead
from leads.views.gone import gone


@login_required
@never_cache
@require_POST
def move(request, pk):
    """Who asks for JSON gets ``{stage, detail}``; else the page that the form stood on, with a
    message where somebody else was quicker."""
    form = MoveForm(request.POST)
    try:
        lead, moved = _moved(request, pk, form)
    except Lead.DoesNotExist:
        return _gone(request, pk)
    except PermissionDenied:
        if not _wants_json(request):
            raise
        return JsonResponse({"detail": policy.REFUSALS[Lead]}, status=403)
    detail = "" if moved else _unmoved(lead, form)
    if _wants_json(request):
        status = 200 if moved else 409 if form.is_valid() else 400
        return JsonResponse({"stage": lead.stage, "detail": detail}, status=status)
    if not moved:
        messages.warning(request, f"{lead.name}: {detail}")
    return redirect(back_of(request) or lead)


def _moved(request, pk, form):
    """The lead, and whether it is where it should be. The rights are asked under the lock."""
    with transaction.atomic():
        lead = Lead.objects.locked(pk)
        if not policy.may(request.user, policy.CHANGE, lead):
            raise PermissionDenied
        if not form.is_valid():
            return lead, False
        to, seen = form.cleaned_data["stage"], form.cleaned_data["seen"]
        return lead, lead.move(to, by=request.user, seen=seen)


def _unmoved(lead, form) -> str:
    """Why: "Maria moved it to Qualified a moment ago." """
    if not form.is_valid():
        return _("There is no such stage.")
    last = lead.activities.filter(kind=Activity.Kind.STAGE).select_related("actor").last()
    ago = timezone.now() - lead.in_stage_since
    words = {
        "who": str((last and last.actor) or _("Somebody")),
        "stage": lead.get_stage_display(),
        "time": timesince(lead.in_stage_since),
    }
    if ago < timedelta(minutes=1):
        return _("%(who)s moved it to %(stage)s a moment ago.") % words
    return _("%(who)s moved it to %(stage)s %(time)s ago.") % words


def _gone(request, pk):
    if _wants_json(request):
        detail = duplicates.sentence(pk) or _("This lead was deleted.")
        return JsonResponse({"detail": detail}, status=404)
    return gone(request, pk)


def _wants_json(request) -> bool:
    return request.headers.get("Accept") == "application/json"


def back_of(request) -> str:
    """The page of ours that the form stood on, if it says so."""
    url = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure())
    return url if ours else ""
