"""An import that is undone: what it made goes, what it changed is as it was, batch by batch."""

from django.db import models, transaction
from django.db.models import Exists, F, Max, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from leads import frames, outward
from leads.intake.vocabulary import TAGS
from leads.models import (
    Activity,
    Appointment,
    Comment,
    FileImport,
    ImportedRow,
    Interaction,
    Lead,
    Merge,
    Origin,
    Tag,
    Task,
)
from leads.models.merge import still_there
from notifications import audit
from notifications.models import Event, Notification

BATCH = 200
MOST_TOLD = 200  # leads whose going is told by a frame each
State = FileImport.State


def made_by(row: FileImport):
    """The leads that the import made and that are there; one that was merged into another is
    not."""
    return Lead.objects.filter(origins__file_import=row, origins__made=F("pk"))


def touched(leads, row: FileImport):
    """Those that somebody worked on since: whatever one does shows in the lead, its tags or its
    timeline."""
    ours = ImportedRow.objects.filter(file_import=row, lead=OuterRef("pk"))
    last = ours.order_by().values("lead").annotate(last=Max("at")).values("last")
    since = leads.annotate(imported_at=Coalesce(models.Subquery(last), "created_at"))
    later = Activity.objects.filter(lead=OuterRef("pk"), created_at__gt=OuterRef("imported_at"))
    tagged = Tag.objects.filter(lead=OuterRef("pk"), given_at__gt=OuterRef("imported_at"))
    others = [
        Exists(relation.related_model._base_manager.filter(**{relation.field.name: OuterRef("pk")}))
        for relation in belongings()
    ]
    worked_on = Q(updated_at__gt=F("imported_at")) | Q(Exists(later)) | Q(Exists(tagged))
    for other in others:
        worked_on |= Q(other)
    return since.filter(worked_on)


def belongings():
    """What people add to a lead; its timeline tells of most, but not when that was taken back."""
    by_people = (Comment, Task, Interaction, Appointment, Merge)
    return [each for each in Lead._meta.related_objects if each.related_model in by_people]


def undo_batch(row: FileImport) -> None:
    """First the updates, the latest first, then what was made."""
    with transaction.atomic():
        locked = FileImport.objects.select_for_update(of=("self",))
        stored = locked.filter(pk=row.pk, state=State.UNDOING).first()
        if stored is None:
            return
        if not (_forget_extras(stored) or _give_back(stored) or _take_away(stored)):
            _end(stored)
        stored.save()
    row.refresh_from_db()


def _forget_extras(row) -> bool:
    """What it kept with leads that were there already."""
    extras = Origin.objects.filter(file_import=row, made=None).order_by("row")
    pks = list(extras.values_list("pk", flat=True)[:BATCH])
    Origin.objects.filter(pk__in=pks).delete()
    return bool(pks)


def _give_back(row) -> bool:
    """What updated leads took goes back where it still is as it was taken. Those that the import
    made itself go, or stay as they are; one that was merged into another stays with that, which
    may have the same of its own."""
    updated = row.rows.filter(outcome=ImportedRow.Outcome.UPDATED, undone=False)
    told = list(updated.order_by("-number")[:BATCH])
    locked = Lead.objects.select_for_update(no_key=True).order_by("pk")
    theirs = {one.lead_id for one in told} - {None}
    theirs -= set(made_by(row).filter(pk__in=theirs).values_list("pk", flat=True))
    leads = {lead.pk: lead for lead in locked.filter(pk__in=theirs)}
    merged = _moved_by_merges(leads)
    for one in told:
        lead = leads.get(one.lead_id)
        if lead is not None and one.pk not in merged:
            _back(lead, one.took, row.undone_by)
    ImportedRow.objects.filter(pk__in=[one.pk for one in told]).update(undone=True)
    row.undo_done += len(told)
    return bool(told)


def _moved_by_merges(leads) -> set[int]:
    """The rows that were of leads which were merged into these."""
    moved = Merge.objects.standing().filter(kept__in=leads).values_list("moved", flat=True)
    return {pk for each in moved for pk in each.get(ImportedRow._meta.label, ())}


def _back(lead, took, by):
    took, tags = dict(took), took.get(TAGS, [])
    took.pop(TAGS, None)
    lead.tags.filter(name__in=tags).delete()
    back = {name: was for name, (was, now) in took.items() if getattr(lead, name) == now}
    if "owner_id" in back:
        back["owner_id"] = still_there(back["owner_id"])
    for name, was in back.items():
        setattr(lead, name, was)
    if back and _is_whole(lead):
        lead.save(by=by, unheard=True)


def _is_whole(lead) -> bool:
    return bool((lead.person or lead.company) and (lead.email or lead.phone))


def _take_away(row) -> bool:
    """The next leads that it made go, but for those that somebody worked on since."""
    origins = Origin.objects.filter(file_import=row, row__gt=row.undo_place, made=F("lead_id"))
    places = dict(origins.order_by("row").values_list("made", "row")[:BATCH])
    if not places:
        return False
    locked = Lead.objects.select_for_update().filter(pk__in=places).order_by("pk")
    pks = set(locked.values_list("pk", flat=True))
    if not row.undo_touched:
        kept = set(touched(Lead.objects.filter(pk__in=pks), row).values_list("pk", flat=True))
        row.undo_kept += len(kept)
        pks -= kept
    _delete(sorted(pks), row.undone_by, tell=row.created <= MOST_TOLD)
    row.undo_done += len(places)
    row.undo_place = max(places.values())
    return True


def _delete(pks, by, tell):
    """As ``Lead.delete`` does each. Nobody was told of most: those go together."""
    told = set(
        Notification.objects.filter(related_lead__in=pks).values_list("related_lead", flat=True)
    )
    told |= set(Event.objects.filter(related_lead__in=pks).values_list("related_lead", flat=True))
    for lead in Lead.objects.filter(pk__in=told):
        lead.delete(by=by)
    if untold := [pk for pk in pks if pk not in told]:
        about = f"{len(untold)} leads of an import, {untold[0]} to {untold[-1]}"
        audit.note(audit.Deed.LEAD_DELETED, about=about, by=by)
    models.QuerySet(Lead).filter(pk__in=untold).delete()
    outward.record(outward.DELETED, [Lead(pk=pk) for pk in untold])
    if tell:
        texts = [frames.lead_deleted(pk) for pk in untold]
        transaction.on_commit(lambda: frames.send_all(texts), robust=True)


def _end(row):
    row.state, row.undone_at = State.UNDONE, timezone.now()
    if row.created > MOST_TOLD or row.updated:
        frames.send_after_commit(frames.many())
