"""Model fields for what strangers type."""

import re
from datetime import UTC, datetime

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, RegexValidator, URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
FIRST, END = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
SCHEME = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*:")

one_line = RegexValidator(
    CONTROL, _("Write this on one line, without control characters."), "control", inverse_match=True
)


def validate_phone(value: str) -> None:
    """A phone number is kept as it was given; it has digits enough to be called."""
    if sum(character.isdecimal() for character in value) < 3:
        raise ValidationError(_("Enter a phone number."), "phone")


class LineField(models.CharField):
    """Text of one line: it ends up in subjects, titles and headers."""

    default_validators = [*models.CharField.default_validators, one_line]

    def to_python(self, value):
        value = super().to_python(value)
        return value.strip(" ") if isinstance(value, str) else value


class ProseField(models.TextField):
    """What somebody wrote, kept as it was written: something, and no more than a letter has."""

    default_validators = [MaxLengthValidator(10_000)]
    default_error_messages = {"blank": _("Write something.")}

    def validate(self, value, model_instance):
        super().validate(value, model_instance)
        if not value.strip():
            raise ValidationError(self.error_messages["blank"], "blank")


def in_sight(moment: datetime) -> None:
    """Beyond, the calendar ends for who lives far enough to the east or to the west."""
    if not FIRST <= moment < END:
        raise ValidationError(_("Give a date from 1900 to 2199."), "out_of_sight")


class MomentField(models.DateTimeField):
    """When something is, in the time of people."""

    default_validators = [in_sight]


class WebsiteField(LineField):
    """A web address; ``https://`` is put in front of one that was given without."""

    web = URLValidator(schemes=["http", "https"], message=_("Enter a web address."))

    def to_python(self, value):
        value = super().to_python(value)
        return f"https://{value}" if value and not SCHEME.match(value) else value

    def run_validators(self, value):
        super().run_validators(value)
        if value:
            self.web(value)
