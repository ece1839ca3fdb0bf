"""What a sender only announced is fetched, some at a time."""

import logging
from concurrent.futures import ThreadPoolExecutor

from django.db import transaction

from leads.intake import graph
from leads.models import Delivery

logger = logging.getLogger(__name__)

AT_ONCE = 8  # so that the other jobs wait for one that is slow, and not for all of them


def fetch_due() -> int:
    """Fetches what is due of ``AT_ONCE``, each in a thread of its own, and makes leads of it;
    returns how many there were."""
    claimed = Delivery.objects.claim(AT_ONCE)
    if not claimed:
        return 0
    with ThreadPoolExecutor(len(claimed), "fetching") as threads:
        answers = list(threads.map(_asked, claimed))
    for delivery, answer in zip(claimed, answers, strict=True):
        try:
            _conclude(delivery, answer)
        except Exception:  # it is claimed again when its lease is over, and costs no other its turn
            logger.exception("Delivery %s was fetched and not stored", delivery.pk)
    return len(claimed)


def _asked(delivery):
    """The lead, or why there is none; without a word to the database, whose connections are not
    for these threads."""
    source = delivery.source
    try:
        return graph.lead(source.door.lead_id(bytes(delivery.payload)), source.access_token)
    except (graph.NotNow, graph.Never) as problem:
        return problem


def _conclude(delivery, answer) -> None:
    if isinstance(answer, dict):
        delivery.got(answer)
    elif isinstance(answer, graph.Never):
        delivery.gave_up(str(answer))
    else:
        with transaction.atomic():  # what is parked and still waits nobody could replay
            delivery.failed(answer)
            if delivery.parked_at:
                delivery.gave_up(str(answer))
