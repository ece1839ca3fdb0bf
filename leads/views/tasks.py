"""The tasks of one, and of the team."""

from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leads import due, policy
from leads.models import Lead, Task
from leads.snooze import Snooze
from leads.task_form import TaskForm
from notifications.back import back

PAGE = 50
DONE_SHOWN = 20
DONE_FOR = timedelta(days=7)


@login_required
@never_cache
@require_GET
def index(request):
    """``who=team`` is everybody's; ``after`` is the task that ended the page before."""
    team = request.GET.get("who") == "team"
    tasks = Task.objects.select_related("lead", "assignee")
    tasks = tasks if team else tasks.assigned_to(request.user)
    place = due.place_called(request.GET.get("after", ""))
    rows = list((tasks.open().after(*place) if place else tasks.open())[: PAGE + 1])
    shown, more = rows[:PAGE], len(rows) > PAGE
    done = [] if place else list(tasks.done_since(timezone.now() - DONE_FOR)[:DONE_SHOWN])
    context = {
        "groups": due.groups(for_who_may_change(shown, request.user)),
        "done": for_who_may_change(done, request.user),
        "more": _query(team, due.name_of(shown[-1])) if more else "",
        "later": place is not None,
        "changes_at": due.changes_at(shown),
        "team": team,
        "first": _query(team),
        "back": request.get_full_path(),
    }
    return render(request, "tasks/list.html", context)


def for_who_may_change(tasks, user) -> list[Task]:
    """Each knows whether the user may complete it."""
    for task in tasks:
        task.may_change = policy.may(user, policy.CHANGE, task)
    return tasks


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    """``?lead=`` is the lead that it is for, to begin with."""
    if not policy.may(request.user, policy.ADD, Task):
        raise PermissionDenied
    form = TaskForm(request.POST or None, instance=Task(created_by=request.user),
                    initial={"assignee": request.user.pk, **_lead_given(request.GET)})  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            form.save()
        except Lead.DoesNotExist:  # deleted by somebody else meanwhile
            return render(request, "leads/gone.html", status=404)
        messages.success(request, _("Task added."))
        return redirect("tasks")
    return render(request, "tasks/form.html", {"form": form})


@login_required
@require_POST
def complete(request, pk):
    return _mark(request, pk, completed=True)


@login_required
@require_POST
def reopen(request, pk):
    return _mark(request, pk, completed=False)


def _mark(request, pk, completed):
    with _locked(request, pk) as task:
        task.mark(completed)
        task.save(by=request.user)
    return back(request, "tasks")


@login_required
@require_POST
def snooze(request, pk):
    with _locked(request, pk) as task:
        put_off(request, task)
    return back(request, "tasks")


def put_off(request, task):
    """As the form says, and tells until when, or why not."""
    if request.POST.get("for") not in Snooze.values:
        raise BadRequest("There is no such time to be reminded at.")
    until = Snooze(request.POST["for"]).until()
    try:
        task.snooze(until)
    except ValidationError as problem:
        messages.error(request, problem.messages[0])
    else:
        at = {"at": date_format(timezone.localtime(until), _("j M Y, H:i"))}
        messages.success(request, _("You will be reminded on %(at)s.") % at)


@contextmanager
def _locked(request, pk):
    """The task, for who may change it, while it is locked."""
    try:
        with transaction.atomic():
            task = Task.objects.locked(pk)
            if not policy.may(request.user, policy.CHANGE, task):
                raise PermissionDenied
            yield task
    except (Task.DoesNotExist, Lead.DoesNotExist) as gone:
        raise Http404 from gone


def _lead_given(query):
    pk = query.get("lead", "")
    known = pk.isascii() and pk.isdigit() and len(pk) < 19
    lead = Lead.objects.filter(pk=int(pk)).first() if known else None
    return {"lead": lead.pk, "lead_name": lead.name} if lead else {}


def _query(team, after=""):
    query = {"who": "team" if team else "", "after": after}
    return urlencode({name: value for name, value in query.items() if value})
