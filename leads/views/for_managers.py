"""Views for who leads the team."""

from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache

from leads import policy
from leads.models import Source


def for_who_leads(view, refusal=policy.ONLY_MANAGERS_SEE_SOURCES):
    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if not policy.leads_the_team(request.user):
            raise PermissionDenied(refusal)
        return view(request, *args, **kwargs)

    return login_required(never_cache(wrapped))


def of_source(view):
    """Gives the view the source instead of its number."""

    @wraps(view)
    def wrapped(request, pk, **names):
        source = get_object_or_404(Source.objects.select_related("owner"), pk=pk)
        try:
            return view(request, source, **names)
        except Source.DoesNotExist as gone:  # deleted by somebody else meanwhile
            raise Http404 from gone

    return for_who_leads(wrapped)
