"""Quiet hours: the form of them, which stands in the settings and on a page of its own."""

from copy import copy

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from crm import zones
from crm.forms import QuietHoursForm


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def hours(request):
    form = form_of(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("settings")
    return render(request, "crm/quiet.html", {"form": form})


def form_of(request, data=None) -> QuietHoursForm:
    person = copy(request.user)  # the frame of the page shows what is stored, not what was sent
    return QuietHoursForm(data, instance=person, zone=zones.of_browser(request))
