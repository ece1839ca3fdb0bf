"""Two leads that are one: what may be the same, merging, and undoing it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from leads import policy
from leads.forms.merge import MergeForm
from leads.models import Lead, Merge
from leads.models.merge import NotUndone, both
from leads.views.gone import gone


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request, pk, other):
    """Both side by side. Of two who merge the same, or one another, the later is told."""
    if pk == other:
        raise Http404
    try:
        if request.method == "POST":
            return _merged(request, pk, other)
        found = Lead.objects.select_related("owner").in_bulk([pk, other])
        leads = found[pk], found[other]
    except (Lead.DoesNotExist, KeyError):
        there = set(Lead.objects.filter(pk__in=[pk, other]).values_list("pk", flat=True))
        return gone(request, next((each for each in (pk, other) if each not in there), pk))
    _check(request.user, *leads)
    return _page(request, MergeForm(None, *_in_order(*leads)), pk)


def _merged(request, pk, other):
    with transaction.atomic():
        leads = both(pk, other)
        _check(request.user, *leads)
        form = MergeForm(request.POST, *_in_order(*leads))
        if not form.is_valid():
            return _page(request, form, pk, status=409 if form.stale else 200)
        row = Merge.objects.merge(form.kept, form.other, form.names, by=request.user)
    return redirect(f"{row.kept.get_absolute_url()}?merged={row.pk}")


def _page(request, form, pk, status=200):
    context = {"form": form, "lead_id": pk}
    return render(request, "leads/merge.html", context, status=status)


def _in_order(*leads):
    """The older first: it is kept unless somebody says otherwise."""
    return sorted(leads, key=lambda lead: (lead.created_at, lead.pk))


def _check(user, *leads):
    if not policy.may_merge(user, *leads):
        raise PermissionDenied


@login_required
@never_cache
@require_POST
def undo(request, pk, merge):
    row = Merge.objects.filter(pk=merge).first()
    if row is None and Lead.objects.filter(pk=pk).exists():
        raise Http404
    try:
        if row is None:  # it went with the lead that was kept
            raise Lead.DoesNotExist
        with transaction.atomic():
            if not policy.may(request.user, policy.CHANGE, row.locked_kept()):
                raise PermissionDenied
            lead = row.undo(by=request.user)
    except Lead.DoesNotExist:
        return gone(request, pk)
    except NotUndone as problem:
        messages.warning(request, str(problem))
        return redirect(reverse("leads:detail", args=[pk]))
    messages.success(request, _("The merge was undone: %(name)s is back.") % {"name": lead.name})
    return redirect(lead)
