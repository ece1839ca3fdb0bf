"""How the entries of a timeline read: who did what, and what became of which field."""

from collections import defaultdict
from datetime import timedelta

from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from leads import mentions, policy
from leads.forms.things import CommentForm, InteractionForm
from leads.models import Activity, Appointment, Interaction, Lead, Mention
from leads.words import words_of

Kind = Activity.Kind
IN = Interaction.Direction.IN
VERBS = {
    Kind.LEAD_CREATED: _("added the lead"),
    Kind.CONTACT: _("changed contact details"),
    Kind.STAGE: _("changed the stage"),
    Kind.OWNER: _("changed the owner"),
    Kind.ASSIGNED: _("gave it to"),
    Kind.COMMENT: _("commented"),
    Kind.CALL: _("logged a call to them"),
    Kind.EMAIL: _("logged an e-mail to them"),
    Kind.MEETING: _("logged a meeting"),
    Kind.NOTE: _("wrote a note"),
    Kind.TASK_ADDED: _("added a task"),
    Kind.TASK_COMPLETED: _("completed a task"),
    Kind.TASK_REOPENED: _("reopened a task"),
    Kind.EVENT: _("made an appointment"),
    Kind.EVENT_CHANGED: _("changed an appointment"),
    Kind.EVENT_CANCELLED: _("cancelled an appointment"),
    Kind.MERGED: _("merged another lead into this one"),
    Kind.MERGE_UNDONE: _("undid a merge with"),
}
FROM_THEM = {
    Kind.CALL: _("logged a call from them"),
    Kind.EMAIL: _("logged an e-mail from them"),
}
AT_ONCE = timedelta(minutes=2)
WITH_IT = timedelta(minutes=1)  # an origin is the lead's own; what a merge brought is another's
TIMES = ("startsAt", "endsAt", "createdAt")


def entries_of(stretch, user, editing, sent=None):
    """Each entry of that part of the timeline, as the page shows it. ``editing`` is the id of the
    one whose form is open, ``sent`` such a form that came back with something to say."""
    mentioned = _mentions_in(stretch.entries)
    for entry in stretch.entries:
        entry.words = words_of(entry)
        _say_mentions(entry, mentioned.get(entry.pk, ()), user)
        entry.took_place = _took_place(entry)
        entry.said = entry.comment or entry.interaction
        entry.verb = _verb(entry)
        entry.came_through = _came_through(entry)
        entry.told = [_change(change) for change in _listed(entry)]
        entry.undoable = entry.kind == Kind.MERGED and _undoable(entry)
        entry.theirs = bool(entry.said) and policy.may(user, policy.CHANGE, entry.said)
        entry.form = sent if sent and sent.instance == entry.said else None
        if entry.theirs and editing == str(entry.pk):
            entry.form = form_of(entry.said)
    return stretch.entries


def _mentions_in(entries) -> dict[int, list]:
    """By entry; a timeline without an ``@`` has none."""
    may = [entry.pk for entry in entries if entry.pk and "@" in entry.text]
    found = defaultdict(list)
    for mention in Mention.objects.filter(entry__in=may).select_related("user") if may else ():
        found[mention.entry_id].append(mention)
    return found


def _say_mentions(entry, found, user):
    """The words with who is mentioned marked, and the reader's own mention until it is seen."""
    own = [mention for mention in found if mention.user == user]
    entry.unseen = next((mention.pk for mention in own if mention.seen_at is None), None)
    pieces = mentions.parts(entry.words, {mention.words: mention.user for mention in found})
    entry.prose = format_html_join("", "{}", ((_marked(*piece, user),) for piece in pieces))


def _marked(text, who, user):
    if who is None:
        return text
    mark = "mention is-me" if who == user else "mention"
    return format_html('<span class="{}" title="{}">{}</span>', mark, who, text)


def _took_place(entry):
    """When it was, of what was logged later than it happened."""
    said = entry.interaction
    late = said is not None and abs(said.occurred_at - entry.created_at) > AT_ONCE
    return said.occurred_at if late else None


def form_of(said, data=None):
    form = InteractionForm if isinstance(said, Interaction) else CommentForm
    return form(data, instance=said)


def _verb(entry):
    if file := _file_of(entry):
        return gettext("imported the lead from %(file)s") % {"file": file}
    came_in = entry.interaction is not None and entry.interaction.direction == IN
    return (came_in and FROM_THEM.get(entry.kind)) or VERBS[entry.kind]


def _came_through(entry) -> str:
    """The name of the source that brought a lead which nobody added; else empty."""
    if entry.kind != Kind.LEAD_CREATED or entry.actor_id:
        return ""
    own = entry.lead.origins.filter(created_at__lte=entry.created_at + WITH_IT)
    origin = own.select_related("delivery__source", "file_import").order_by("pk").first()
    return (origin and (origin.source_name or gettext("a source that is gone"))) or ""


def _file_of(entry) -> str:
    """The name of the file of which somebody made this lead by a row; of one that was merged into
    it, it is not."""
    if entry.kind != Kind.LEAD_CREATED or not entry.actor_id:
        return ""
    own = entry.lead.origins.filter(made=entry.lead_id, file_import__isnull=False)
    return own.values_list("file_import__name", flat=True).first() or ""


def _listed(entry):
    """Of a stage or an owner the message says from what to what, by name."""
    if entry.kind not in (Kind.CONTACT, Kind.EVENT_CHANGED, Kind.MERGED):
        return []
    return [change for change in entry.changes if change["field"] != OWNER]


def _undoable(entry) -> bool:
    merge = getattr(entry, "merge", None)
    return merge is not None and merge.may_be_undone and merge.kept_at_first == entry.lead_id


def _change(change):
    name = change["field"]
    values = {"was": change["from"], "now": change["to"]}
    if name in TIMES:
        values = {key: value and parse_datetime(value) for key, value in values.items()}
    elif name == STAGE:
        values = {key: STAGES.get(value, value) for key, value in values.items()}
    return {"label": LABELS.get(name, name), "time": name in TIMES, "who": name == WHO, **values}


def _labels():
    fields = [*Lead._meta.concrete_fields, *Appointment._meta.concrete_fields]
    return {_camel(field.name): field.verbose_name for field in fields}


def _camel(name):
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


WHO, OWNER, STAGE = "attendeeIds", "ownerId", "stage"
STAGES = dict(Lead.Stage.choices)
LABELS = _labels() | {WHO: _("attendees")}
