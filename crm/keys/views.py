"""The pages on which administrators make keys for machines, and take them back."""

from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from crm.keys.forms import ApiKeyForm
from crm.keys.model import ApiKey
from crm.keys.scopes import SCOPES
from leads import policy

ONLY_ADMINISTRATORS = gettext_lazy("Only administrators make keys: ask one.")
SHOWN = 200  # keys, the latest


def for_administrators(view):
    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if not policy.may_make_keys(request.user):
            raise PermissionDenied(ONLY_ADMINISTRATORS)
        return view(request, *args, **kwargs)

    return login_required(never_cache(wrapped))


@for_administrators
@require_GET
def index(request):
    keys = list(ApiKey.objects.select_related("user").order_by("-pk")[:SHOWN])
    for key in keys:
        key.may_do = [SCOPES[scope] for scope in key.scopes if scope in SCOPES]
    return render(request, "keys/list.html", {"keys": keys})


@for_administrators
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    """The answer to the form has the secret: it is shown there and never again."""
    form = ApiKeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        key = form.save(commit=False)
        secret = key.issue(by=request.user)
        return render(request, "keys/made.html", {"key": key, "secret": secret})
    return render(request, "keys/form.html", {"form": form})


@for_administrators
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request, pk):
    key = get_object_or_404(ApiKey, pk=pk)
    if request.method == "POST":
        if key.revoke():
            messages.success(request, _("“%(name)s” is revoked.") % {"name": key.name})
        return redirect("keys:list")
    return render(request, "keys/revoke.html", {"key": key})
