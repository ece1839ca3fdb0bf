"""The page of a lead's personal data, from which it is taken along or erased."""

import json

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from leads import personal, policy
from leads.views.lead import for_who_may
from notifications import audit


@for_who_may(policy.READ)
@require_GET
def index(request, lead):
    _only_for_the_team(request.user)
    return render(request, "leads/personal.html", {"lead": lead})


@for_who_may(policy.READ)
@require_POST
def export(request, lead):
    _only_for_the_team(request.user)
    audit.note(audit.Deed.EXPORTED, about=f"lead {lead.pk}: personal data")
    text = json.dumps(personal.everything_of(lead), cls=personal.Encoder, indent=2)
    name = f"lead-{lead.pk}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type="application/json", headers=headers)


@for_who_may(policy.DELETE)
@require_POST
def erase(request, lead):
    _only_for_the_team(request.user)
    if request.POST.get("sure") != "on":
        messages.warning(request, _("Tick the box first: what is erased does not come back."))
        return redirect("leads:personal", lead.pk)
    personal.erase(lead, by=request.user)
    messages.success(request, _("The lead and its personal data are erased."))
    return redirect("leads:list")


def _only_for_the_team(user):
    if not policy.leads_the_team(user):
        raise PermissionDenied(policy.ONLY_MANAGERS_ERASE)
