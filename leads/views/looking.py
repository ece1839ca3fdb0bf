"""Who else is looking at a lead now: said by their pages, told to who looks too."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from leads import policy
from leads.models import Looking
from leads.models.looking import who_looks
from leads.views.lead import for_who_may

LONGEST = 36  # characters of a tab's name


@for_who_may(policy.READ)
@require_GET
def others(request, lead):
    context = {"looking": who_looks(lead.pk, without=request.user.pk)}
    return render(request, "leads/_looking.html", context)


@for_who_may(policy.READ)
@require_http_methods(["POST", "DELETE"])
def here(request, lead, tab):
    """``POST`` says that this tab shows it, now and again; ``DELETE`` that it does no more."""
    if request.method == "DELETE":
        Looking.objects.leave(lead, request.user, tab[:LONGEST])
        return HttpResponse(status=204)
    Looking.objects.arrive(lead, request.user, tab[:LONGEST])
    return JsonResponse({"userIds": sorted(person.pk for person in who_looks(lead.pk))})
