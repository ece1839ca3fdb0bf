"""The log of what a source brought, and what is done with one delivery."""

from time import monotonic

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from leads.intake.payload import shown
from leads.models import Delivery
from leads.models.delivery import NotDone
from leads.views.for_managers import of_source

PAGE = 50
AT_ONCE = 100  # leads that replaying makes at a time
TRIED, SECONDS = 1_000, 10  # of those that fail again, and for how long: they hold up no other
State = Delivery.State


@of_source
@require_GET
def log(request, source):
    """The latest first; ``state`` narrows it, ``before`` is the one that ended the page before."""
    state = request.GET.get("state", "")
    state = state if state in State.values else ""
    before = _number(request.GET.get("before", ""))
    rows = source.deliveries.defer("payload").select_related("lead").order_by("-pk")
    rows = rows.filter(state=state) if state else rows
    rows = list((rows.filter(pk__lt=before) if before else rows)[: PAGE + 1])
    context = {
        "source": source,
        "rows": rows[:PAGE],
        "more": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "older": before is not None,
        "state": state,
        "states": State.choices,
        "failed": source.deliveries.replayable()[:AT_ONCE].count(),
    }
    return render(request, "sources/deliveries.html", context)


def of_delivery(view):
    """Gives the view the delivery instead of its number."""

    def wrapped(request, source, delivery):
        found = source.deliveries.select_related("lead").filter(pk=delivery).first()
        if found is None:
            raise Http404
        found.source = source
        return view(request, source, found)

    return of_source(wrapped)


@of_delivery
@require_GET
def detail(request, source, delivery):
    context = {
        "source": source,
        "delivery": delivery,
        "payload": shown(delivery),
        "kept_until": delivery.received_at + Delivery.PAYLOAD_KEPT,
    }
    return render(request, "sources/delivery.html", context)


def _does(verb, sentence):
    """A view that does it, and says what came of it."""

    @of_delivery
    @require_POST
    def view(request, source, delivery):
        try:
            getattr(delivery, verb)(by=request.user)
            messages.success(request, sentence(delivery))
        except NotDone as problem:
            messages.warning(request, str(problem))
        return redirect("sources:delivery", source.pk, delivery.pk)

    return view


def _said(delivery) -> str:
    if delivery.state == State.MADE:
        return _("It made a lead: %(lead)s") % {"lead": delivery.lead}
    if delivery.state == State.WAITING:
        return _("It is fetched again: look in a moment.")
    return delivery.why or delivery.get_state_display()


replay = _does("replay", _said)
accept = _does("accept", _said)
turn_away = _does("turn_away", lambda _delivery: _("It is turned away."))


@of_source
@require_POST
def replay_failed(request, source):
    """All that failed, the oldest first, until ``AT_ONCE`` are made: each by itself. The log shows
    which failed again."""
    made, not_made, until = 0, {}, monotonic() + SECONDS
    failed = source.deliveries.replayable().defer("payload").order_by("pk")
    for delivery in failed[:TRIED]:
        if made == AT_ONCE or monotonic() > until:
            break
        delivery.source = source
        try:
            delivery.replay(by=request.user)
            reason = "" if delivery.state == State.MADE else _said(delivery)
        except NotDone as problem:
            reason = str(problem)
        made += not reason
        if reason:
            not_made.setdefault(reason, []).append(delivery.pk)
    _tell(request, made, not_made)
    log_of = reverse("sources:deliveries", args=[source.pk])
    return redirect(f"{log_of}?state={State.FAILED}" if not_made else log_of)


def _tell(request, made, not_made):
    if made:
        said = ngettext("%(n)s made a lead.", "%(n)s made a lead each.", made)
        messages.success(request, said % {"n": made})
    for reason, ids in not_made.items():
        said = ngettext("%(n)s did not: %(why)s", "%(n)s did not: %(why)s", len(ids))
        messages.warning(request, said % {"n": len(ids), "why": reason})
    if not (made or not_made):
        messages.warning(request, _("Nothing has failed."))


def _number(text) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
