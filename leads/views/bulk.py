"""One change for many leads: each by itself, so that one that fails stops no other, and a result
that says what was and what was not done, and why."""

import logging

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from leads import policy
from leads.forms.list import BulkForm
from leads.models import Lead
from leads.views.stage import back_of

log = logging.getLogger(__name__)

MOST = 200  # leads at a time
NAMED = 10  # of those to which nothing was done


@login_required
@never_cache
@require_POST
def bulk(request):
    back = back_of(request) or "leads:list"
    form = BulkForm(request.POST)
    ids = _ids(request.POST.getlist("lead"))
    if not ids or not form.is_valid():
        messages.warning(request, form.problem() or _("Choose some leads first."))
        return redirect(back)
    if form.asks_first():
        leads = Lead.objects.filter(pk__in=ids).order_by("-created_at", "-pk")
        context = {"leads": leads, "back": back_of(request)}
        return render(request, "leads/bulk_delete.html", context)
    done, not_done = _each(ids, form, request.user)
    _tell(request, form, done, not_done)
    return redirect(back)


def _ids(texts) -> list[int]:
    """In the order in which they were chosen, each once."""
    known = (text for text in texts if text.isascii() and text.isdigit() and len(text) < 19)
    return list(dict.fromkeys(map(int, known)))[:MOST]


def _each(ids, form, user):
    """How many were done, and the names of the others, by reason."""
    done, not_done = 0, {}
    names = {lead.pk: lead.name for lead in Lead.objects.filter(pk__in=ids)}
    for pk in ids:
        reason = _one(pk, form, user)
        if reason is None:
            done += 1
        else:
            not_done.setdefault(reason, []).append(names.get(pk, f"Lead {pk}"))
    return done, not_done


def _one(pk, form, user):
    """The reason for which it was not done, if so."""
    try:
        with transaction.atomic():
            lead = Lead.objects.locked(pk)
            if not policy.may(user, form.right, lead):
                return policy.refusal(lead)
            form.act(lead, by=user)
    except Lead.DoesNotExist:
        return _("It was deleted meanwhile.")
    except ValidationError as problem:
        return " ".join(problem.messages)
    except Exception:  # whatever it is, the next lead is not to suffer for it
        log.exception("bulk %s of lead %s failed", form.what, pk)
        return _("Something failed here. Try it again.")
    return None


def _tell(request, form, done, not_done):
    if done:
        messages.success(request, form.said(done))
    for reason, names in not_done.items():
        count = len(names)
        more = _(" and %(n)s more") % {"n": count - NAMED} if count > NAMED else ""
        text = ngettext(
            "%(n)s lead stays as it was: %(names)s%(more)s. %(reason)s",
            "%(n)s leads stay as they were: %(names)s%(more)s. %(reason)s",
            count,
        )
        named = ", ".join(names[:NAMED])
        values = {"n": count, "names": named, "more": more, "reason": reason}
        messages.warning(request, text % values)
