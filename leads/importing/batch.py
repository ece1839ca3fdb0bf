"""Rows become leads: a batch of them, in the transaction of whoever calls."""

import logging
from collections import defaultdict

from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from leads.importing.duplicates import Found, InBatch, find
from leads.importing.mapping import FIELDS
from leads.intake.vocabulary import TAGS
from leads.models import FileImport, ImportedRow, Lead, Origin, Tag
from leads.models.storing import Maker, store
from leads.models.tag import tags_of
from notifications import metrics

log = logging.getLogger(__name__)
Outcome = ImportedRow.Outcome
Duplicates = FileImport.Duplicates
TAKEN = (*FIELDS, "owner_id")


def bring_in(row: FileImport, rows: list) -> None:
    """Stores what the rows make, and counts it in ``row``, which the caller stores. Where the
    database takes the rows not together each is tried by itself."""
    try:
        with transaction.atomic():
            batch = Batch(row, rows)
            batch.store()
    except OperationalError:  # the database's trouble, and no row's
        raise
    except Exception:
        if len(rows) == 1:
            raise
        log.exception("a batch of import %s failed: each row is tried by itself", row.pk)
        for one in rows:
            _bring_in_alone(row, one)
    else:
        batch.count()


def _bring_in_alone(row, one):
    try:
        bring_in(row, [one])
    except OperationalError:
        raise
    except Exception:
        log.exception("row %s of import %s failed", one.number, row.pk)
        one.problems.append(("", _("It could not be stored.")))
        bring_in(row, [one])


lead_of, origin_of = Maker(Lead), Maker(Origin)


def for_all(row: FileImport) -> dict:
    """What a new lead has where its row says nothing of its own; an update says nothing then."""
    given = {"source": row.source, "owner_id": row.owner_id}
    return {name: value for name, value in given.items() if value}


class Batch:
    def __init__(self, row: FileImport, rows: list):
        self.row, self.rows, self.now = row, rows, timezone.now()
        self.new, self.updates, self.others = [], defaultdict(list), []  # others: with their lead
        self._pending = InBatch()
        self._for_all = for_all(row)

    def store(self):
        sound = [row for row in self.rows if not row.problem]
        for row in self.rows:
            if row.problem:
                self._fail(row, *row.problem)
        if self.row.duplicates == Duplicates.CREATE:
            found = [Found("", "", None)] * len(sound)
        else:
            found = find(sound)
        for row, keys in zip(sound, found, strict=True):
            self._sort(row, keys)
        self._store_new()
        self._store_updates()
        store(ImportedRow, [self._with_lead(told, lead) for told, lead in self.others])

    def count(self):
        outcomes = [told.outcome for told, _lead in self.others]
        self.row.created += len(self.new)
        self.row.updated += outcomes.count(Outcome.UPDATED)
        self.row.skipped += outcomes.count(Outcome.SKIPPED)
        self.row.failed_rows += outcomes.count(Outcome.FAILED)

    # Which row becomes what

    def _sort(self, row, keys):
        made = None if keys.lead_id else self._pending.find(keys)
        if keys.lead_id is None and made is None:
            self._make(row, keys)
        elif self.row.duplicates == Duplicates.SKIP:
            reason = _("There is a lead with this e-mail or phone.")
            self._tell(row, Outcome.SKIPPED, "", reason, made[0] if made else keys.lead_id)
        elif made is not None:
            self._add_to(*made, row)
        else:
            self.updates[keys.lead_id].append(row)

    def _make(self, row, keys):
        if lacking := row.lacking():
            self._fail(row, *lacking)
            return
        at = {"created_at": self.now, "updated_at": self.now, "created_by_id": self.row.by_id}
        lead = lead_of(**self._for_all | row.values, **at)
        self.new.append((lead, row))
        self._pending.add(keys, (lead, row))

    def _add_to(self, lead, first, row):
        """To a lead that the ``first`` row made, in the same batch: as if they had been one."""
        for name, value in row.values.items():
            setattr(lead, name, value)
        first.kept += row.kept
        first.tags = list(tags_of([*first.tags, *row.tags]).values())
        self._tell(row, Outcome.UPDATED, "", _("A row before made this lead."), lead)

    def _fail(self, row, column, reason):
        self._tell(row, Outcome.FAILED, column, reason, None)

    def _tell(self, row, outcome, column, reason, lead, took=None):
        cells = [] if outcome == Outcome.UPDATED else [cell.replace("\0", "") for cell in row.cells]
        told = ImportedRow(
            file_import_id=self.row.pk,
            number=row.number,
            outcome=outcome,
            column=column[:200],
            reason=reason,
            cells=cells,
            took=took or {},
            at=self.now,
        )
        self.others.append((told, lead))

    def _with_lead(self, told, lead):
        told.lead_id = lead.pk if isinstance(lead, Lead) else lead
        return told

    # Storing it

    def _store_new(self):
        Lead.objects.store_quietly([lead for lead, _row in self.new])
        count = len(self.new)
        transaction.on_commit(lambda: metrics.leads_created.add(count), robust=True)
        store(Origin, [self._origin(row, lead.pk, made=lead.pk) for lead, row in self.new])
        store(Tag, [self._tag(lead.pk, tag) for lead, row in self.new for tag in row.tags])

    def _tag(self, lead_id, name):
        return Tag(lead_id=lead_id, name=name, given_at=self.now)

    def _origin(self, row, lead_id, made=None):
        return origin_of(
            lead_id=lead_id,
            file_import_id=self.row.pk,
            row=row.number,
            made=made,
            fields=[list(pair) for pair in row.kept],
            created_at=self.now,
        )

    def _store_updates(self):
        """In the order of their ids, as everybody locks leads."""
        locked = Lead.objects.filter(pk__in=self.updates).order_by("pk")
        leads = {lead.pk: lead for lead in locked.select_for_update(no_key=True)}
        has, origins, tags = Tag.objects.of_leads(leads), [], []
        has = {pk: {tag.casefold() for tag in has.get(pk, ())} for pk in leads}
        for pk in sorted(self.updates):
            for row in self.updates[pk]:
                if pk not in leads:
                    self._fail(row, "", _("Its lead was deleted meanwhile."))
                    continue
                new = [tag for tag in row.tags if tag.casefold() not in has[pk]]
                has[pk] |= {tag.casefold() for tag in new}
                tags += [self._tag(pk, tag) for tag in new]
                origins += [self._origin(row, pk)] if row.kept else []
                self._update(leads[pk], row, new)
        store(Origin, origins)
        store(Tag, tags)

    def _update(self, lead, row, tags):
        took = {
            name: [getattr(lead, name), value]
            for name, value in row.values.items()
            if name in TAKEN and getattr(lead, name) != value
        }
        for name, (_was, value) in took.items():
            setattr(lead, name, value)
        if took:
            lead.save(by=self.row.by, unheard=True)
        took |= {TAGS: tags} if tags else {}
        if took or row.kept:
            self._tell(row, Outcome.UPDATED, "", "", lead.pk, took)
        else:
            self._tell(row, Outcome.SKIPPED, "", _("The lead has all of this already."), lead.pk)
        self.others[-1][0].at = timezone.now()  # after what the change told in the timeline
