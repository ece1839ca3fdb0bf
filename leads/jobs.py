"""The worker's jobs for leads."""

from leads.models import IdempotencyKey
from notifications.worker import Job

HOUR = 3600


def forget_keys() -> int:
    return IdempotencyKey.objects.forget_expired()


JOBS = [Job("expired idempotency keys", HOUR, forget_keys)]
