"""What is to be done for a lead, and when somebody meets them: on its page."""

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from leads import policy
from leads.forms.things import AppointmentForm, TaskForm
from leads.models import Appointment, Task
from leads.views.lead import for_who_may, page


@for_who_may(policy.ADD, Task)
@require_POST
def add_task(request, lead):
    form = TaskForm(request.POST, instance=Task(lead=lead, created_by=request.user))
    if not form.is_valid():
        return page(request, lead, task=form)
    form.save(commit=False).save()
    return redirect(lead)


@for_who_may(policy.READ)
@require_POST
def mark_task(request, lead, task, completed):
    """Completes it, or opens it again."""
    get_object_or_404(lead.tasks, pk=task)
    with transaction.atomic():
        row = _locked_task(task)
        if not policy.may(request.user, policy.CHANGE, row):
            raise PermissionDenied
        row.mark(completed)
        row.save(by=request.user)
    return redirect(lead)


@for_who_may(policy.ADD, Appointment)
@require_POST
def add_appointment(request, lead):
    new = Appointment(lead=lead, created_by=request.user)
    form = AppointmentForm(request.POST, instance=new)
    if not form.is_valid():
        return page(request, lead, appointment=form)
    form.save(commit=False).save()
    return redirect(lead)


def _locked_task(pk):
    try:
        return Task.objects.locked(pk)
    except ObjectDoesNotExist as gone:
        raise Http404 from gone
