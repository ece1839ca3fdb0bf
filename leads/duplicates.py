"""Leads that may be the same as one, as its page shows them; and where one went that was merged."""

from datetime import timedelta

from django.contrib import messages
from django.db.models import DateTimeField, ExpressionWrapper, F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from leads import policy
from leads.models import Lead, Merge

SHOWN = 10
# An expression, or PostgreSQL may walk all leads by age until it has found so many that are alike.
AGE = ExpressionWrapper(F("created_at") + timedelta(), DateTimeField())


def of(lead, user) -> list[Lead]:
    """The ``SHOWN`` oldest, each with what is the same and whether the user may merge the two."""
    if not (lead.email or lead.phone):
        return []
    found = list(oldest(lead).select_related("owner")[:SHOWN])
    for other in found:
        other.mergeable = policy.may_merge(user, lead, other)
        other.alike = _alike(other)
    return found


def oldest(lead):
    return Lead.objects.like(lead).order_by(AGE, "pk")


def _alike(other) -> str:
    if other.same_email and other.same_phone:
        return _("same e-mail and phone")
    return _("same e-mail") if other.same_email else _("same phone")


def tell(request, lead) -> None:
    """Whoever has just added a lead learns that it may be there already."""
    count = len(of(lead, request.user))
    if count:
        text = ngettext(
            "Saved. There is a lead with the same e-mail or phone already: see below.",
            "Saved. There are %(n)s leads with the same e-mail or phone already: see below.",
            count,
        )
        messages.warning(request, (text if count < SHOWN else MANY) % {"n": count})


def just_merged(lead, asked) -> Merge | None:
    """The merge that led to this page, while it can be undone."""
    pk = asked.get("merged", "")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None
    merge = lead.merges.filter(pk=pk).first()
    return merge if merge and merge.may_be_undone else None


def sentence(lead_id: int) -> str:
    """What became of a lead that is not there, if it was merged."""
    heir = Merge.objects.heir_of(lead_id)
    return heir and _("This lead was merged into lead %(id)s.") % {"id": heir}


MANY = gettext_lazy(
    "Saved. There are %(n)s or more leads with the same e-mail or phone already: see below."
)
