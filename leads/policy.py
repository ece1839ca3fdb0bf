"""Who may do what: the one place that REST, the socket, the pages and the admin ask.

Everybody who is signed in reads everything, and adds leads, and comments, interactions, tasks and
appointments to any lead. Managers and administrators change and delete everything, a rep what
``OWN`` says. A view of the list that is not shared is its owner's alone. The socket, which knows a
user by id alone, adds leads and no more. The admin is entered by administrators alone.
"""

from django.utils.translation import gettext_lazy as _

from leads.models import Appointment, Comment, Interaction, Lead, SavedView, Task

REP, ADMINISTRATOR = "rep", "admin"
READ, ADD, CHANGE, DELETE = "read", "add", "change", "delete"


def may(user, action: str, thing) -> bool:
    """``thing`` is a lead or what belongs to one; for ``ADD`` it may be its model."""
    if not user.is_active or _is_private_of_another(user, thing):
        return False
    return action in (READ, ADD) or leads_the_team(user) or _owns(user, thing)


def may_merge(user, *leads) -> bool:
    """Whoever may change and delete both: either may be the one that goes. Who may change the lead
    that was kept may undo it."""
    return all(may(user, action, lead) for action in (CHANGE, DELETE) for lead in leads)


def leads_the_team(user) -> bool:
    """Managers and administrators, who also import files, and see whom the news of a lead has
    reached."""
    return user.is_active and user.role != REP


def may_announce(user) -> bool:
    """Administrators write to everybody, and take it back."""
    return user.is_active and user.role == ADMINISTRATOR


def may_operate(user) -> bool:
    """Administrators see how the processes do, and try again what failed."""
    return user.is_active and user.role == ADMINISTRATOR


def may_make_keys(user) -> bool:
    """Administrators give machines a way in."""
    return user.is_active and user.role == ADMINISTRATOR


def may_make_webhooks(user) -> bool:
    """Whoever leads the team may have other systems told; of their own endpoints each sees the
    log, and administrators of all."""
    return leads_the_team(user)


def refusal(thing) -> str:
    """What to tell who may not change it."""
    return REFUSALS[type(thing)]


def _owns(user, thing) -> bool:
    return OWN[type(thing)](user.pk, thing)


def _is_private_of_another(user, thing) -> bool:
    return isinstance(thing, SavedView) and not thing.is_visible_to(user)


def _made(user_id, thing):
    return thing.created_by_id == user_id


# What is a rep's own: theirs, and what nobody has.
OWN = {
    Lead: lambda user_id, lead: lead.owner_id in (None, user_id),
    Task: lambda user_id, task: task.assignee_id in (None, user_id) or _made(user_id, task),
    Comment: _made,
    Interaction: _made,
    Appointment: _made,
    SavedView: lambda user_id, view: view.owner_id == user_id,
}
ONLY_MANAGERS_ERASE = _("Only managers take personal data along or erase it: ask one.")
ONLY_ADMINISTRATORS = _("Only administrators announce something: ask one.")
ONLY_ADMINISTRATORS_OPERATE = _("Only administrators see how Leadbell runs: ask one.")
ONLY_MANAGERS_SEE_SOURCES = _(
    "Only managers and administrators see where leads come from: ask one."
)
ONLY_MANAGERS_IMPORT = _("Only managers and administrators import files: ask one.")
REFUSALS = {
    Lead: _("This lead belongs to somebody else: ask them or a manager."),
    Task: _("This task is somebody else’s: ask them or a manager."),
    Comment: _("Somebody else wrote this comment: ask them or a manager."),
    Interaction: _("Somebody else logged this: ask them or a manager."),
    Appointment: _("Somebody else made this appointment: ask them or a manager."),
    SavedView: _("Somebody else saved this view: ask them or a manager."),
}
