"""What everything is worth in a score, as an administrator set it."""

import time
from dataclasses import fields

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F

from leads.fields import LineField
from leads.scoring import SOURCES, Rules

KNOWN_SECONDS = 30
MOST_THRESHOLDS, HIGHEST_THRESHOLD = 10, 1000
DEFAULTS = Rules()
SOURCES_HELP = "Without a row: {}; any other source as above.".format(
    ", ".join(f"{name} {points}" for name, points in SOURCES.items())
)


def _amount(default, help_text, least=0, most=100):
    bounds = [
        MinValueValidator(least, f"Give {least} or more."),
        MaxValueValidator(most, f"Give {most} or less."),
    ]
    return models.SmallIntegerField(
        default=getattr(DEFAULTS, default), validators=bounds, help_text=help_text
    )


def thresholds_of(text: str) -> tuple[int, ...]:
    """Raises ValueError for what is no list of whole numbers."""
    return tuple(sorted({int(part) for part in text.split(",") if part.strip()}))


def validate_thresholds(text: str) -> None:
    try:
        marks = thresholds_of(text)
    except ValueError:
        raise ValidationError("Write whole numbers with commas between them: 20, 50, 80.") from None
    if len(marks) > MOST_THRESHOLDS:
        raise ValidationError(f"Give {MOST_THRESHOLDS} thresholds or fewer.")
    if any(not 0 < mark <= HIGHEST_THRESHOLD for mark in marks):
        raise ValidationError(f"Give thresholds between 1 and {HIGHEST_THRESHOLD}.")


class _Known:
    """The rules as this process last read them."""

    def __init__(self):
        self.keep(DEFAULTS)
        self.read_at = float("-inf")

    def keep(self, rules: Rules) -> Rules:
        self.rules, self.read_at = rules, time.monotonic()
        return rules

    @property
    def is_old(self) -> bool:
        return time.monotonic() - self.read_at > KNOWN_SECONDS


_known = _Known()


def known() -> Rules:
    """As last read, without a query: for a lead that arrives, which must not cost one more. Where
    that was too long ago the worker makes up for it (``Lead.score_rules``)."""
    return _known.rules


def current() -> Rules:
    """Not older than KNOWN_SECONDS."""
    return _known.rules if not _known.is_old else read()


def read() -> Rules:
    """As they are, in one query."""
    rows = list(ScoreRules.objects.values(*ScoreRules.STORED, "sources__source", "sources__points"))
    return _known.keep(_rules_of(rows) if rows else DEFAULTS)


def keep(rules: Rules) -> None:
    """This process goes by these until it reads anew."""
    _known.keep(rules)


def _rules_of(rows) -> Rules:
    """A row for each source; one without any has them empty."""
    amounts = {name: rows[0][name] for name in ScoreRules.STORED}
    amounts["thresholds"] = thresholds_of(amounts["thresholds"])
    named = [(row["sources__source"], row["sources__points"]) for row in rows]
    sources = {source.casefold(): points for source, points in named if source}
    return Rules(**amounts, sources=sources)


class ScoreRules(models.Model):
    """The one row of them; without it the defaults are in force. Whatever is changed makes another
    version, by which the worker finds the leads whose score was made by an older one."""

    ONE = 1
    STORED = [field.name for field in fields(Rules) if field.name != "sources"]

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONE, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)
    email_points = _amount("email_points", "For an e-mail address.")
    phone_points = _amount("phone_points", "For a phone number.")
    company_points = _amount("company_points", "For a company.")
    job_title_points = _amount("job_title_points", "For a job title.")
    message_points = _amount("message_points", "For a message that they wrote.")
    other_source_points = _amount(
        "other_source_points", "For a source that has no points of its own."
    )
    call_points = _amount("call_points", "For each call that we made.")
    meeting_points = _amount("meeting_points", "For each meeting.")
    email_out_points = _amount("email_out_points", "For each e-mail that we wrote.")
    reply_points = _amount("reply_points", "For each e-mail or call that came from them.")
    counted_each = _amount("counted_each", "How many of each of these count.", least=1)
    fresh_points = _amount("fresh_points", "For a lead that came, or was in touch, lately.")
    fresh_days = _amount("fresh_days", "How many days that is.", least=1, most=365)
    quiet_after_days = _amount(
        "quiet_after_days", "After how many days without contact a lead is quiet.", most=365
    )
    quiet_points = _amount("quiet_points", "What each quiet day costs.")
    quiet_at_most = _amount("quiet_at_most", "What quiet days cost at most.", most=1000)
    thresholds = models.CharField(
        max_length=100,
        blank=True,
        default=", ".join(map(str, DEFAULTS.thresholds)),
        validators=[validate_thresholds],
        help_text="Scores with commas between them: crossing one rings at once.",
    )

    class Meta:
        verbose_name = verbose_name_plural = "score rules"

    def __str__(self):
        return "Score rules"

    def save(self, *args, **kwargs):
        self.id = self.ONE
        with transaction.atomic():
            stored = ScoreRules.objects.select_for_update().filter(pk=self.ONE).first()
            self.version = (stored.version if stored else 0) + 1
            super().save(*args, **kwargs)
        transaction.on_commit(read, robust=True)


class SourcePoints(models.Model):
    """What a source is worth."""

    rules = models.ForeignKey(
        ScoreRules, on_delete=models.CASCADE, related_name="sources", default=ScoreRules.ONE
    )
    source = LineField(max_length=100)
    points = models.SmallIntegerField(
        validators=[
            MinValueValidator(-100, "Give -100 or more."),
            MaxValueValidator(100, "Give 100 or less."),
        ]
    )

    class Meta:
        verbose_name_plural = "points of sources"
        constraints = [
            models.UniqueConstraint(
                models.functions.Lower("source"),
                name="source_points_once",
                violation_error_message="This source has its points already.",
            )
        ]

    def __str__(self):
        return f"{self.source}: {self.points}"

    def save(self, *args, **kwargs):
        with transaction.atomic():
            super().save(*args, **kwargs)
            self._another_version()

    def delete(self, *args, **kwargs):
        with transaction.atomic():
            result = super().delete(*args, **kwargs)
            self._another_version()
        return result

    def _another_version(self):
        ScoreRules.objects.filter(pk=self.rules_id).update(version=F("version") + 1)
        transaction.on_commit(read, robust=True)
