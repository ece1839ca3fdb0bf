"""The personal data of one lead: all that is kept of it, to take along, and to erase on request.

What is kept follows from what points at a lead, so that a table that is added is not forgotten:
docs/security.md says what goes with an erasure and what stays.
"""

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q

from leads import outward
from leads.models import Activity, Delivery, IdempotencyKey, ImportedRow, Lead, Merge
from notifications import audit
from notifications.models import Event, Notification
from notifications.models.archive import ArchivedNotification

# What points at a lead and says something of who looks at or follows it, and nothing of the lead.
OF_USERS = {"leads.Looking", "leads.Following"}
SECRET = {"token", "secret"}  # fields that say nothing of anybody, and are not for taking along


def everything_of(lead) -> dict:
    """All that is kept of it, by table, each row with its fields, as ``Encoder`` takes them.
    Notifications are there once for each happening, whoever was told."""
    kept = {"leads.Lead": [_row(lead)]}
    for relation in belonging():
        rows = relation.related_model._base_manager.filter(**{relation.field.name: lead})
        kept[relation.related_model._meta.label] = [_row(row) for row in rows.order_by("pk")]
    kept["notifications.Notification"] = _told_of(lead)
    kept["notifications.ArchivedNotification"] = [_row(row) for row in archived(lead)]
    undone = Merge.objects.filter(lead_id_was__in=_ids(lead)).exclude(kept=lead).order_by("pk")
    kept["leads.ImportedRow"] = [_row(row) for row in _imported(lead).order_by("pk")]
    kept["leads.Merge"] += [_row(row) for row in undone]
    for rows in (_administered(lead), *outward.kept_of(_ids(lead))):
        kept[rows.model._meta.label] = [_row(row) for row in rows.order_by("pk")]
    return kept


def belonging():
    """What points at a lead, but for notifications, of which there are as many as users."""
    return [
        relation
        for relation in Lead._meta.related_objects
        if relation.related_model._meta.label not in OF_USERS
        and relation.related_model is not Notification
    ]


def archived(lead):
    """An archived notification knows no lead: it is found by the name in its words."""
    named = Q()
    for each in _as_they_were(lead):
        named |= Q(message__contains=str(each)) | Q(message__contains=each.name)
    return ArchivedNotification.objects.filter(named).order_by("pk")


def _as_they_were(lead) -> list[Lead]:
    """The lead, and those that were merged into it: they were somebody who is the same."""
    merges = Merge.objects.standing().filter(kept=lead)
    return [lead, *(merge.lead_as_it_was() for merge in merges)]


def _ids(lead) -> list[int]:
    return [each.pk for each in _as_they_were(lead)]


def _told_of(lead):
    rows = Notification.objects.filter(related_lead_id=lead.pk)
    texts = rows.order_by("type", "title", "message").values("type", "title", "message")
    return list(texts.distinct())


def _row(row) -> dict:
    fields = [field for field in row._meta.concrete_fields if field.name not in SECRET]
    return {field.attname: _plain(getattr(row, field.attname)) for field in fields}


def _plain(value):
    """Bytes are what a sender brought, mostly text."""
    return (
        bytes(value).decode("utf-8", "replace") if isinstance(value, (bytes, memoryview)) else value
    )


class Encoder(DjangoJSONEncoder):
    def default(self, value):
        try:
            return super().default(value)
        except TypeError:
            return str(value)


def erase(lead, by) -> None:
    """The lead goes as by ``delete``; and of what outlives a lead, what says something of it.
    Raises DoesNotExist for a lead that was deleted meanwhile."""
    with transaction.atomic():
        lead = Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
        archived(lead).update(title=ERASED, message="")
        _erase_merges(lead)
        nothing = {"payload": None, "headers": {}, "address": None, "reason": ""}
        Delivery.objects.filter(Q(lead=lead) | Q(pk__in=_deliveries(lead))).update(**nothing)
        _imported(lead).update(cells=[], took={}, reason="")
        for pk in _ids(lead):
            IdempotencyKey.objects.filter(answer__contains=f'"id":{pk},').delete()
        Event.objects.filter(related_lead=lead).update(title=ERASED, message="", url="")
        _administered(lead).update(object_repr=ERASED, change_message="")
        for rows in outward.kept_of(_ids(lead)):
            rows.delete()
        audit.note(audit.Deed.LEAD_ERASED, about=f"lead {lead.pk}", by=by)
        lead.delete(erased=ERASED)


ERASED = "Erased"  # what stands in the place of words that are gone


def _imported(lead):
    """Rows of files that are about it, and that have its e-mail: of what failed no lead tells."""
    about = Q(lead=lead)
    for each in _as_they_were(lead):
        if each.email:
            about |= Q(cells__icontains=each.email)
    return ImportedRow.objects.filter(about)


def _administered(lead):
    """What the admin keeps of changes made there: names of the lead and what belongs to it."""
    about = _entries_of(Lead, _ids(lead))
    for relation in belonging():
        rows = relation.related_model._base_manager.filter(**{relation.field.name: lead})
        about |= _entries_of(relation.related_model, rows.values_list("pk", flat=True))
    return LogEntry.objects.filter(about)


def _entries_of(model, pks):
    kind = ContentType.objects.get_for_model(model)
    return Q(content_type=kind, object_id__in=[str(pk) for pk in pks])


def _deliveries(lead):
    return lead.origins.exclude(delivery=None).values_list("delivery_id", flat=True)


def _erase_merges(lead):
    """Merges that were undone, which say what the lead was; those that stand go with it."""
    merges = Merge.objects.filter(lead_id_was__in=_ids(lead)).exclude(undone_at=None)
    told = Q(merge__in=merges) | Q(
        kind=Activity.Kind.MERGE_UNDONE, lead__in=merges.values_list("kept", flat=True)
    )
    Activity.objects.filter(told).update(message="", changes=[])
    merges.update(was={}, took={}, moved={})
