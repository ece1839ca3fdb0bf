"""The list of leads, and the page that adds one."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from leads import policy
from leads.filters import PageFilter
from leads.forms import LeadForm, ListForm
from leads.models import Lead
from leads.views.place import after, name_of, place_of

PAGE = 50


@login_required
@never_cache
@require_GET
def index(request):
    filters = PageFilter(request, Lead.objects.select_related("owner"))
    leads = filters.rows()
    place = place_of(request.GET.get("before", ""))
    rows = list(after(leads, place)[: PAGE + 1])
    more = rows[PAGE - 1] if len(rows) > PAGE else None
    context = {
        "rows": rows[:PAGE],
        "more": more and _query(request, before=name_of(more)),
        "older": place is not None,
        "newest": _query(request, before=None),
        "without_search": _query(request, search=None, before=None),
        "form": ListForm(request.GET),
        "unknown": not filters.is_valid(),
        "filtered": any(request.GET.get(name) for name in PageFilter.base_filters),
    }
    return render(request, "leads/list.html", context)


@login_required
@never_cache
@require_GET
def row(request, pk):
    """The lead's row for a list that is open; 204 where the list's filters leave it out."""
    filters = PageFilter(request, Lead.objects.select_related("owner"))
    lead = filters.rows().filter(pk=pk).first()
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


def _query(request, **changes):
    """The list's query string with ``changes``; None takes a name away."""
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return query.urlencode()
