"""The page of one lead, and what is done with the lead itself there."""

import re
from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leads import duplicates, policy
from leads.agenda import say_conflicts
from leads.forms.lead import EditForm, FieldForm, shown
from leads.forms.people import offer, who_work_here
from leads.forms.tags import TagForm
from leads.forms.things import AppointmentForm, ComposerForm, TaskForm
from leads.models import Following, Lead, Tag
from leads.models.looking import who_looks
from leads.neighbours import neighbours
from leads.timeline import Stretch
from leads.views.gone import gone, moved_or_gone
from leads.views.opened import Opened
from leads.views.said import entries_of
from notifications.kinds import Kind

CHOSEN = ("stage", "owner")  # by a select that is always there
TYPED = (
    *("first_name", "last_name", "email", "phone", "company", "job_title"),
    *("website", "city", "region", "postal_code", "country", "source"),
)
OPEN_SHOWN, DONE_SHOWN, AHEAD_SHOWN, ORIGINS_SHOWN = 50, 20, 20, 10
TAGS_OFFERED = 200
UNDO = timedelta(minutes=1)  # that a completed task stays where it was


def for_who_may(action, thing=None):
    """Gives the view the lead instead of its number, to who may do that with it, or with
    ``thing``."""
    return lambda view: login_required(never_cache(_with_lead(view, action, thing)))


def _with_lead(view, action, thing):
    def wrapped(request, pk, **names):
        lead = Lead.objects.select_related("owner").filter(pk=pk).first()
        if lead is None:
            return moved_or_gone(request, pk)
        if not policy.may(request.user, action, thing or lead):
            raise PermissionDenied
        try:
            return view(request, lead, **names)
        except Lead.DoesNotExist:  # deleted or merged by somebody else meanwhile
            return gone(request, pk)

    return wrapped


@for_who_may(policy.READ)
@require_GET
def detail(request, lead):
    return page(request, lead)


def page(request, lead, status=200, asked=None, **given):
    """The lead's page. ``given`` are forms that came back with something to say; ``asked`` is
    which part of the timeline to show."""
    stretch = Stretch(lead, request.GET if asked is None else asked)
    may_change = policy.may(request.user, policy.CHANGE, lead)
    context = {
        "lead": lead,
        "score": lead.explained(),
        "neighbours": neighbours(request, lead),
        "may_change": may_change,
        "duplicates": duplicates.of(lead, request.user),
        "just_merged": duplicates.just_merged(lead, request.GET),
        "dial": re.sub(r"[^\d+*#,;]", "", lead.phone),
        "receipts": _receipts(lead) if policy.leads_the_team(request.user) else None,
        **_found_by(lead, may_change, given.get("tags")),
        "stretch": stretch,
        "entries": entries_of(stretch, request.user, request.GET.get("edit"), given.get("saying")),
        "composer": given.get("composer") or ComposerForm(),
        "task_form": given.get("task") or TaskForm(initial={"assignee": request.user}),
        "appointment_form": given.get("appointment")
        or AppointmentForm(initial={"attendees": [request.user]}),
        **_facts(lead, may_change, given.get("fact")),
        **_agenda(lead, request.user, Opened(request.GET, given.get("changing"))),
        "looking": who_looks(lead.pk, without=request.user.pk),
        "following": Following.objects.standing(lead, request.user),
    }
    _offer_people(lead, context)
    return render(request, "leads/detail.html", context, status=status)


def _found_by(lead, may_change, sent):
    """Its tags, and what it came with."""
    return {
        "tags": Tag.objects.names(lead),
        "tag_form": sent or TagForm(),
        "known_tags": Tag.objects.known(TAGS_OFFERED) if may_change else (),
        "origins": lead.origins.select_related("delivery__source", "file_import").order_by("-pk")[
            :ORIGINS_SHOWN
        ],
    }


def _facts(lead, may_change, sent):
    edit = EditForm(instance=lead)
    there = {name for name in TYPED if may_change or getattr(lead, name)}
    there |= {sent.name} if sent else set()
    edit.fields["first_name"].widget.attrs.pop("autofocus")

    def fact(name):
        form = sent if sent and sent.name == name else None
        return {
            "name": name,
            "field": (form or edit)[name],
            "value": shown(lead, name),
            "form": form,
            "web": name == "website" and lead.website.startswith(("https://", "http://")),
        }

    return {
        "version": edit["version"].value(),
        "chosen": {name: fact(name) for name in CHOSEN},
        "typed": [fact(name) for name in TYPED if name in there],
    }


def _offer_people(lead, context):
    """Asked for once. Who has the lead but does not work here any more is offered as its owner."""
    people = list(who_work_here())
    offer(people, context["task_form"]["assignee"], context["appointment_form"]["attendees"])
    others = [lead.owner] if lead.owner and not lead.owner.is_active else []
    offer([*people, *others], context["chosen"]["owner"]["field"])


def _agenda(lead, user, opened):
    """What to do next, and what was done."""
    now = timezone.now()
    todo = lead.tasks.select_related("assignee").filter(completed_at=None)
    done = lead.tasks.exclude(completed_at=None).order_by("-completed_at", "-pk")
    ahead = lead.appointments.filter(ends_at__gte=now).order_by("starts_at", "pk")
    todo = list(todo.order_by(F("due_at").asc(nulls_last=True), "pk")[:OPEN_SHOWN])
    done = list(done.select_related("assignee")[:DONE_SHOWN])
    ahead = list(ahead.prefetch_related("attendances__user")[:AHEAD_SHOWN])
    say_conflicts(ahead)
    for row in [*todo, *done, *ahead]:
        row.theirs = policy.may(user, policy.CHANGE, row)
        row.form = opened.form_of(row)
    for task in [*todo, *done]:
        task.state = _state(task, now)
    return {
        "todo": todo,
        "just_done": [task for task in done if task.completed_at > now - UNDO],
        "done": [task for task in done if task.completed_at <= now - UNDO],
        "ahead": ahead,
    }


def _state(task, now):
    if task.due_at is None:
        return "none"
    if task.due_at < now:
        return "late"
    same_day = timezone.localdate(task.due_at) == timezone.localdate(now)
    return "today" if same_day else "later"


def _receipts(lead):
    """Whom the news of this lead has reached, and who has seen it: for managers to know."""
    told = lead.notifications.filter(type=Kind.LEAD_CREATED, deleted_at=None).with_receipts()
    rows = told.select_related("recipient").order_by(
        "recipient__first_name", "recipient", "arrival"
    )
    rows = list({row.recipient_id: row for row in rows}.values())  # of merged leads the later
    return {
        "rows": rows,
        "all": len(rows),
        "reached": sum(row.delivered_at is not None for row in rows),
        "seen": sum(row.seen_at is not None for row in rows),
    }


@for_who_may(policy.CHANGE)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, lead):
    name = lead.name  # the form writes into the lead
    with transaction.atomic():
        if request.method == "POST":
            lead = _locked(lead, request.user)
        form = EditForm(request.POST or None, instance=lead)
        if request.method == "POST" and form.is_valid():
            form.save(commit=False).save(by=request.user)
            return redirect(lead)
    status = 409 if form.conflicts else 200
    context = {"form": form, "lead": lead, "name": name}
    return render(request, "leads/form.html", context, status=status)


@for_who_may(policy.READ)
@require_POST
def field(request, lead):
    """Changes one field in place. Who may not any more is told beside it."""
    name = request.POST.get("name")
    if name not in (*CHOSEN, *TYPED):
        raise Http404
    with transaction.atomic():
        lead = Lead.objects.select_for_update(no_key=True).get(pk=lead.pk)
        form = FieldForm(request.POST, instance=lead, name=name)
        allowed = policy.may(request.user, policy.CHANGE, lead)
        if form.is_valid() and allowed:
            form.save(commit=False).save(by=request.user)
            return redirect(lead)
    if not allowed:
        form.add_error(name, policy.refusal(lead))
    status = 403 if not allowed else 409 if form.conflicts else 200
    return page(request, form.stored, status, fact=form)


def _locked(lead, user):
    """Of two editors one comes after the other, and may not any more if it is another's now."""
    lead = Lead.objects.select_for_update(no_key=True).get(pk=lead.pk)
    if not policy.may(user, policy.CHANGE, lead):
        raise PermissionDenied
    return lead


@for_who_may(policy.DELETE)
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request, lead):
    if request.method == "POST":
        lead.delete()
        return redirect("leads:list")
    return render(request, "leads/delete.html", {"lead": lead})
