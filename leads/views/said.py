"""How the entries of a timeline read: who did what, and what became of which field."""

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from leads import policy
from leads.forms.things import CommentForm, InteractionForm
from leads.models import Activity, Appointment, Interaction, Lead
from leads.words import words_of

Kind = Activity.Kind
IN = Interaction.Direction.IN
VERBS = {
    Kind.LEAD_CREATED: _("added the lead"),
    Kind.CONTACT: _("changed contact details"),
    Kind.STAGE: _("changed the stage"),
    Kind.OWNER: _("changed the owner"),
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
TIMES = ("startsAt", "endsAt", "createdAt")


def entries_of(stretch, user, editing, sent=None):
    """Each entry of that part of the timeline, as the page shows it. ``editing`` is the id of the
    one whose form is open, ``sent`` such a form that came back with something to say."""
    for entry in stretch.entries:
        entry.said = entry.comment or entry.interaction
        entry.verb = _verb(entry)
        entry.words = words_of(entry)
        entry.told = [_change(change) for change in _listed(entry)]
        entry.undoable = entry.kind == Kind.MERGED and _undoable(entry)
        entry.theirs = bool(entry.said) and policy.may(user, policy.CHANGE, entry.said)
        entry.form = sent if sent and sent.instance == entry.said else None
        if entry.theirs and editing == str(entry.pk):
            entry.form = form_of(entry.said)
    return stretch.entries


def form_of(said, data=None):
    form = InteractionForm if isinstance(said, Interaction) else CommentForm
    return form(data, instance=said)


def _verb(entry):
    came_in = entry.interaction is not None and entry.interaction.direction == IN
    return (came_in and FROM_THEM.get(entry.kind)) or VERBS[entry.kind]


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
