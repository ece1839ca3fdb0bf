"""The page that lists where one is signed in, and signs out there."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from crm.audit import AuditEntry, note
from crm.entrance.devices import PageSignIn
from crm.models import TokenSignIn

SHOWN = 100


@login_required
@never_cache
@require_GET
def index(request):
    rows = _alive(request.user)
    here = [row for row in rows if _is_this_one(row, request)]
    others = [row for row in rows if not _is_this_one(row, request)]
    shown = (here + others)[:SHOWN]
    context = {"rows": shown, "here": here, "others": len(others), "more": len(rows) - len(shown)}
    return render(request, "crm/entrance/sessions.html", context)


def _alive(user):
    """The last used first. What has expired is of no use, and not shown."""
    pages = user.page_sign_ins.filter(session__expire_date__gt=timezone.now())
    tokens = user.token_sign_ins.alive().filter(used_at__gt=TokenSignIn.oldest())
    return sorted([*pages, *tokens], key=lambda row: row.used_at, reverse=True)


def _is_this_one(row, request):
    return isinstance(row, PageSignIn) and row.session_id == request.session.session_key


@login_required
@never_cache
@require_POST
def end(request, pk: UUID):
    """Signs out of one of one's own."""
    row = next((row for row in _alive(request.user) if row.pk == pk), None)
    if row is None:
        raise Http404
    _end([row])
    messages.success(request, _("Signed out there: %(device)s.") % {"device": row.device})
    return redirect("sessions")


def _end(rows):
    with transaction.atomic():
        for row in rows:
            row.end()
            note(AuditEntry.What.SIGN_IN_ENDED, about=f"sign-in {row.pk}")


@login_required
@never_cache
@require_POST
def end_others(request):
    others = [row for row in _alive(request.user) if not _is_this_one(row, request)]
    _end(others)
    said = ngettext("Signed out of %(n)s other.", "Signed out of %(n)s others.", len(others))
    messages.success(request, said % {"n": len(others)})
    return redirect("sessions")
