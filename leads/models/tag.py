"""Words by which people find leads again."""

from collections import defaultdict

from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from django.db.models import OuterRef, Value
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads.fields import LineField
from leads.models.lead import Lead
from leads.models.telling import tell_after_commit

# From one to the next by the index on them: DISTINCT would read the tags of all leads. Of several
# spellings that of the oldest lead stands.
KNOWN = """
    WITH RECURSIVE known(word) AS (
        SELECT min(lower(name)) FROM leads_tag
        UNION ALL
        SELECT (SELECT min(lower(name)) FROM leads_tag WHERE lower(name) > known.word)
          FROM known WHERE known.word IS NOT NULL
    )
    SELECT (SELECT name FROM leads_tag WHERE lower(name) = known.word ORDER BY lead_id LIMIT 1)
      FROM known WHERE known.word IS NOT NULL LIMIT %s
"""


class TagQuerySet(models.QuerySet):
    def called(self, name: str):
        """Whatever the case of its letters."""
        return self.alias(word=Lower("name")).filter(word=Lower(Value(name)))

    def tagged(self, leads, name: str):
        """Those of the leads that have the tag."""
        return leads.filter(models.Exists(self.called(name).filter(lead=OuterRef("pk"))))

    def of_leads(self, pks) -> dict[int, list[str]]:
        """The tags of leads, by lead: each once, whatever the case of its letters, by name."""
        found = defaultdict(dict)
        for lead_id, name in self.filter(lead__in=pks).order_by("pk").values_list("lead", "name"):
            found[lead_id].setdefault(name.casefold(), name)
        return {pk: [names[word] for word in sorted(names)] for pk, names in found.items()}

    def names(self, lead) -> list[str]:
        return self.of_leads([lead.pk]).get(lead.pk, [])

    def known(self, most: int) -> list[str]:
        """Each once, by name."""
        with connection.cursor() as cursor:
            cursor.execute(KNOWN, [most])
            return [name for (name,) in cursor.fetchall()]

    # Changing those of a lead. What it has already keeps its row, so that whose it was before a
    # merge is still known. Each raises Lead.DoesNotExist for a lead that was deleted meanwhile.

    def give(self, lead, names) -> None:
        """Raises ValidationError for what is no tag, or for too many."""
        self._change(lead, names, without=())

    def put(self, lead, names) -> None:
        """The lead has these and no others; raises as ``give`` does."""
        self._change(lead, names, without=None)

    def take(self, lead, name: str) -> None:
        self._change(lead, (), without={name.casefold()})

    def _change(self, lead, names, without):
        """``without`` are words that it has no longer; None means all but ``names``."""
        wanted = tags_of(names)
        with transaction.atomic():
            lead = Lead.objects.locked(lead.pk)
            there = list(self.filter(lead=lead))
            has = {row.name.casefold() for row in there}
            lost = has - set(wanted) if without is None else has & set(without)
            new = [name for word, name in wanted.items() if word not in has]
            if len(has - lost) + len(new) > Tag.MOST:
                raise ValidationError(TOO_MANY % {"most": Tag.MOST})
            if not (lost or new):
                return
            self.filter(pk__in=[row.pk for row in there if row.name.casefold() in lost]).delete()
            self.bulk_create(Tag(lead=lead, name=name) for name in new)
            tell_after_commit(lead)


class Tag(models.Model):
    """One word of a lead. Two that are merged may both have had it: it is shown once."""

    LONGEST = 50
    MOST = 50  # of a lead, by hand

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="tags")
    name = LineField(_("tag"), max_length=LONGEST)
    given_at = models.DateTimeField(null=True, default=timezone.now, editable=False)

    objects = TagQuerySet.as_manager()

    class Meta:
        indexes = [
            # Serves the list of leads that have it.
            models.Index(Lower("name"), "lead", name="tag_name"),
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        """Open pages are told, whoever stores it."""
        with transaction.atomic():
            super().save(*args, **kwargs)
            tell_after_commit(self.lead)

    def delete(self, *args, **kwargs):
        with transaction.atomic():
            tell_after_commit(self.lead)
            return super().delete(*args, **kwargs)


def tags_of(names) -> dict[str, str]:
    """By word, each once as it was first written. Raises ValidationError for what is no tag."""
    field, found = Tag._meta.get_field("name"), {}
    for name in names:
        if "," in name:
            raise ValidationError(NO_COMMA)
        try:
            name = field.clean(name, None)
        except ValidationError as problem:
            raise ValidationError([SAID.get(e.code, m) for e, m in _each(problem)]) from problem
        found.setdefault(name.casefold(), name)
    return found


def _each(problem):
    return zip(problem.error_list, problem.messages, strict=True)


TOO_MANY = _("A lead has up to %(most)s tags: take one away first.")
NO_COMMA = _("A tag has no comma in it: give two tags.")
SAID = {
    "blank": _("Give a tag."),
    "max_length": _("A tag has up to 50 characters."),
}
