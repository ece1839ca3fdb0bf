"""The worker's jobs for leads."""

from leads.models import IdempotencyKey, Looking
from notifications.worker import Job

HOUR = 3600


def forget_keys() -> int:
    return IdempotencyKey.objects.forget_expired()


def forget_lapsed_lookings() -> int:
    return Looking.objects.forget_lapsed()


JOBS = [
    Job("expired idempotency keys", HOUR, forget_keys),
    Job("who looks at a lead no more", 5, forget_lapsed_lookings),
]
