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
from leads.views.tasks import put_off


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
    with transaction.atomic():
        row = _locked(lead.tasks, task, request.user, policy.CHANGE)
        row.mark(completed)
        row.save(by=request.user)
    return redirect(lead)


@for_who_may(policy.READ)
@require_POST
def change_task(request, lead, task):
    return _change(request, lead, lead.tasks, task, TaskForm)


@for_who_may(policy.READ)
@require_POST
def snooze_task(request, lead, task):
    with transaction.atomic():
        put_off(request, _locked(lead.tasks, task, request.user, policy.CHANGE))
    return redirect(lead)


@for_who_may(policy.READ)
@require_POST
def delete_task(request, lead, task):
    return _delete(request, lead, lead.tasks, task)


@for_who_may(policy.ADD, Appointment)
@require_POST
def add_appointment(request, lead):
    new = Appointment(lead=lead, created_by=request.user)
    form = AppointmentForm(request.POST, instance=new)
    if not form.is_valid():
        return page(request, lead, appointment=form)
    form.save(commit=False).save()
    return redirect(lead)


@for_who_may(policy.READ)
@require_POST
def change_appointment(request, lead, appointment):
    return _change(request, lead, lead.appointments, appointment, AppointmentForm)


@for_who_may(policy.READ)
@require_POST
def cancel_appointment(request, lead, appointment):
    return _delete(request, lead, lead.appointments, appointment)


def _change(request, lead, rows, pk, form_class):
    with transaction.atomic():
        row = _locked(rows, pk, request.user, policy.CHANGE)
        form = form_class(request.POST, instance=row)
        if form.is_valid():
            form.save(commit=False).save(by=request.user)
            return redirect(lead)
    return page(request, lead, 409 if form.conflicts else 200, changing=form)


def _delete(request, lead, rows, pk):
    with transaction.atomic():
        _locked(rows, pk, request.user, policy.DELETE).delete(by=request.user)
    return redirect(lead)


def _locked(rows, pk, user, action):
    """The one of these, locked, for who may do that with it."""
    get_object_or_404(rows, pk=pk)
    try:
        row = rows.model.objects.locked(pk)
    except ObjectDoesNotExist as gone:
        raise Http404 from gone
    if not policy.may(user, action, row):
        raise PermissionDenied
    return row
