"""How sources stand: what they brought of late, and what needs a look."""

from datetime import timedelta

from django.db.models import Count, Max
from django.utils import timezone

from leads.models import Delivery

LATELY = timedelta(days=30)
NEED_A_LOOK = (Delivery.State.FAILED, Delivery.State.SUSPECT)


def standing(sources) -> list:
    """The sources, each with ``made`` and ``last_at``, and with how many ``failed`` or are kept
    ``aside``. Three queries, however many sources."""
    sources = list(sources)
    theirs = Delivery.objects.filter(source__in=sources).order_by()
    lately = theirs.filter(received_at__gt=timezone.now() - LATELY, is_test=False)
    made = _counted(lately.filter(state=Delivery.State.MADE))
    # Of what is kept no longer nothing can be made any more.
    open_ = _counted(theirs.filter(state__in=NEED_A_LOOK, payload__isnull=False))
    last = dict(theirs.values_list("source").annotate(at=Max("received_at")))
    for source in sources:
        source.made = made.get((source.pk, Delivery.State.MADE), 0)
        source.failed = open_.get((source.pk, Delivery.State.FAILED), 0)
        source.aside = open_.get((source.pk, Delivery.State.SUSPECT), 0)
        source.last_at = last.get(source.pk)
    return sources


def _counted(deliveries) -> dict:
    """By source and state."""
    counts = deliveries.values_list("source", "state").annotate(n=Count("pk"))
    return {(source, state): n for source, state, n in counts}
