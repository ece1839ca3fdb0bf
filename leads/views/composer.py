"""What people say of a lead: said, mended and taken back on its page."""

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from leads import policy
from leads.forms.things import ComposerForm
from leads.models import Comment
from leads.views.lead import for_who_may, page
from leads.views.said import form_of


@for_who_may(policy.ADD, Comment)
@require_POST
def say(request, lead):
    form = ComposerForm(request.POST)
    if not form.is_valid():
        return page(request, lead, composer=form)
    thing = form.thing(lead, by=request.user)
    thing.save()
    return redirect(entry_url(thing.activity))


@for_who_may(policy.READ)
@require_POST
def mend(request, lead, entry):
    with transaction.atomic():
        said = _said(request.user, lead, entry, policy.CHANGE)
        form = form_of(said, request.POST)
        if form.is_valid():
            form.save(commit=False).save(by=request.user)
            return redirect(entry_url(said.activity))
    return page(request, lead, asked={"entry": str(entry)}, saying=form)


@for_who_may(policy.READ)
@require_POST
def take_back(request, lead, entry):
    with transaction.atomic():
        _said(request.user, lead, entry, policy.DELETE).delete(by=request.user)
    return redirect(lead)


def entry_url(entry):
    path = reverse("leads:detail", args=[entry.lead_id])
    return f"{path}?entry={entry.pk}#entry-{entry.pk}"


def _said(user, lead, entry, action):
    """The comment or interaction of that entry, locked, for who may do that with it."""
    activity = get_object_or_404(lead.activities.with_texts(), pk=entry)
    said = activity.comment or activity.interaction
    if said is None:
        raise Http404
    try:
        said = type(said).objects.locked(said.pk)
    except ObjectDoesNotExist as gone:
        raise Http404 from gone
    if not policy.may(user, action, said):
        raise PermissionDenied
    return said
