from leads.models.idempotency import IdempotencyKey
from leads.models.lead import Lead

__all__ = ["IdempotencyKey", "Lead"]
