"""The page on which administrators see how it goes, and try again what failed."""

from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from crm.operations import delays, processes, queues
from crm.webhooks.delivery import WebhookDelivery
from leads import policy
from leads.models import Delivery
from notifications.models import fan_out


def for_who_may_operate(view):
    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if not policy.may_operate(request.user):
            raise PermissionDenied(policy.ONLY_ADMINISTRATORS_OPERATE)
        return view(request, *args, **kwargs)

    return login_required(never_cache(wrapped))


@for_who_may_operate
@require_GET
def index(request):
    """Fills itself anew every ten seconds."""
    running, events = processes.shown(), queues.Events.found()
    context = {
        "processes": running,
        "servers": [each for each in running if each.is_alive and each.sockets is not None],
        "sockets": sum(each.sockets or 0 for each in running if each.is_alive),
        "workers": processes.Workers.found(),
        "events": events,
        "failed": queues.failed()[: queues.FAILED_SHOWN] if events.parked else [],
        "deliveries": _named(queues.deliveries()),
        "webhooks": [(state.label, n) for state, n in WebhookDelivery.objects.by_state().items()],
        "delays": [
            (_("Until it was pushed"), delays.pushed()),
            (_("Until a client had it"), delays.received()),
        ],
    }
    return render(request, "operations/index.html", context)


def _named(by_state):
    return [(Delivery.State(state), count) for state, count in by_state.items()]


@for_who_may_operate
@require_POST
def try_again(request):
    """``event`` is the one; without it all that failed."""
    wanted = request.POST.get("event", "")
    events = queues.failed()
    if wanted:
        known = wanted.isascii() and wanted.isdigit() and len(wanted) < 19
        events = events.filter(pk=wanted) if known else events.none()
    if count := events.try_again():
        fan_out.wake()
        said = ngettext(
            "%(count)s event is tried again.", "%(count)s events are tried again.", count
        )
        messages.success(request, said % {"count": count})
    else:
        messages.info(request, _("It did not fail, or was tried again already."))
    return redirect("operations:index")
