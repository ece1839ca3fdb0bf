"""What webhooks tell, recorded: of leads in the transaction of the change, of notifications by the
sequence of who is notified, which has no gaps."""

from django.db import transaction
from django.db.models import Q

from crm.webhooks.delivery import WebhookDelivery, body_of
from crm.webhooks.endpoint import NOTIFIED, WebhookEndpoint, hearing
from leads import outward
from leads.serializers import LeadSerializer
from notifications.models import Notification

BATCH = 200


def connect() -> None:
    if record not in outward.recorders:
        outward.recorders.append(record)
        outward.keepers.append(told_of)


def record(kind: str, leads: list) -> None:
    """Costs nothing where nobody listens."""
    endpoints = hearing(kind)
    if not endpoints:
        return
    bodies = [body_of(kind, _said_of(kind, lead)) for lead in leads]
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(endpoint=endpoint, kind=kind, body=body)
        for endpoint in endpoints
        for body in bodies
    )


def told_of(lead_ids: list[int]):
    """Deliveries in which stands what the leads were, of webhooks that were removed too. In a text
    within JSON the quotes would be escaped: there is no other place where this can stand."""
    found = Q()
    for pk in lead_ids:
        told = (outward.CREATED, outward.UPDATED)
        found |= Q(body__contains=f'"data":{{"id":{pk},', kind__in=told)
        found |= Q(body__contains=f'"relatedLeadId":{pk},', kind=NOTIFIED)
    return WebhookDelivery.objects.filter(found)


def _said_of(kind, lead) -> dict:
    return {"id": lead.pk} if kind == outward.DELETED else LeadSerializer(lead).data


def record_notifications() -> int:
    """What has arrived for the owners since the last time; returns how many deliveries. Each is
    recorded once, however many workers do this: the endpoint's row is locked."""
    return sum(_record_for(endpoint.pk) for endpoint in hearing(NOTIFIED))


def _record_for(pk: int) -> int:
    with transaction.atomic():
        locked = WebhookEndpoint.objects.hearing().select_for_update(skip_locked=True, of=("self",))
        endpoint = locked.filter(pk=pk).first()
        if endpoint is None:
            return 0
        own = Notification.objects.visible_to(endpoint.owner_id)
        new = list(own.filter(arrival__gt=endpoint.notified_up_to).order_by("arrival")[:BATCH])
        if not new:
            return 0
        WebhookDelivery.objects.bulk_create(
            WebhookDelivery(endpoint=endpoint, kind=NOTIFIED, body=body_of(NOTIFIED, row.as_json()))
            for row in new
        )
        rows = WebhookEndpoint.objects.filter(pk=pk)
        rows.update(notified_up_to=new[-1].arrival)
    return len(new)
