"""What managers write of a source, as it is stored. Each raises ValidationError with a sentence."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from leads.fields import CONTROL
from leads.intake import addresses
from leads.intake.mapping import MAPPABLE, storable
from leads.intake.understanding import LONGEST_TAG, MOST_TAGS

MOST = 50  # origins, and hosts
LONGEST_PATH = 500


def tags(value) -> list[str]:
    """Each once, whatever the case of its letters."""
    words = {}
    for word in _texts(value):
        word = " ".join(CONTROL.sub(" ", word).split())
        if len(word) > LONGEST_TAG:
            raise ValidationError(_("A tag has at most %(n)s characters.") % {"n": LONGEST_TAG})
        if word:
            words.setdefault(word.casefold(), word)
    if len(words) > MOST_TAGS:
        raise ValidationError(_("Give at most %(n)s tags.") % {"n": MOST_TAGS})
    return list(words.values())


def origins(value) -> list[str]:
    return _each(value, addresses.origin, _("Write a website as https://www.example.com: %(what)s"))


def hosts(value) -> list[str]:
    return _each(value, addresses.host_of, _("Write a host as www.example.com: %(what)s"))


def mapping(value) -> dict[str, str]:
    """By field of a lead: the path of what it gets."""
    if not isinstance(value, dict):
        raise ValidationError(_("Say which field gets what."))
    found = {}
    for field, path in value.items():
        if field not in MAPPABLE or not isinstance(path, str) or len(path) > LONGEST_PATH:
            raise ValidationError(_("A lead has no such field: %(what)s") % {"what": field})
        if path := storable(path):
            found[field] = path
    if len(set(found.values())) < len(found):
        raise ValidationError(_("Give each value to one field only."))
    return found


def _each(value, normalised, sentence) -> list[str]:
    found = {}
    for text in _texts(value):
        try:
            found[normalised(text)] = True
        except ValueError as problem:
            what = storable(text)[:100]
            raise ValidationError(sentence % {"what": what}) from problem
    if len(found) > MOST:
        raise ValidationError(_("Give at most %(n)s.") % {"n": MOST})
    return list(found)


def _texts(value) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValidationError(_("Give a list of texts."))
    return [storable(each) for each in value if each.strip()]
