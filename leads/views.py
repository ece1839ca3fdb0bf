"""The pages of leads. Each calls one verb of the model; none writes on GET."""

import re

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leads import policy
from leads.filters import LeadFilter
from leads.forms import LeadForm, ListForm, StageForm
from leads.models import Lead
from notifications.kinds import Kind

PAGE = 50
HISTORY_SHOWN = 100
PLACE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z)_(\d{1,18})", re.ASCII)
FACTS = ("source", "city", "region", "postal_code", "country")


@login_required
@never_cache
@require_GET
def index(request):
    filters = LeadFilter(request.GET, queryset=Lead.objects.select_related("owner"))
    leads = filters.qs if filters.is_valid() else Lead.objects.none()
    place = _place(request.GET.get("before", ""))
    rows = list(_after(leads, place)[: PAGE + 1])
    more = rows[PAGE - 1] if len(rows) > PAGE else None
    context = {
        "rows": rows[:PAGE],
        "more": more and _query(request, before=_name_of(more)),
        "older": place is not None,
        "newest": _query(request, before=None),
        "without_search": _query(request, search=None, before=None),
        "form": ListForm(request.GET),
        "unknown": not filters.is_valid(),
        "filtered": any(request.GET.get(name) for name in LeadFilter.base_filters),
    }
    return render(request, "leads/list.html", context)


@login_required
@never_cache
@require_GET
def row(request, pk):
    """The lead's row for a list that is open; 204 where the list's filters leave it out."""
    filters = LeadFilter(request.GET, queryset=Lead.objects.select_related("owner"))
    lead = filters.qs.filter(pk=pk).first() if filters.is_valid() else None
    if lead is None:
        return HttpResponse(status=204)
    return render(request, "leads/row.html", {"lead": lead})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    if not policy.may(request.user, policy.ADD, Lead):
        raise PermissionDenied
    form = LeadForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        lead = form.save(commit=False)
        lead.created_by = request.user
        lead.save()
        return redirect(lead)
    return render(request, "leads/form.html", {"form": form})


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


@_for_who_may(policy.CHANGE)
@require_POST
def stage(request, lead):
    form = StageForm(request.POST, instance=lead)
    if form.is_valid():
        form.save(commit=False).save(by=request.user)
    return redirect(lead)


@_for_who_may(policy.DELETE)
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request, lead):
    if request.method == "POST":
        lead.delete()
        return redirect("leads:list")
    return render(request, "leads/delete.html", {"lead": lead})


# Paging: a page starts after the lead that ended the one before, whatever arrives meanwhile.


def _after(leads, place):
    leads = leads.order_by("-created_at", "-pk")
    if place is None:
        return leads
    when, pk = place
    return leads.filter(created_at__lte=when).filter(Q(created_at__lt=when) | Q(pk__lt=pk))


def _place(text):
    match = PLACE.fullmatch(text)
    if match is None:
        return None
    try:
        return parse_datetime(match[1]), int(match[2])
    except ValueError:  # the 31st of February
        return None


def _name_of(lead):
    return f"{lead.created_at:%Y-%m-%dT%H:%M:%S.%f}Z_{lead.pk}"


def _query(request, **changes):
    """The list's query string with ``changes``; None takes a name away."""
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return query.urlencode()
