"""The page of one lead, and what is done there."""

import re

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from leads import policy
from leads.forms import LeadForm, StageForm
from leads.models import Lead
from notifications.kinds import Kind

HISTORY_SHOWN = 100
FACTS = ("source", "city", "region", "postal_code", "country")


@login_required
@never_cache
@require_GET
def detail(request, pk):
    lead = Lead.objects.select_related("owner").filter(pk=pk).first()
    if lead is None:
        return render(request, "leads/gone.html", status=404)
    context = {
        "lead": lead,
        "may_change": policy.may(request.user, policy.CHANGE, lead),
        "stage_form": StageForm(instance=lead),
        "events": lead.events.select_related("actor").order_by("-pk")[:HISTORY_SHOWN],
        "dial": re.sub(r"[^\d+*#,;]", "", lead.phone),
        "web": lead.website.startswith(("https://", "http://")),
        "receipts": _receipts(lead) if policy.leads_the_team(request.user) else None,
        "facts": [
            (lead._meta.get_field(name).verbose_name.capitalize(), getattr(lead, name))
            for name in FACTS
            if getattr(lead, name)
        ],
    }
    return render(request, "leads/detail.html", context)


def _receipts(lead):
    """Whom the news of this lead has reached, and who has seen it: for managers to know."""
    told = lead.notifications.filter(type=Kind.LEAD_CREATED, deleted_at=None).with_receipts()
    rows = list(told.select_related("recipient").order_by("recipient__first_name", "recipient"))
    return {
        "rows": rows,
        "all": len(rows),
        "reached": sum(row.delivered_at is not None for row in rows),
        "seen": sum(row.seen_at is not None for row in rows),
    }


def _for_who_may(action):
    """Gives the view the lead instead of its number, to who may do that with it."""
    return lambda view: login_required(never_cache(_with_lead(view, action)))


def _with_lead(view, action):
    def wrapped(request, pk):
        lead = Lead.objects.select_related("owner").filter(pk=pk).first()
        if lead is None:
            return render(request, "leads/gone.html", status=404)
        if not policy.may(request.user, action, lead):
            raise PermissionDenied
        try:
            return view(request, lead)
        except Lead.DoesNotExist:  # deleted by somebody else meanwhile
            return render(request, "leads/gone.html", status=404)

    return wrapped


@_for_who_may(policy.CHANGE)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, lead):
    name = lead.name  # the form writes into the lead, mistakes included
    form = LeadForm(request.POST or None, instance=lead)
    if request.method == "POST" and form.is_valid():
        form.save(commit=False).save(by=request.user)
        return redirect(lead)
    return render(request, "leads/form.html", {"form": form, "lead": lead, "name": name})


@_for_who_may(policy.DELETE)
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request, lead):
    if request.method == "POST":
        lead.delete()
        return redirect("leads:list")
    return render(request, "leads/delete.html", {"lead": lead})
