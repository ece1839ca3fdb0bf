"""What an entry of the timeline says to its reader. It is stored in English and UTC, the same for
everybody; a page says it in the reader's language and zone."""

from django.utils.translation import gettext, gettext_noop

from leads.models import Activity, Lead
from leads.models.lead import NOBODY
from notifications import sentences

Kind = Activity.Kind


def words_of(entry: Activity) -> str:
    return SAID[entry.kind](entry) if entry.kind in SAID else entry.text


def _contact(entry):
    return sentences.listed(entry.message)


def _stages(entry):
    labels = dict(Lead.Stage.choices)
    return " → ".join(str(labels.get(stage, stage)) for stage in _from_to(entry))


def _owners(entry):
    """Who they were, by the names that they had then."""
    somebody = None not in _from_to(entry)
    return entry.message if somebody else entry.message.replace(NOBODY, gettext(NOBODY))


def _assigned(entry):
    """To whom, and why: by which rule of the source, or as its owner."""
    for words in (RULE, SOURCES_OWNER):
        who, found, rest = entry.message.partition(f": {words} ")
        if found:
            said = gettext(words)
            return f"{who}: {said} {rest}"
    return entry.message


def _appointment(entry):
    title, _at, time = entry.message.rpartition(" at ")
    return f"{title}, {sentences.here(time)}" if title else entry.message


def _merged(entry):
    """Who it was, and whose."""
    owner = gettext("Owner")
    return entry.message.replace("\nOwner: ", f"\n{owner}: ")


def _from_to(entry):
    return entry.changes[0]["from"], entry.changes[0]["to"]


RULE, SOURCES_OWNER = gettext_noop("rule"), gettext_noop("owner of the source")
SAID = {
    Kind.CONTACT: _contact,
    Kind.STAGE: _stages,
    Kind.OWNER: _owners,
    Kind.ASSIGNED: _assigned,
    Kind.MERGED: _merged,
    Kind.EVENT: _appointment,
    Kind.EVENT_CHANGED: _appointment,
    Kind.EVENT_CANCELLED: _appointment,
}
