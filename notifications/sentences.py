"""What notifications say, and how it reads in another language.

A notification is stored and sent in English, the same for every client. Pages show it in their
reader's language: what was filled into its sentence is taken out again, and filled into that
sentence's translation. What follows no sentence, an announcement for example, is shown as written.
"""

import re
from datetime import UTC, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_noop

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


def title_of(notification) -> str:
    """Its title in the language that is active; as stored if it is none of ours."""
    ours = TITLES.get(notification.type)
    return gettext(ours) if notification.title == ours else notification.title


def message_of(notification) -> str:
    """Its message in the language that is active; as stored if it follows no sentence."""
    kind = notification.type
    filled = kind in PATTERNS and PATTERNS[kind].fullmatch(notification.message)
    if not filled:
        return notification.message
    values = filled.groupdict()
    if kind == Kind.EVENT:
        values["time"] = here(values["time"])
    if kind == Kind.CONTACT:
        values["fields"] = listed(values["fields"])
    return _fill(gettext(SENTENCES[kind]), values)


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


def _here(found):
    """What only looks like a moment, or lies beyond the calendar here, is told as it is written."""
    try:
        moment = datetime.strptime(found[1], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
        return date_format(timezone.localtime(moment), gettext("j M Y, H:i"))
    except (ValueError, OverflowError):
        return found[0]


def in_two_languages() -> list[dict]:
    """For scripts, which do the same: of each kind its title and its sentence, ours and theirs."""
    return [
        {
            "kind": kind.value,
            "english": title,
            "title": gettext(title),
            "sentence": SENTENCES.get(kind, ""),
            "here": gettext(SENTENCES[kind]) if kind in SENTENCES else "",
        }
        for kind, title in TITLES.items()
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
GAPS = {"task": ".*", "title": ".*", "time": f"{MOMENT} UTC", "score": "-?[0-9]+"}
UTC_MOMENT = re.compile(f"({MOMENT}) UTC")
PATTERNS = {kind: _pattern(sentence) for kind, sentence in SENTENCES.items()}
