"""What mentions somebody, marked as seen by them."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from leads.models import Mention
from leads.views.stage import back_of


@login_required
@require_POST
def seen(request):
    """``mention`` names one of one's own, any number of times. Others' are left alone."""
    pks = [int(pk) for pk in request.POST.getlist("mention") if _is_id(pk)]
    Mention.objects.of(request.user).filter(pk__in=pks[:MOST]).mark_seen()
    url = back_of(request)
    return redirect(url) if url else HttpResponse(status=204)


def _is_id(text):
    return text.isascii() and text.isdigit() and len(text) < 19


MOST = 200
