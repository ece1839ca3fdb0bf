"""Saved views of the list of leads, and the choice of its columns."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from leads import policy
from leads.forms.view import ColumnsForm, ViewForm
from leads.models import ListColumns, SavedView
from leads.showing import COLUMNS, Showing


def for_who_may(action):
    """Gives the view of the list instead of its number; a private one is its owner's alone."""

    def decorate(view):
        def wrapped(request, pk):
            seen = SavedView.objects.visible_to(request.user).select_related("owner")
            saved = get_object_or_404(seen, pk=pk)
            if not policy.may(request.user, action, saved):
                raise PermissionDenied
            try:
                return view(request, saved)
            except SavedView.DoesNotExist as gone:  # deleted by somebody else meanwhile
                raise Http404 from gone

        return login_required(never_cache(wrapped))

    return decorate


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    """Saves the list that the address says."""
    showing = Showing(request)
    if not policy.may(request.user, policy.ADD, SavedView):
        raise PermissionDenied
    form = ViewForm(request.POST or None)
    if request.method == "POST" and form.keep(owner=request.user, showing=showing):
        return redirect(form.instance)
    return render(request, "leads/view_form.html", {"form": form, "back": showing.path})


@for_who_may(policy.CHANGE)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, saved):
    name, form = saved.name, ViewForm(request.POST or None, instance=saved)
    if request.method == "POST" and form.keep():
        visible = saved.is_visible_to(request.user)
        return redirect(saved if visible else "leads:list")
    context = {"form": form, "name": name, "back": saved.get_absolute_url(), "saved": saved}
    return render(request, "leads/view_form.html", context)


@for_who_may(policy.CHANGE)
@require_POST
def save(request, saved):
    """The view shows from now on what the sent address says."""
    showing = _sent(request)
    if not showing.filters.is_valid():
        messages.warning(request, _("One of these filters means nothing: choose another first."))
        return redirect(showing.path)
    saved.show(showing.saved)
    messages.success(request, _("“%(view)s” is saved as you see it.") % {"view": saved})
    return redirect(saved)


@for_who_may(policy.DELETE)
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request, saved):
    if request.method == "POST":
        name = saved.name
        saved.delete()
        messages.success(request, _("The view “%(view)s” is deleted.") % {"view": name})
        return redirect("leads:list")
    return render(request, "leads/view_delete.html", {"saved": saved})


@login_required
@never_cache
@require_POST
def columns(request):
    """In a view they are a change of the view as one sees it; else they are one's own from now
    on."""
    showing, chosen = _sent(request), ColumnsForm(request.POST).columns()
    if showing.view is not None:
        return redirect(showing.address(**{COLUMNS: str(chosen)}))
    ListColumns.objects.update_or_create(user=request.user, defaults={"columns": str(chosen)})
    return redirect(showing.address(**{COLUMNS: None}))


def _sent(request):
    """The list on which the form stood."""
    return Showing(request, QueryDict(request.POST.get("query", "")))
