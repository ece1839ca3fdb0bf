"""The list of leads, and the page that adds one."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from leads import duplicates, policy
from leads.filters import PageFilter
from leads.forms.lead import LeadForm
from leads.forms.list import BulkForm, ListForm
from leads.glance import glance
from leads.models import Lead
from leads.orders import NEWEST, order_of

PAGE = 50
# The columns that one can sort by: the order at first, and the other way round.
SORTS = {"name": ("name", "-name"), "score": ("-score", "score"), "age": ("-created", "created")}


@login_required
@never_cache
@require_GET
def index(request):
    filters = PageFilter(request, Lead.objects.select_related("owner"))
    order = order_of(request.GET.get("sort"))
    place = order.place_of(request.GET.get("before", ""))
    rows = list(order.after(filters.rows(), place)[: PAGE + 1])
    more = rows[PAGE - 1] if len(rows) > PAGE else None
    form = ListForm(request.GET)
    context = {
        "rows": glance(rows[:PAGE]),
        "more": more and query(request, before=order.name_of(more)),
        "older": place is not None,
        "order": order,
        "live": place is None and order is NEWEST,
        "sorts": {column: _sort(request, order, both) for column, both in SORTS.items()},
        "first": query(request, before=None),
        "without_search": query(request, search=None, before=None),
        "form": form,
        "bulk": BulkForm.of(form),
        "back": request.get_full_path(),
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
    leads = glance(filters.rows().filter(pk=pk))
    if not leads:
        return HttpResponse(status=204)
    return render(request, "leads/row.html", {"lead": leads[0]})


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
        duplicates.tell(request, lead)
        return redirect(lead)
    return render(request, "leads/form.html", {"form": form})


def query(request, **changes):
    """The list's query string with ``changes``; None takes a name away."""
    changed = request.GET.copy()
    for name, value in changes.items():
        changed.pop(name, None)
        if value is not None:
            changed[name] = value
    return changed.urlencode()


def _sort(request, order, both):
    """What the head of a column says: how the list is sorted by it, and where a click leads."""
    first, second = both
    to = second if order.name == first else first
    return {
        "url": query(request, sort=to, before=None),
        "aria": ("descending" if order.descending else "ascending") if order.name in both else "",
    }
