"""The pages of webhooks: where they go, what was told, trying one out and sending again."""

from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.webhooks.endpoint import EVENTS, WebhookEndpoint
from crm.webhooks.forms import WebhookForm
from leads import policy

ONLY_MANAGERS = gettext_lazy("Only managers and administrators have webhooks: ask one.")
SHOWN = 100  # endpoints
LOGGED = 50  # deliveries, the latest


def for_who_leads_the_team(view):
    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if not policy.may_make_webhooks(request.user):
            raise PermissionDenied(ONLY_MANAGERS)
        return view(request, *args, **kwargs)

    return login_required(never_cache(wrapped))


@for_who_leads_the_team
@require_GET
def index(request):
    endpoints = WebhookEndpoint.objects.visible_to(request.user).select_related("owner")
    endpoints = [_worded(endpoint) for endpoint in endpoints.order_by("-pk")[:SHOWN]]
    return render(request, "webhooks/list.html", {"endpoints": endpoints})


@for_who_leads_the_team
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    endpoint = WebhookEndpoint(owner=request.user)
    form = WebhookForm(request.POST or None, instance=endpoint)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Added. Send a test to see whether it arrives."))
        return redirect("webhooks:detail", endpoint.pk)
    return render(request, "webhooks/form.html", {"form": form})


@for_who_leads_the_team
@require_GET
def detail(request, pk):
    """The endpoint, its secret, and the log of what was told."""
    endpoint = _worded(_own(request, pk))
    deliveries = list(endpoint.deliveries.order_by("-id")[:LOGGED])
    return render(request, "webhooks/detail.html", {"endpoint": endpoint, "rows": deliveries})


@for_who_leads_the_team
@require_POST
def try_out(request, pk):
    _own(request, pk).try_out()
    messages.success(request, _("A test is on its way."))
    return redirect("webhooks:detail", pk)


@for_who_leads_the_team
@require_POST
def enable(request, pk):
    _own(request, pk).enable()
    messages.success(request, _("Enabled: it hears of what happens from now on."))
    return redirect("webhooks:detail", pk)


@for_who_leads_the_team
@require_POST
def replace_secret(request, pk):
    _own(request, pk).replace_secret()
    messages.success(request, _("There is a new secret. The one before signs along for a day."))
    return redirect("webhooks:detail", pk)


@for_who_leads_the_team
@require_POST
def redeliver(request, pk, delivery):
    endpoint = _own(request, pk)
    row = get_object_or_404(endpoint.deliveries, pk=delivery)
    if endpoint.disabled_at:
        messages.error(request, _("It is disabled: enable it, then send this again."))
    else:
        row.redeliver()
        messages.success(request, _("It is sent again."))
    return redirect("webhooks:detail", pk)


@for_who_leads_the_team
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request, pk):
    endpoint = _own(request, pk)
    if request.method == "POST":
        endpoint.remove()
        messages.success(request, _("The webhook is removed."))
        return redirect("webhooks:list")
    return render(request, "webhooks/remove.html", {"endpoint": endpoint})


def _own(request, pk):
    return get_object_or_404(WebhookEndpoint.objects.visible_to(request.user), pk=pk)


def _worded(endpoint):
    endpoint.tells = [EVENTS[kind] for kind in endpoint.events if kind in EVENTS]
    return endpoint
