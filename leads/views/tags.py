"""The tags of a lead, given and taken on its page."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from leads import policy
from leads.forms.tags import TagForm
from leads.models import Lead, Tag
from leads.views.lead import for_who_may, page


@for_who_may(policy.CHANGE)
@require_POST
def change(request, lead):
    """``remove`` is a tag that it has no longer, ``add`` one or more that it has from now on."""
    form = TagForm(request.POST)
    taken = request.POST.get("remove")
    if taken is not None or form.is_valid():
        try:
            _change(request.user, lead, form, taken)
            return redirect(lead)
        except ValidationError as problem:
            form.add_error("add", problem)
    return page(request, lead, tags=form)


def _change(user, lead, form, taken):
    """Whose lead it is now says whether they may."""
    with transaction.atomic():
        lead = Lead.objects.locked(lead.pk)
        if not policy.may(user, policy.CHANGE, lead):
            raise PermissionDenied
        if taken is not None:
            Tag.objects.take(lead, taken)
        else:
            Tag.objects.give(lead, form.cleaned_data["add"])
