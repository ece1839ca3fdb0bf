"""The pipeline board, and the card of one lead for boards that are open."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from leads import policy
from leads.board import CARDS, as_cards, columns
from leads.filters import PageFilter
from leads.forms.list import ListForm
from leads.models import Lead
from leads.views.list import query

MORE = "more"


@login_required
@never_cache
@require_GET
def index(request):
    filters = PageFilter(request, Lead.objects.all())
    shown = columns(filters.rows(), _wanted(request), _looks(request))
    as_cards([lead for column in shown for lead in column.leads], request.user)
    for column in shown:
        column.more_url = _more(request, column.stage)
        column.list_url = query(request, stage=column.stage, **{MORE: None})
    context = {
        "columns": shown,
        "form": ListForm(request.GET, without=("stage", "sort")),
        "unknown": not filters.is_valid(),
        "without_search": query(request, search=None, **{MORE: None}),
        **_for_cards(request),
    }
    return render(request, "leads/board.html", context)


@login_required
@never_cache
@require_GET
def card(request, pk):
    """204 where the board's filters leave the lead out."""
    leads = PageFilter(request, Lead.objects.select_related("owner")).rows().filter(pk=pk)
    found = as_cards(list(leads), request.user)
    if not found:
        return HttpResponse(status=204)
    return render(request, "leads/_card.html", {"lead": found[0], **_for_cards(request)})


@login_required
@never_cache
@require_GET
def counts(request):
    leads = PageFilter(request, Lead.objects.all()).rows()
    shown = columns(leads, looking=_looks(request))
    return JsonResponse({column.stage: column.count for column in shown})


def _for_cards(request):
    return {"stages": Lead.Stage.choices, "refusal": policy.REFUSALS[Lead], "back": _board(request)}


def _board(request):
    """The address of the board itself, on which the card stands."""
    return f"{reverse('leads:board')}?{request.GET.urlencode()}"


def _looks(request):
    return bool(request.GET.get("search"))


def _wanted(request):
    """Every ``more=stage`` in the address brings a column some cards more."""
    asked = request.GET.getlist(MORE)
    return {stage: CARDS * (1 + asked.count(stage)) for stage in Lead.Stage.values}


def _more(request, stage):
    asked = request.GET.copy()
    asked.appendlist(MORE, stage)
    return f"?{asked.urlencode()}#column-{stage}"
