"""The worker's jobs for webhooks. An endpoint that does not answer costs others nothing: each is
sent to in a thread of its own, one delivery after the other."""

import logging
import threading
from concurrent import futures
from time import monotonic

from django.db import connections

from crm.webhooks.delivery import WebhookDelivery
from crm.webhooks.endpoint import read
from crm.webhooks.recording import record_notifications
from notifications.worker import Job

logger = logging.getLogger(__name__)

AT_ONCE = 8  # endpoints
TURN_SECONDS = 20  # for one, which begins no delivery after that: others have their turn
HOUR = 3600

_busy, _lock, _turn = {}, threading.Lock(), {"last": 0}
_pool = futures.ThreadPoolExecutor(AT_ONCE, "webhooks")


def deliver() -> int:
    """Begins with endpoints for which something waits, each in its turn, and waits for none."""
    waiting = WebhookDelivery.objects.waiting().order_by("endpoint_id").distinct()
    pks = list(waiting.values_list("endpoint_id", flat=True))
    for pk in sorted(pks, key=lambda pk: (pk <= _turn["last"], pk)):
        with _lock:
            if pk in _busy or len(_busy) >= AT_ONCE:
                continue
            _busy[pk] = _pool.submit(_deliver_aside, pk)
            _turn["last"] = pk
    return 0


def wait() -> None:
    """Until what was begun is done."""
    with _lock:
        begun = list(_busy.values())
    futures.wait(begun)


def deliver_to(endpoint_id: int) -> int:
    """Sends what waits for it, oldest first, until it refuses one; returns how many were tried."""
    tried, until = 0, monotonic() + TURN_SECONDS
    while monotonic() < until and (row := WebhookDelivery.objects.claim(endpoint_id)):
        tried += 1
        if not row.send():
            break
    return tried


def _deliver_aside(pk):
    try:
        deliver_to(pk)
    except Exception:
        logger.exception("Webhook %s could not be delivered to: it is tried again", pk)
    finally:
        with _lock:
            _busy.pop(pk, None)
        connections.close_all()


def look() -> int:
    read()
    return 0


def forget_old() -> int:
    return WebhookDelivery.objects.forget_old()


JOBS = [
    Job("webhooks that there are", 2, look),
    Job("notifications for webhooks", 1, record_notifications),
    Job("webhooks to deliver", 1, deliver),
    Job("old webhook deliveries", HOUR, forget_old),
]
