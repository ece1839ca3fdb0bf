"""Leads: people and companies who may buy, through whatever door they came."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models, transaction
from django.db.models import ExpressionWrapper, Q, Value
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from leads import frames, outward
from leads.expressions import NAME_KEY, PUNCTUATION, SEARCHED, email_key, phone_key
from leads.fields import LineField, WebsiteField, one_line, validate_phone
from leads.models.activity import Activity, change, same
from leads.models.scored import Scored
from leads.models.storing import store
from leads.models.telling import tell_after_commit
from notifications import audit
from notifications.kinds import Kind
from notifications.models import Event, Notification
from notifications.models.leads import hold


class LeadQuerySet(models.QuerySet):
    def matching(self, text: str):
        """Every word of ``text`` occurs in a name, the e-mail, the phone or the company; digits in
        a phone number however it is written. The first ``WORDS`` different ones count."""
        query = Q()
        for word in list(dict.fromkeys(text.split()))[:WORDS]:
            digits = word.translate(WITHOUT_PUNCTUATION)
            found = Q(searched__icontains=word)
            if digits != word and digits.isdecimal():
                found |= Q(searched__icontains=digits)
            query &= found
        return self.alias(searched=SEARCHED).filter(query)

    def like(self, lead):
        """Other leads with the same e-mail or phone, each with ``same_email`` and ``same_phone``.
        What is compared is leads/expressions.py's to say."""
        email, phone = lead.email, lead.phone
        same_email = Q(email_key=email_key(Value(email))) if email else NOTHING
        same_phone = Q(phone_key=phone_key(Value(phone))) if phone else NOTHING
        keyed = self.alias(email_key=email_key(), phone_key=phone_key())
        return (
            keyed.exclude(pk=lead.pk)
            .filter(same_email | same_phone)
            .annotate(
                same_email=ExpressionWrapper(same_email, models.BooleanField()),
                same_phone=ExpressionWrapper(same_phone, models.BooleanField()),
            )
        )

    def unanswered(self):
        """New leads that nobody has moved on, the one who waits longest first."""
        return self.filter(stage=Lead.Stage.NEW).order_by("created_at", "pk")

    def held(self, pk: int) -> "Lead":
        """The lead, which nobody deletes until the transaction ends. Raises DoesNotExist."""
        try:
            return hold([pk])[pk]
        except KeyError:
            raise self.model.DoesNotExist from None

    def locked(self, pk: int) -> "Lead":
        """The lead, which nobody else changes until the transaction ends. Raises DoesNotExist."""
        return self.select_for_update(no_key=True).get(pk=pk)

    def bulk_create(self, objs, *args, **kwargs):
        """Creates and announces each, as ``save`` does."""
        objs = list(objs)
        with transaction.atomic():
            for lead in objs:
                lead._first_score()
            leads = super().bulk_create(objs, *args, **kwargs)
            Event.objects.bulk_create([lead.created_event() for lead in leads])
            outward.record(outward.CREATED, leads)
        return leads

    def store_quietly(self, leads: list) -> None:
        """Creates all at once, each with its first score. Nobody here is told: whoever brings in
        many tells of all of them together. Their times are as they are given."""
        self.model.first_scores(leads)
        store(self.model, leads)
        outward.record(outward.CREATED, leads)

    def delete(self):
        """Deletes each, as ``Lead.delete`` does."""
        leads = list(self)
        with transaction.atomic():
            for lead in leads:
                lead.delete()
        return len(leads), {self.model._meta.label: len(leads)}

    delete.alters_data = True
    delete.queryset_only = True


class Lead(Scored):
    class Stage(models.TextChoices):
        NEW = "new", _("New")
        CONTACTED = "contacted", _("Contacted")
        QUALIFIED = "qualified", _("Qualified")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")

    first_name = LineField(_("first name"), max_length=150, blank=True)
    last_name = LineField(_("last name"), max_length=150, blank=True)
    email = models.EmailField(_("email"), max_length=254, blank=True, validators=[one_line])
    phone = LineField(_("phone"), max_length=50, blank=True, validators=[validate_phone])
    company = LineField(_("company"), max_length=200, blank=True)
    job_title = LineField(_("job title"), max_length=150, blank=True)
    website = WebsiteField(_("website"), max_length=500, blank=True)
    message = models.TextField(_("message"), blank=True, validators=[MaxLengthValidator(10_000)])
    city = LineField(_("city"), max_length=150, blank=True)
    region = LineField(_("region"), max_length=150, blank=True)
    postal_code = LineField(_("postal code"), max_length=20, blank=True)
    country = LineField(_("country"), max_length=100, blank=True)
    source = LineField(_("source"), max_length=100, blank=True)
    stage = models.CharField(_("stage"), max_length=16, choices=Stage, default=Stage.NEW)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="owned_leads",
        db_index=False,  # there is one that begins with it
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    stage_changed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Empty while it is where it began."
    )

    objects = LeadQuerySet.as_manager()

    CONTACT_FIELDS = ("first_name", "last_name", "email", "phone", "company", "job_title",
                      "website", "city", "region", "postal_code", "country")  # fmt: skip

    class Meta:
        indexes = [
            # Serve the list in each of its orders, newest, last changed, best first, and by name.
            models.Index(fields=["created_at", "id"], name="lead_created"),
            models.Index(fields=["updated_at", "id"], name="lead_updated"),
            models.Index(fields=["score", "id"], name="lead_score"),
            models.Index(NAME_KEY, "id", name="lead_name"),
            # Serves a stage of the list, and the new ones that wait.
            models.Index(fields=["stage", "created_at", "id"], name="lead_stage"),
            # Serve the worker: whose score is due, whose was made by older rules, and how many
            # were told of lately.
            models.Index(
                fields=["score_due_at"],
                name="lead_score_due",
                condition=Q(score_due_at__isnull=False),
            ),
            models.Index(fields=["score_rules", "id"], name="lead_score_rules"),
            models.Index(
                fields=["score_told_at"],
                name="lead_score_told",
                condition=Q(score_told_at__isnull=False),
            ),
            # Serve the look-up of those that may be the same.
            models.Index(email_key(), name="lead_email"),
            models.Index(phone_key(), name="lead_phone"),
            # Serve the board of one owner or source, with its counts, and the sources' names.
            models.Index(fields=["owner", "stage", "created_at", "id"], name="lead_owner"),
            models.Index(fields=["source", "stage", "created_at", "id"], name="lead_source"),
        ]

    def __str__(self):
        return f"{self.name} ({self.company})" if self.person and self.company else self.name

    @property
    def person(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def name(self) -> str:
        """Whom to ask for: the person, else the company."""
        return self.person or self.company or f"Lead {self.pk}"

    @property
    def in_stage_since(self):
        return self.stage_changed_at or self.created_at

    @property
    def is_open(self) -> bool:
        return self.stage not in (self.Stage.WON, self.Stage.LOST)

    def get_absolute_url(self):
        return reverse("leads:detail", args=[self.pk])

    def clean(self):
        missing = {}
        if not (self.person or self.company.strip()):
            missing["first_name"] = NEEDS_NAME
        if not (self.email or self.phone):
            missing["email"] = NEEDS_ANSWER
        if missing:
            raise ValidationError(missing)

    def live_frame(self, action: str) -> str:
        """The frame for live lists, ``action`` being "add" or "change"."""
        return frames.lead(self, action)

    # Writing: a lead and the event that tells of it are stored together or not at all.

    def save(self, *args, by=None, quietly=False, unheard=False, **kwargs):
        """Stores the lead. ``by`` is who changes it; who creates it is ``created_by``. What a merge
        takes, nobody did to it: ``quietly`` makes the score anew without a word. Of a change that
        goes ``unheard``, one of many, the timeline alone tells.
        Raises DoesNotExist for a lead that was deleted meanwhile: it does not come back."""
        # A new one has nothing to go back to within what its caller does, so it needs no savepoint.
        with transaction.atomic(savepoint=not self._state.adding):
            if self._state.adding:
                self._first_score()
                super().save(*args, **kwargs)
                self.created_event().save()
                outward.record(outward.CREATED, [self])
            else:
                with translation.override(STORED_IN):
                    self._save_change(by, quietly, unheard, *args, **kwargs)

    def move(self, stage: str, by, seen: str = "") -> bool:
        """Moves it into the stage, unless it left the stage in which it was ``seen``: then it stays
        where somebody else put it, and the answer is False. The caller holds it ``locked``."""
        if seen and self.stage not in (seen, stage):
            return False
        self.stage = stage
        self.save(by=by)
        return True

    def delete(self, *args, by=None, erased="", **kwargs):
        """Deletes the lead; its notifications stay, without a link. Where somebody has it erased,
        ``erased`` stands there in place of their words. ``by`` is for the audit log, where no
        request says it."""
        with transaction.atomic():
            if not Lead.objects.select_for_update().filter(pk=self.pk).exists():
                return 0, {}
            Event.objects.forget_lead(self.pk)
            Notification.objects.forget_lead(self.pk, erased)
            audit.note(audit.Deed.LEAD_DELETED, about=f"lead {self.pk}", by=by)
            pk, result = self.pk, super().delete(*args, **kwargs)
            frames.send_after_commit(frames.lead_deleted(pk))
            outward.record(outward.DELETED, [Lead(pk=pk)])
        return result

    def created_event(self) -> Event:
        text = f"{self} added to pipeline"
        return self._event(Kind.LEAD_CREATED, text, by=self.created_by_id)

    def announce(self, kind, message, by: int | None, title="", **naming) -> None:
        """Everybody who wants it is told of it once the caller's transaction is committed; with
        ``to`` those alone; who is ``mentioned`` whatever they chose; ``also`` who does not follow
        the lead any more. All of them are users' ids."""
        event = self._event(kind, message, by)
        event.title = title or event.title
        if naming.get("to") is None and not any(naming.values()):
            event.save()
        else:
            event.save_naming(**naming)

    def _save_change(self, by, quietly, unheard, *args, **kwargs):
        stored = Lead.objects.locked(self.pk)
        self._keep_score_of(stored)
        if same(self, stored):
            return
        if self.stage != stored.stage:
            self.stage_changed_at = timezone.now()
        super().save(*args, **kwargs)
        by = by and by.pk
        Activity.objects.bulk_create(self._activities_since(stored, by))
        if (names := stored.contact_fields_that_differ(self)) and not unheard:
            self.announce(Kind.CONTACT, f"{self.name}: {self._words_for(names)}", by)
        if self._scored_differently(stored):
            quiet = quietly or unheard
            self.rescore_quietly(shown=not unheard) if quiet else self.rescore(by)
        if not unheard:
            tell_after_commit(self, stored=True)
        outward.record(outward.UPDATED, [self])

    def contact_fields_that_differ(self, other) -> list[str]:
        return [name for name in self.CONTACT_FIELDS if getattr(self, name) != getattr(other, name)]

    def _words_for(self, names) -> str:
        return ", ".join(str(self._meta.get_field(name).verbose_name) for name in names)

    # The timeline

    def activity(self, kind, message="", by=None, **fields) -> Activity:
        """An entry of the timeline, which the caller stores with what it tells of. ``by`` is a
        user's id."""
        return Activity(lead=self, kind=kind, message=message, actor_id=by, **fields)

    def creation(self) -> Activity:
        """How every timeline begins. The lead's own row tells it, so that a new lead costs no
        second one; 0 is before every id."""
        text = f"{self} added to pipeline"
        at = {"pk": 0, "created_at": self.created_at}
        return self.activity(Activity.Kind.LEAD_CREATED, text, self.created_by_id, **at)

    def _activities_since(self, stored, by) -> list[Activity]:
        told = []
        if names := stored.contact_fields_that_differ(self):
            told.append((Activity.Kind.CONTACT, names, self._words_for(names)))
        if self.stage != stored.stage:
            text = f"{stored.get_stage_display()} → {self.get_stage_display()}"
            told.append((Activity.Kind.STAGE, ["stage"], text))
        if self.owner_id != stored.owner_id:
            text = _handed_over(stored.owner_id, self.owner_id)
            told.append((Activity.Kind.OWNER, ["owner_id"], text))
        return [
            self.activity(kind, text, by, changes=[change(name, stored, self) for name in names])
            for kind, names, text in told
        ]

    def _event(self, kind, message, by) -> Event:
        return Event(
            kind=kind,
            title=kind.label,
            message=message,
            url=self.get_absolute_url(),
            related_lead=self,
            actor_id=by,
        )


def _handed_over(before: int | None, after: int | None) -> str:
    people = get_user_model().objects.in_bulk({before, after} - {None})
    return f"{people.get(before, NOBODY)} → {people.get(after, NOBODY)}"


WORDS = 8  # of a search: each is looked for in every lead
NOBODY = "Nobody"
STORED_IN = "en"  # what happened, so that everybody is told the same and programs compare it
NOTHING = Q(pk__in=())
WITHOUT_PUNCTUATION = str.maketrans("", "", PUNCTUATION)
NEEDS_NAME = _("Give a name: first name, last name or company.")
NEEDS_ANSWER = _("Give a way to answer: an e-mail address or a phone number.")
