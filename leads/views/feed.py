"""The calendar as calendar programs read it, under a secret address."""

import hashlib

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_POST, require_safe

from leads.feed import calendar_of
from leads.models import CalendarFeed

HEADERS = {
    "Cache-Control": "private, no-cache",
    "Content-Disposition": 'inline; filename="leadbell.ics"',
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


@require_safe
def feed(request, token):
    """``?who=all`` is everybody's."""
    try:
        user = CalendarFeed.objects.called(token).user
    except CalendarFeed.DoesNotExist as unknown:
        raise Http404 from unknown
    with translation.override(user.language or settings.LANGUAGE_CODE):
        body = calendar_of(user, request.GET.get("who") == "all", request.build_absolute_uri)
    etag = f'"{hashlib.sha256(body).hexdigest()}"'
    content_type = "text/calendar; charset=utf-8"
    response = HttpResponse(body, content_type=content_type, headers=HEADERS | {"ETag": etag})
    return get_conditional_response(request, etag=etag, response=response)


def addresses_of(feed, request) -> dict | None:
    """By whose appointments they give; None where there is no feed."""
    if feed is None:
        return None
    mine = request.build_absolute_uri(reverse("calendar-feed", args=[feed.token]))
    return {"mine": mine, "all": f"{mine}?who=all"}


@login_required
@require_POST
def renew(request):
    """A new address; the one before, if any, is none from now on."""
    CalendarFeed.objects.renew(request.user)
    return _back()


@login_required
@require_POST
def remove(request):
    CalendarFeed.objects.filter(user=request.user).delete()
    return _back()


def _back():
    return redirect(f"{reverse('calendar')}?subscribe=1")
