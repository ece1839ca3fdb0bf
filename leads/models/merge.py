"""Two leads that are one: the one is kept with everything of both, the other goes, and comes back
as it was if the merge is undone.

The merged lead leaves its table, so that no list, count or search has to know of merges; what it
was and which rows it had stay here: see docs/decisions/0007-a-merged-lead-leaves-its-table.md.
"""

import copy
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Concat, Substr
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads import frames, outward
from leads.models.activity import Activity, change
from leads.models.following import Following
from leads.models.lead import Lead
from leads.models.looking import Looking
from leads.models.telling import tell_after_commit
from notifications.models import Event, Notification

EVENTS, NOTIFICATIONS = Event._meta.label, Notification._meta.label
STAGE_SINCE = "stage_changed_at"
FOLLOWINGS = "followings"  # beside the fields of what a merged lead was

# What one chooses from, lead by lead. The rest of a lead is its own: its id, score and times.
FIELDS = (*Lead.CONTACT_FIELDS, "message", "source", "stage", "owner_id")


class NotUndone(Exception):
    """Says why, for people to read."""


class MergeQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(undone_at=None)

    def heir_of(self, lead_id: int) -> int | None:
        """The lead that has taken the place of this one, if one has."""
        return self.standing().filter(lead_id_was=lead_id).values_list("kept", flat=True).first()

    def merge(self, kept, other, names, by) -> "Merge":
        """Merges the other lead into the one that is kept, which takes the fields ``names`` from
        it. The caller holds ``both``."""
        with transaction.atomic():
            row = self.model(kept=kept, kept_at_first=kept.pk, lead_id_was=other.pk, by=by)
            row.was = {field.attname: _json(field, other) for field in Lead._meta.concrete_fields}
            row._carry_out(kept, other, set(names) & set(differing(kept, other)))
        return row


def both(one_id: int, other_id: int) -> tuple[Lead, Lead]:
    """The two leads, with nobody else at them until the transaction ends. Raises DoesNotExist."""
    rows = Lead.objects.select_for_update(of=("self",)).select_related("owner")
    leads = {lead.pk: lead for lead in rows.filter(pk__in=[one_id, other_id]).order_by("pk")}
    if len(leads) < 2:
        raise Lead.DoesNotExist
    return leads[one_id], leads[other_id]


def differing(one, other) -> list[str]:
    return [name for name in FIELDS if getattr(one, name) != getattr(other, name)]


class Merge(models.Model):
    """A merge. Where the kept lead is itself merged, this goes along: ``kept`` is where everything
    is now, ``kept_at_first`` the lead that the merge was about."""

    UNDOABLE = timedelta(days=30)

    kept = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="merges")
    kept_at_first = models.BigIntegerField()
    lead_id_was = models.BigIntegerField(verbose_name=_("merged lead"))
    was = models.JSONField(help_text="The merged lead's row.")
    moved = models.JSONField(default=dict, help_text="The ids of what was the merged lead's.")
    took = models.JSONField(default=dict, help_text="Fields that the kept lead took: from, to.")
    entry = models.OneToOneField(
        Activity, on_delete=models.CASCADE, related_name="merge", editable=False
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True)

    objects = MergeQuerySet.as_manager()

    class Meta:
        constraints = [
            # A lead is merged once at a time; serves its old address.
            models.UniqueConstraint(
                fields=["lead_id_was"], name="merge_standing", condition=Q(undone_at=None)
            )
        ]

    def __str__(self):
        return str(self.lead_as_it_was())

    def lead_as_it_was(self) -> Lead:
        fields = [f for f in Lead._meta.concrete_fields if f.attname in self.was]
        return Lead(**{f.attname: f.to_python(self.was[f.attname]) for f in fields})

    @property
    def may_be_undone(self) -> bool:
        """As far as time goes."""
        return self.undone_at is None and timezone.now() < self.at + self.UNDOABLE

    # Merging. Locks are taken in the order leads, events, inboxes.

    def _carry_out(self, kept, other, names):
        changes = _unlike(kept, other, names)
        took = {name: [getattr(kept, name), getattr(other, name)] for name in names}
        self.took = took | {STAGE_SINCE: [_text(kept.stage_changed_at), None]}
        self.was[FOLLOWINGS] = _chosen_of_both(kept, other)
        self.moved = {
            _label(to_lead): _move(to_lead, other.pk, kept.pk, _not_there(to_lead, kept))
            for to_lead in belongings()
        }
        _take(kept, {name: now for name, (_, now) in took.items()}, other.in_stage_since, self.by)
        kept.rescore_quietly()
        kind, text = Activity.Kind.MERGED, _described(kept, other)
        self.entry = kept.activity(kind, text, self.by.pk, changes=changes)
        self.entry.save()
        told = _hand_over(other.pk, kept.pk, Q())
        self.moved[NOTIFICATIONS] = [str(pk) for pk in self._without_event(told)]
        self.save()
        models.Model.delete(other)
        frames.send_after_commit(frames.lead_deleted(self.lead_id_was))
        outward.record(outward.DELETED, [Lead(pk=self.lead_id_was)])

    def _without_event(self, ids) -> list:
        """The others are known by their event, also those that it has yet to become."""
        told = Notification.objects.filter(pk__in=ids)
        known = told.filter(event__in=self.moved[EVENTS]).values_list("pk", flat=True)
        return sorted(set(ids) - set(known))

    def _told(self) -> Q:
        return Q(pk__in=self.moved[NOTIFICATIONS]) | Q(event__in=self.moved[EVENTS])

    # Undoing

    def undo(self, by) -> Lead:
        """Gives the merged lead back, with what was its own; returns it. What the kept lead took
        goes back where it still is as it was taken. Raises NotUndone, and Lead.DoesNotExist where
        the kept lead was deleted."""
        with transaction.atomic():
            kept = self.locked_kept()
            row = Merge.objects.select_for_update(no_key=True).get(pk=self.pk)
            row._refuse(kept)
            other = row._give_back(kept)
            row._give_up(kept, by)
            kept.rescore_quietly()
            row._tell_undone(kept, other, by)
            _hand_over(kept.pk, other.pk, row._told())
        return other

    def locked_kept(self) -> Lead:
        """The lead where everything is now, with nobody else at it until the transaction ends."""
        merges = Merge.objects.filter(pk=self.pk)
        while kept_id := merges.values_list("kept", flat=True).first():
            if kept := Lead.objects.select_for_update().filter(pk=kept_id).first():
                return kept
        raise Lead.DoesNotExist  # and the merge went with it

    def _refuse(self, kept):
        if self.undone_at:
            raise NotUndone(_("This merge was undone already."))
        if kept.pk != self.kept_at_first or self.kept_id != kept.pk:
            raise NotUndone(_("The lead that was kept was itself merged later: undo that first."))
        if not self.may_be_undone:
            days = {"days": self.UNDOABLE.days}
            raise NotUndone(_("A merge can be undone for %(days)s days.") % days)

    def _give_back(self, kept) -> Lead:
        """The lead's row as it was, and what was its own where it still is the kept lead's."""
        other = self.lead_as_it_was()
        other.owner_id = still_there(other.owner_id)
        other.created_by_id = still_there(other.created_by_id)
        other.save_base(raw=True, force_insert=True)  # nobody is told of it as of a new lead
        for to_lead in belongings():
            ids = self.moved.get(_label(to_lead), [])
            _move(to_lead, kept.pk, other.pk, Q(pk__in=ids))
        for chosen in self.was.get(FOLLOWINGS, []):
            if still_there(chosen["user_id"]):
                Following.objects.create(lead=other, **chosen)
        return other

    def _give_up(self, kept, by):
        """The kept lead's fields go back, but for what somebody changed since, and unless that
        would leave it without a name or a way to answer."""
        took = {name: pair for name, pair in self.took.items() if name != STAGE_SINCE}
        back = {name: was for name, (was, now) in took.items() if getattr(kept, name) == now}
        self._tell_later_merges(set(took) - set(back))
        if "owner_id" in back:
            back["owner_id"] = still_there(back["owner_id"])
        try:
            _with(copy.copy(kept), back).clean()
        except ValidationError:
            back = {name: was for name, was in back.items() if name not in Lead.CONTACT_FIELDS}
        _take(
            kept, back, Lead._meta.get_field(STAGE_SINCE).to_python(self.took[STAGE_SINCE][0]), by
        )

    def _tell_later_merges(self, names):
        """Where a later one found what this one brought, undoing it leads to what was before."""
        for later in (
            Merge.objects.standing().filter(kept=self.kept_id, pk__gt=self.pk).order_by("pk")
        ):
            for name in [
                name for name in names if later.took.get(name, [None])[0] == self.took[name][1]
            ]:
                later.took[name][0] = self.took[name][0]
                if name == "stage":
                    later.took[STAGE_SINCE] = self.took[STAGE_SINCE]
                names = names - {name}
            later.save(update_fields=["took"])

    def _tell_undone(self, kept, other, by):
        self.undone_at, self.undone_by = timezone.now(), by
        self.save(update_fields=["undone_at", "undone_by"])
        kind = Activity.Kind.MERGE_UNDONE
        kept.activity(kind, str(other), by.pk).save()
        other.activity(kind, str(kept), by.pk).save()
        transaction.on_commit(lambda: frames.send(other.live_frame("add")), robust=True)
        outward.record(outward.CREATED, [other])


def belongings():
    """Whatever points at a lead moves with it; notifications have a word of their own, and who
    looks at it looks at one that is gone."""
    others = (Notification, Looking)
    return [each for each in Lead._meta.related_objects if each.related_model not in others]


def _not_there(to_lead, kept) -> Q:
    """Of what somebody chose of both leads, that of the kept one stands."""
    if to_lead.related_model is not Following:
        return Q()
    return ~Q(user__in=Following.objects.filter(lead=kept).values("user"))


def _chosen_of_both(kept, other) -> list[dict]:
    rows = Following.objects.filter(
        lead=other, user__in=Following.objects.filter(lead=kept).values("user")
    )
    return [
        {"user_id": row.user_id, "follows": row.follows, "muted_until": _text(row.muted_until)}
        for row in rows
    ]


def _move(to_lead, from_id, to_id, among) -> list[int]:
    """Lets rows point at the other lead; returns their ids."""
    name, model = to_lead.field.name, to_lead.related_model
    rows = model._base_manager.filter(among, **{name: from_id})
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    fields = {name: to_id}
    if model is Event:
        path, to = _path(from_id), _path(to_id)
        rest = Concat(Value(to), Substr("url", len(path) + 1))
        fields["url"] = Case(When(url__startswith=path, then=rest), default="url")
    model._base_manager.filter(pk__in=ids).update(**fields)
    return ids


def _hand_over(from_id, to_id, among) -> list:
    rows = Notification.objects.filter(among)
    return rows.hand_over(from_id, to_id, (_path(from_id), _path(to_id)))


def _path(lead_id) -> str:
    return reverse("leads:detail", args=[lead_id])


def _with(lead, values) -> Lead:
    for name, value in values.items():
        setattr(lead, name, value)
    return lead


def _take(lead, values, since, by):
    """Changes it as any change does. ``since`` is when it came into the stage that it takes."""
    before = lead.updated_at
    _with(lead, values).save(by=by, quietly=True)
    if "stage" in values:
        lead.stage_changed_at = since
        Lead.objects.filter(pk=lead.pk).update(stage_changed_at=since)
    if lead.updated_at == before:  # else that told it
        tell_after_commit(lead, stored=True)


def _unlike(kept, other, names) -> list[dict]:
    """What the two differed in: from what was not kept, to what was."""
    told = []
    for name in [*differing(kept, other), "created_at"]:
        lost, stays = (kept, other) if name in names else (other, kept)
        if getattr(lost, name):
            told.append(change(name, lost, stays))
    return told


def _described(kept, other) -> str:
    if other.owner_id in (None, kept.owner_id):
        return str(other)
    return f"{other}\nOwner: {other.owner}"


def _json(field, lead):
    value = field.value_from_object(lead)
    return _text(value) if isinstance(value, datetime) else value


def _text(moment) -> str | None:
    return moment and moment.isoformat()


def _label(to_lead) -> str:
    return to_lead.related_model._meta.label


def still_there(user_id: int | None) -> int | None:
    return get_user_model().objects.filter(pk=user_id).values_list("pk", flat=True).first()
