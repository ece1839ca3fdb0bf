"""Which value of what a source brings each field of a lead gets, against what came last."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leads.forms.mapping import MappingForm
from leads.intake.payload import shown
from leads.intake.trial import latest, trial
from leads.models import Delivery
from leads.views.deliveries import AT_ONCE
from leads.views.for_managers import of_source


@of_source
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, source):
    """``delivery`` is another one to look at than the last; ``preview`` shows the lead that would
    be made, ``usual`` lets each value find its field by its name again."""
    delivery = _asked(request, source)
    if request.method == "POST" and "usual" in request.POST:
        source.map({})
        messages.success(request, _("Each value finds its field by its name again."))
        return redirect(request.get_full_path())
    pairs = delivery.pairs() if delivery else []
    form = MappingForm(request.POST or None, source, pairs)
    valid = request.method == "POST" and form.is_valid()
    if valid and "preview" not in request.POST:
        form.save()
        messages.success(request, _("Saved. What comes from now on is taken like that."))
        return redirect(request.get_full_path())
    context = {
        "source": source,
        "delivery": delivery,
        "form": form,
        "payload": shown(delivery) if delivery else "",
        "trial": trial(source, delivery, form.chosen) if delivery else None,
        "failed": source.deliveries.replayable()[:AT_ONCE].count(),
    }
    return render(request, "sources/mapping.html", context)


def _asked(request, source) -> Delivery | None:
    text = request.GET.get("delivery", "")
    if text.isascii() and text.isdigit() and len(text) < 19:
        kept = source.deliveries.filter(pk=int(text), payload__isnull=False)
        if found := kept.first():
            found.source = source
            return found
    return latest(source)
