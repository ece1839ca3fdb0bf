"""The list of leads, and the page that adds one."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from leads import duplicates, policy
from leads.forms.lead import LeadForm
from leads.forms.list import BulkForm, ListForm
from leads.forms.view import ViewForm
from leads.glance import glance, with_tags
from leads.models import Lead, SavedView
from leads.orders import NEWEST
from leads.showing import IMPORT, Showing

PAGE = 50
NAMES = ("name", "-name")  # the orders that the head of the names offers
TABS = 5  # views that stand beside each other; the others unfold
VIEWS = 300  # that are offered


@login_required
@never_cache
@require_GET
def index(request):
    showing = Showing(request)
    order = showing.order
    place = order.place_of(request.GET.get("before", ""))
    rows = list(order.after(showing.filters.rows(), place)[: PAGE + 1])
    close = [] if rows or place else showing.closest
    more = rows[PAGE - 1] if len(rows) > PAGE else None
    form = ListForm(showing.asked)
    context = {
        "showing": showing,
        "rows": with_cells(close or rows[:PAGE], showing.columns),
        "close": bool(close),
        "more": more and showing.query(before=order.name_of(more)),
        "older": place is not None,
        "live": place is None and order is NEWEST and not close,
        "form": form,
        "bulk": BulkForm.of(form),
        "back": request.get_full_path(),
        **_said(showing),
        **_views(request.user, showing.view),
    }
    return render(request, "leads/list.html", context)


@login_required
@never_cache
@require_GET
def row(request, pk):
    """The lead's row for a list that is open; 204 where the list's filters leave it out."""
    showing = Showing(request)
    leads = list(showing.filters.rows().filter(pk=pk))
    if not leads and showing.search:
        leads = [lead for lead in showing.close if lead.pk == pk]
    if not leads:
        return HttpResponse(status=204)
    context = {"lead": with_cells(leads, showing.columns)[0], "carried": showing.carried}
    return render(request, "leads/row.html", context)


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


def with_cells(leads, columns) -> list:
    """The leads, each with what its row says beside the name: ``(column, text, on)``."""
    leads, there = glance(leads), columns.in_rows()
    leads = with_tags(leads) if columns.tags else leads
    for lead in leads:
        lead.cells = [(column, column.of(lead), on) for column, on in there]
    return leads


def query(request, **changes):
    """The address's query string with ``changes``; None takes a name away."""
    changed = request.GET.copy()
    for name, value in changes.items():
        changed.pop(name, None)
        if value is not None:
            changed[name] = value
    return changed.urlencode()


def _said(showing):
    """What the page says of the list itself, and the addresses it goes on to."""
    heads = [
        (column, on, column.sorts and _sort(showing, column.sorts))
        for column, on in showing.columns.in_rows()
    ]
    return {
        "here": showing.query(),
        "first": showing.path,
        "carried": showing.carried,
        "without_search": showing.address(search=None),
        "without_import": showing.address(**{IMPORT: None}),
        "unknown": showing.meaningless(),
        "by_name": _sort(showing, NAMES),
        "heads": heads,
    }


def _sort(showing, both):
    """What the head of a column says: how the list is sorted by it, and where a click leads."""
    order, (first, second) = showing.order, both
    to = second if order.name == first else first
    return {
        "url": showing.query(sort=to),
        "aria": ("descending" if order.descending else "ascending") if order.name in both else "",
    }


def _views(user, current):
    """Those to choose from, one's own first: in sight, as the current one is, and to unfold."""
    seen = SavedView.objects.visible_to(user).select_related("owner")
    there = list(seen.own_first(user)[:VIEWS])
    shown = there[:TABS]
    if current is not None and current not in shown:
        shown = [*shown[: TABS - 1], current]
    return {
        "views": shown,
        "other_views": [view for view in there if view not in shown],
        "may_change_view": current is not None and policy.may(user, policy.CHANGE, current),
        "view_form": ViewForm(auto_id="new-view-%s"),
    }
