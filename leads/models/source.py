"""Doors through which other systems bring leads: a form of a website, an ad platform, a program."""

import re
import secrets

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import connection, models
from django.db.models import Exists, F, OuterRef, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads.fields import LineField
from leads.intake import checks
from leads.intake.doors import DOORS, Door
from leads.intake.snippet import snippet
from notifications.prepared import Prepared

TOKEN_BYTES = 24
TOKEN = re.compile(r"[\w-]{1,64}", re.ASCII)
MOST_REFUSED = 2**31 - 1
FOUND = 1  # what Exists selects, which is a place in the SQL too


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


class SourceQuerySet(models.QuerySet):
    def reached(self, token: str) -> "Source":
        """The active source that has this token, with its owner, and whether it has rules. Raises
        DoesNotExist."""
        rows = _reached.rows(FOUND, True, token) if TOKEN.fullmatch(token) else []
        if not rows:
            raise self.model.DoesNotExist
        (*row, has_rules), names = rows[0], _columns(Source)
        source = Source.from_db(connection.alias, names, row[: len(names)])
        person, theirs = get_user_model(), row[len(names) :]
        if source.owner_id:
            source.owner = person.from_db(connection.alias, _columns(person), theirs)
        source.has_rules = has_rules
        return source


def _columns(model) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def _one_reached():
    rules = apps.get_model("leads.Rule").objects.filter(source=OuterRef("pk")).order_by()
    owners = (f"owner__{name}" for name in _columns(get_user_model()))
    rows = Source.objects.filter(token="", active=Value(True)).annotate(has_rules=Exists(rules))
    return rows.values_list(*_columns(Source), *owners, "has_rules")


_reached = Prepared(_one_reached)


class Source(models.Model):
    """Where it is reached is in its token, which nobody guesses; what proves a sender, in its
    secret."""

    class Kind(models.TextChoices):
        FORM = "form", _("Website form")
        SALESFORCE = "salesforce", _("Salesforce Web-to-Lead")
        GOOGLE = "google", _("Google Ads lead form")
        META = "meta", _("Meta Lead Ads")
        TYPEFORM = "typeform", _("Typeform")
        JSON = "json", _("Any program (JSON)")

    # Whose secret is ours to make up. The others' comes from the sender.
    MAKES_ITS_SECRET = (Kind.GOOGLE, Kind.TYPEFORM, Kind.JSON)

    name = LineField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    secret = LineField(
        _("secret"),
        max_length=200,
        blank=True,
        help_text=_("The sender's key, or what it signs with."),
    )
    verify_token = LineField(
        _("verify token"), max_length=200, blank=True, help_text=_("Meta asks for it once.")
    )
    access_token = LineField(
        _("access token"), max_length=500, blank=True, help_text=_("Reads the leads from Meta.")
    )
    active = models.BooleanField(_("active"), default=True)
    label = LineField(
        _("source of its leads"),
        max_length=100,
        blank=True,
        help_text=_("What they say for their source. Empty: the name."),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Gets what no rule gives to somebody."),
    )
    tags = models.JSONField(_("tags"), default=list, blank=True)
    allowed_origins = models.JSONField(
        _("websites"),
        default=list,
        blank=True,
        help_text=_("Origins that the form stands on. Empty: any."),
    )
    return_hosts = models.JSONField(
        _("hosts to return to"),
        default=list,
        blank=True,
        help_text=_("Where retURL may lead."),
    )
    fill_seconds = models.PositiveSmallIntegerField(
        _("seconds to fill it in"),
        default=3,
        validators=[MaxValueValidator(60)],
        help_text=_("Who is quicker is taken for a program. 0: nobody is."),
    )
    mapping = models.JSONField(
        default=dict, blank=True, help_text="By field of a lead: where in the payload it is."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Of those that were turned away nothing is kept but this: anybody may send.
    refused_count = models.PositiveIntegerField(default=0, editable=False)
    refused_at = models.DateTimeField(null=True, editable=False)
    refused_because = models.CharField(max_length=200, blank=True, editable=False)

    objects = SourceQuerySet.as_manager()
    has_rules = True  # unless somebody looked

    def __str__(self):
        return self.name

    @property
    def source_of_leads(self) -> str:
        return self.label or self.name

    def get_absolute_url(self):
        return reverse("sources:detail", args=[self.pk])

    @property
    def door(self) -> Door:
        return DOORS[self.kind]

    @property
    def path(self) -> str:
        """Where senders reach it, on this site."""
        return reverse("intake", args=[self.token])

    def snippet(self, base_url: str) -> str:
        """The form to paste into a website, which reaches it at ``https://crm.example``."""
        return snippet(f"{base_url.rstrip('/')}{self.path}")

    def clean(self):
        wrong = {name: _("Fill this in: without it nobody proves who they are.")
                 for name in NEEDED.get(self.kind, ()) if not getattr(self, name)}  # fmt: skip
        for name, check in CHECKED.items():
            try:
                setattr(self, name, check(getattr(self, name)))
            except ValidationError as problem:
                wrong[name] = problem
        if self.owner and not self.owner.is_active:
            wrong["owner"] = _("Choose somebody who works here.")
        if wrong:
            raise ValidationError(wrong)

    def renew(self) -> None:
        """Gives it a new address; the old one is none from now on."""
        self._give(token=new_token())

    def renew_secret(self, remove: bool = False) -> None:
        """Gives it another secret, or none; the old one proves nothing from now on."""
        self._give(secret="" if remove else new_token())

    def map(self, mapping: dict) -> None:
        """From now on its values go to these fields; empty: each by its name."""
        self._give(mapping=mapping)

    def _give(self, **fields) -> None:
        """Raises DoesNotExist when it was deleted meanwhile."""
        if not Source.objects.filter(pk=self.pk).update(**fields):
            raise Source.DoesNotExist
        for name, value in fields.items():
            setattr(self, name, value)

    def note_refusal(self, because: str) -> None:
        """Counts what was turned away. Nothing else of it is kept."""
        Source.objects.filter(pk=self.pk, refused_count__lt=MOST_REFUSED).update(
            refused_count=F("refused_count") + 1,
            refused_at=timezone.now(),
            refused_because=because[:200],
        )

    def send_test(self, by):
        """Sends itself what its sender would send, signed like theirs, and takes it as if it came
        from outside; returns the delivery. Raises Refused where too much came already."""
        delivery = self.deliveries.take(self, self.door.sample(self))[0]
        return delivery.test_sent(by)


# What proves a sender; without it anybody could bring leads in its name.
NEEDED = {
    Source.Kind.GOOGLE: ("secret",),
    Source.Kind.META: ("secret", "verify_token", "access_token"),
    Source.Kind.TYPEFORM: ("secret",),
}
CHECKED = {
    "tags": checks.tags,
    "allowed_origins": checks.origins,
    "return_hosts": checks.hosts,
    "mapping": checks.mapping,
}
