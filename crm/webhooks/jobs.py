"""The worker's jobs for webhooks. An endpoint that does not answer costs others nothing: each is
sent to in a thread of its own, one delivery after the other."""

import logging
import threading
from concurrent import futures

from django.db import connections

from crm.webhooks.delivery import WebhookDelivery
from crm.webhooks.endpoint import read
from crm.webhooks.recording import record_notifications
from notifications.worker import Job

logger = logging.getLogger(__name__)

AT_ONCE = 8  # endpoints
IN_A_ROW = 100  # deliveries to one, before others have their turn
HOUR = 3600

_busy, _lock = {}, threading.Lock()
_pool = futures.ThreadPoolExecutor(AT_ONCE, "webhooks")


def deliver() -> int:
    """Begins with every endpoint for which something waits, and waits for none."""
    waiting = WebhookDelivery.objects.waiting().order_by("endpoint_id").distinct()
    for pk in list(waiting.values_list("endpoint_id", flat=True)[: 10 * AT_ONCE]):
        with _lock:
            if pk in _busy or len(_busy) >= AT_ONCE:
                continue
            _busy[pk] = _pool.submit(_deliver_aside, pk)
    return 0


def wait() -> None:
    """Until what was begun is done."""
    with _lock:
        begun = list(_busy.values())
    futures.wait(begun)


def deliver_to(endpoint_id: int) -> int:
    """Sends what waits for it, oldest first; returns how many were tried."""
    for count in range(IN_A_ROW):
        row = WebhookDelivery.objects.claim(endpoint_id)
        if row is None:
            return count
        row.send()
    return IN_A_ROW


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
