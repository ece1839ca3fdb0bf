"""The pages that belong to no app: signing out, what to do now, and what the browser asks for."""

from pathlib import Path

from django.conf import settings as config
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LogoutView
from django.contrib.staticfiles import finders
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from crm.forms import ProfileForm
from leads import days, due
from leads.models import Appointment, Lead, Mention, Pause, Task
from leads.views.tasks import for_who_may_change
from notifications.forms import PreferencesForm
from notifications.models import Notification

WAITING_SHOWN = 10
WAITING_COUNTED = 999
TASKS_SHOWN = 20
APPOINTMENTS_SHOWN = 20
NEWS_READ = 100  # notifications that are looked at, the latest
MENTIONS_SHOWN = 10
NEWS_SHOWN = 10  # leads that they are about


logout = LogoutView.as_view()


@login_required
@never_cache
@require_GET
def today(request):
    """What to do now, and what happened meanwhile."""
    context = {"back": request.get_full_path(), **_waiting(), **_day_of(request.user)}
    context |= _mentions_of(request.user)
    return render(request, "crm/today.html", context | _news_for(request.user))


def _waiting():
    """Who waits for an answer, longest first."""
    unanswered = Lead.objects.unanswered()
    waiting = unanswered[: WAITING_COUNTED + 1].count()
    return {
        "unanswered": unanswered.select_related("owner")[:WAITING_SHOWN],
        "waiting": min(waiting, WAITING_COUNTED),
        "uncounted": waiting > WAITING_COUNTED,
        "more_waiting": waiting > WAITING_SHOWN,
    }


def _day_of(user):
    """What the user has to do until midnight, and what should have been done."""
    begin, end = days.begin_of(timezone.localdate()), days.end_of(timezone.localdate())
    open_tasks = Task.objects.select_related("lead").assigned_to(user).open().due_before(end)
    tasks = list(open_tasks[: TASKS_SHOWN + 1])
    appointments = Appointment.objects.attended_by(user).between(begin, end)
    meetings = list(appointments.select_related("lead")[: APPOINTMENTS_SHOWN + 1])
    return {
        "tasks": for_who_may_change(tasks[:TASKS_SHOWN], user),
        "more_tasks": len(tasks) > TASKS_SHOWN,
        "appointments": meetings[:APPOINTMENTS_SHOWN],
        "more_appointments": len(meetings) > APPOINTMENTS_SHOWN,
        "now": timezone.now(),
        "changes_at": due.changes_at(tasks),
    }


def _mentions_of(user):
    """What mentions the user, until they have seen it."""
    mentions = list(Mention.objects.of(user).unseen().to_show()[: MENTIONS_SHOWN + 1])
    return {
        "mentions": mentions[:MENTIONS_SHOWN],
        "more_mentions": len(mentions) > MENTIONS_SHOWN,
    }


def _news_for(user):
    """The latest that the user has not read, all that is about one lead together."""
    own = Notification.objects.visible_to(user)
    by_lead = {}
    for row in own.unread().select_related("related_lead")[:NEWS_READ]:
        by_lead.setdefault(row.related_lead_id or row.pk, []).append(row)
    news = [{"first": rows[0], "rest": rows[1:]} for rows in by_lead.values()]
    return {
        "news": news[:NEWS_SHOWN],
        "more_news": len(news) > NEWS_SHOWN,
        "last": None if news else own.first(),
    }


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request):
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        with translation.override(form.instance.language or translation.get_language()):
            messages.success(request, _("Saved."))
        return redirect("settings")
    context = {"form": form, "notification_days": config.NOTIFICATION_DAYS}
    context["hears"] = PreferencesForm(request.user)
    context["pause"] = Pause.objects.filter(user=request.user).first()
    return render(request, "crm/settings.html", context)


@require_GET
def service_worker(request):
    """From the root, because a service worker sees only what lies below its own path."""
    code = Path(finders.find("js/sw.js")).read_bytes()
    return HttpResponse(code, content_type="text/javascript", headers={"Cache-Control": "no-cache"})


@require_GET
def manifest(request):
    icon = {"src": static("icon.svg"), "sizes": "any", "type": "image/svg+xml"}
    body = {
        "name": "Leadbell",
        "short_name": "Leadbell",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#3454d1",
        "icons": [icon | {"purpose": purpose} for purpose in ("any", "maskable")],
    }
    return JsonResponse(body, content_type="application/manifest+json")
