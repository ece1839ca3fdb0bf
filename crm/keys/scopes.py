"""What a key may be allowed, and which part of the API needs what. What is not named here no key
reaches: a new address is closed to machines until somebody decides."""

from django.utils.translation import gettext_lazy as _

READING = ("GET", "HEAD", "OPTIONS")

SCOPES = {
    "leads:read": _("Read leads and what belongs to them"),
    "leads:write": _("Create, change and delete leads and what belongs to them"),
    "notifications:read": _("Read the person’s notifications"),
    "notifications:write": _("Mark and delete the person’s notifications"),
    "messages:read": _("Read the person’s chat"),
    "messages:write": _("Write messages as the person"),
    "announcements:read": _("Read announcements"),
    "announcements:write": _("Announce and withdraw as the person"),
    "users:read": _("See who works here"),
}
# By the first part of a path under /api/.
KINDS = {
    "leads": "leads",
    "comments": "leads",
    "tasks": "leads",
    "interactions": "leads",
    "appointments": "leads",
    "notifications": "notifications",
    "messages": "messages",
    "conversations": "messages",
    "announcements": "announcements",
    "users": "users",
}
ANY_KEY = ""
OWN = "me"  # whom a key stands for it may always ask


def needed(method: str, path: str) -> str | None:
    """The scope that a request needs, ``ANY_KEY`` for none in particular, None for what keys do not
    reach. Whoever may write may not read by that alone."""
    part = path.removeprefix("/api/").partition("/")[0]
    if part == OWN:
        return ANY_KEY
    kind = KINDS.get(part)
    scope = f"{kind}:{'read' if method in READING else 'write'}"
    return scope if scope in SCOPES else None
