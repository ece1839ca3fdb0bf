"""Whether a lead is one that a rule is for: conditions on its fields, and on what came along."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.intake.vocabulary import plain

MOST = 20  # conditions of one rule
LONGEST = 200  # characters of a field's name and of a value
# What a condition may ask of a lead itself. Any other name is looked for in what came along.
FIELDS = (
    *("first_name", "last_name", "email", "phone", "company", "job_title", "website", "message"),
    *("city", "region", "postal_code", "country", "source", "stage"),
)


class Op(models.TextChoices):
    IS = "is", gettext_lazy("is")
    IS_NOT = "is_not", gettext_lazy("is not")
    CONTAINS = "contains", gettext_lazy("contains")
    STARTS = "starts", gettext_lazy("starts with")
    ENDS = "ends", gettext_lazy("ends with")
    EMPTY = "empty", gettext_lazy("is empty")
    FILLED = "filled", gettext_lazy("is not empty")


WITHOUT_VALUE = {Op.EMPTY, Op.FILLED}
HOLDS = {
    Op.IS: lambda said, value: value in said,
    Op.IS_NOT: lambda said, value: value not in said,
    Op.CONTAINS: lambda said, value: any(value in each for each in said),
    Op.STARTS: lambda said, value: any(each.startswith(value) for each in said),
    Op.ENDS: lambda said, value: any(each.endswith(value) for each in said),
    Op.EMPTY: lambda said, value: not any(said),
    Op.FILLED: lambda said, value: any(said),
}


def matches(conditions, lead, extras) -> bool:
    """Whether all of them hold, whatever the case of letters. ``extras`` are pairs of name and
    value; of several with one name it is enough that one holds, and ``is not`` asks all."""
    return all(
        HOLDS[Op(each["op"])](_said(each["field"], lead, extras), _folded(each.get("value", "")))
        for each in conditions
    )


def _said(field, lead, extras) -> list[str]:
    if field in FIELDS:
        return [_folded(getattr(lead, field))]
    return [_folded(value) for name, value in extras if plain(name) == plain(field)]


def _folded(text) -> str:
    return " ".join(text.split()).casefold()


def words_for(conditions, lead_model) -> str:
    """``country is DE and company is not empty``, in the language that is active."""
    told = [_words_for(each, lead_model) for each in conditions]
    return _(" and ").join(told) or _("every lead")


def _words_for(condition, lead_model):
    field, op = condition["field"], Op(condition["op"])
    name = lead_model._meta.get_field(field).verbose_name if field in FIELDS else field
    value = "" if op in WITHOUT_VALUE else condition["value"]
    return f"{name} {op.label} {value}".rstrip()


def checked(conditions) -> list[dict]:
    """The conditions as they are stored. Raises ValidationError with a sentence."""
    if not isinstance(conditions, list) or len(conditions) > MOST:
        raise ValidationError(_("Give a list of up to %(n)s conditions.") % {"n": MOST})
    return [_checked(each) for each in conditions]


def _checked(condition) -> dict:
    condition = condition if isinstance(condition, dict) else {}
    field, op, value = (_text(condition.get(name, "")) for name in ("field", "op", "value"))
    if not field:
        raise ValidationError(_("Say which field a condition is about."))
    if op not in Op.values:
        raise ValidationError(_("Choose how a condition compares."))
    if op in WITHOUT_VALUE:
        return {"field": field, "op": op, "value": ""}
    if not value:
        raise ValidationError(_("Say what a condition compares with."))
    return {"field": field, "op": op, "value": value}


def _text(value) -> str:
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if len(text) > LONGEST:
        raise ValidationError(_("Write at most %(n)s characters.") % {"n": LONGEST})
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
