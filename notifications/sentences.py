"""What notifications say, and how it reads in another language.

A notification is stored and sent in English, the same for every client. Pages show it in their
reader's language: what was filled into its sentence is taken out again, and filled into that
sentence's translation. What follows no sentence, an announcement for example, is shown as written.
"""

import re
from datetime import UTC, datetime

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext, gettext_noop, ngettext_lazy

from notifications.kinds import Kind
from notifications.models import Reason

TITLES = {
    Kind.LEAD_CREATED: gettext_noop("New Lead Created"),
    Kind.TASK_COMPLETED: gettext_noop("Task Completed"),
    Kind.SCORE_UPDATED: gettext_noop("Score Updated"),
    Kind.COMMENT_ADDED: gettext_noop("New Comment"),
    Kind.CONTACT: gettext_noop("Contact Updated"),
    Kind.EMAIL: gettext_noop("New Email"),
    Kind.EVENT: gettext_noop("Appointment"),
    Kind.SYSTEM: gettext_noop("Announcement"),
}
SENTENCES = {
    Kind.LEAD_CREATED: gettext_noop("{lead} added to pipeline"),
    Kind.TASK_COMPLETED: gettext_noop("{task} completed for {lead}"),
    Kind.SCORE_UPDATED: gettext_noop("{lead} is now {score}"),
    Kind.COMMENT_ADDED: gettext_noop("{author} on {lead}: {words}"),
    Kind.CONTACT: gettext_noop("{lead}: {fields}"),
    Kind.EVENT: gettext_noop("{title} with {lead} at {time}"),
}
# Of a kind that tells of several things, the others: by their titles.
OTHERS = {
    (Kind.LEAD_CREATED, gettext_noop("Leads Imported")): gettext_noop(
        "{number} leads imported from {file}"
    ),
    (Kind.LEAD_CREATED, gettext_noop("Lead Imported")): gettext_noop(
        "{number} lead imported from {file}"
    ),
    (Kind.EVENT, gettext_noop("Appointment Moved")): gettext_noop(
        "{title} with {lead} at {time}, not {before}"
    ),
    (Kind.EVENT, gettext_noop("Appointment Cancelled")): SENTENCES[Kind.EVENT],
    (Kind.EVENT, gettext_noop("Task Due")): gettext_noop("{task} for {lead} at {time}"),
}
STORMS = {
    Kind.LEAD_CREATED: ngettext_lazy("{n} new lead", "{n} new leads", "n"),
    Kind.TASK_COMPLETED: ngettext_lazy("{n} completed task", "{n} completed tasks", "n"),
    Kind.SCORE_UPDATED: ngettext_lazy("{n} score change", "{n} score changes", "n"),
    Kind.COMMENT_ADDED: ngettext_lazy("{n} comment", "{n} comments", "n"),
    Kind.CONTACT: ngettext_lazy("{n} contact change", "{n} contact changes", "n"),
    Kind.EMAIL: ngettext_lazy("{n} e-mail", "{n} e-mails", "n"),
    Kind.EVENT: ngettext_lazy("{n} appointment", "{n} appointments", "n"),
    Kind.SYSTEM: ngettext_lazy("{n} announcement", "{n} announcements", "n"),
}
TYPICAL = 12  # whose plural scripts take for every storm


def storm_of(kind, n: int, more=False) -> str:
    """``12 new leads`` in the language that is active; ``1000+`` where there are ``more``."""
    return _storm_sentence(kind, n).replace("{n}", f"{n}+" if more else str(n))


def storms_in_words() -> list[dict]:
    """For scripts: of each kind what many of it are called, with ``{n}`` for how many."""
    return [{"kind": kind.value, "words": _storm_sentence(kind, TYPICAL)} for kind in STORMS]


def _storm_sentence(kind, n):
    return STORMS[kind] % {"n": n}  # which chooses the form, and fills nothing in


def title_of(notification) -> str:
    """Its title in the language that is active; as stored if it is none of ours."""
    kind, title = notification.type, notification.title
    ours = title == TITLES.get(kind) or (kind, title) in OTHERS
    return gettext(title) if ours else title


def message_of(notification) -> str:
    """Its message in the language that is active; as stored if it follows no sentence."""
    kind = notification.type
    sentence = OTHERS.get((kind, notification.title)) or SENTENCES.get(kind)
    filled = sentence and PATTERNS[sentence].fullmatch(notification.message)
    if not filled:
        return notification.message
    told = {name: SAID.get(name, str)(value) for name, value in filled.groupdict().items()}
    return _fill(gettext(sentence), told)


def why_of(notification) -> str:
    """Why it came, in the language that is active."""
    if notification.reason == Reason.ADDRESSED and notification.type == Kind.EVENT:
        return gettext("This is your task")
    return str(Reason(notification.reason).label)


def listed(names: str) -> str:
    """``email, phone`` in the language that is active."""
    return ", ".join(map(gettext, names.split(", ")))


def here(words: str) -> str:
    """``words`` with each moment in UTC told in the zone that is active."""
    return UTC_MOMENT.sub(_here, words)


def grouped(number: str) -> str:
    """``1,204`` as numbers are written in the language that is active."""
    return number_format(int(number.replace(",", "")), force_grouping=True)


def _here(found):
    """What only looks like a moment, or lies beyond the calendar here, is told as it is written."""
    try:
        moment = datetime.strptime(found[1], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
        return date_format(timezone.localtime(moment), gettext("j M Y, H:i"))
    except (ValueError, OverflowError):
        return found[0]


def in_two_languages() -> list[dict]:
    """For scripts, which do the same: each title with its sentence, ours and theirs. What a kind
    is as a rule comes before the others."""
    rules = [(kind, title, SENTENCES.get(kind, "")) for kind, title in TITLES.items()]
    others = [(*title, sentence) for title, sentence in OTHERS.items()]
    return [
        {
            "kind": kind.value,
            "english": title,
            "title": gettext(title),
            "sentence": sentence,
            "here": sentence and gettext(sentence),
        }
        for kind, title, sentence in rules + others
    ]


def _fill(sentence, values):
    return re.sub(r"\{(\w+)\}", lambda gap: values[gap[1]], sentence)


def _pattern(sentence):
    return re.compile(re.sub(r"\\\{(\w+)\\\}", _gap, re.escape(sentence)), re.DOTALL)


def _gap(found):
    return f"(?P<{found[1]}>{GAPS.get(found[1], '.*?')})"


MOMENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}"
# What people write may say what the sentence says: of a title the last words are the sentence's, of
# a comment the first. static/js/told.js has the same.
GAPS = {
    "task": ".*",
    "title": ".*",
    "time": f"{MOMENT} UTC",
    "before": f"{MOMENT} UTC",
    "score": "-?[0-9]+",
    "number": "[0-9,]+",
    "file": ".*",
}
SAID = {
    "time": here,
    "before": here,
    "fields": listed,
    "number": grouped,
}  # how what was filled in reads here
UTC_MOMENT = re.compile(f"({MOMENT}) UTC")
PATTERNS = {words: _pattern(words) for words in {*SENTENCES.values(), *OTHERS.values()}}
