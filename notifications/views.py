"""The history of one's notifications, and the fragment of it that the bell discloses."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from notifications.back import back
from notifications.forms import PreferencesForm
from notifications.models import Inbox, Notification

PAGE = 50
PANEL = 20


@login_required
@never_cache
@require_GET
def index(request):
    """Filters: ``show=unread``, ``type``; ``before``, the arrival that ended the last page."""
    own = Notification.objects.visible_to(request.user)
    show, kind, before = _narrowed_by(request.GET)
    wanted = own.unread() if show else own
    wanted = wanted.filter(type=kind) if kind else wanted
    rows = list((wanted.filter(arrival__lt=before) if before else wanted)[: PAGE + 1])
    narrowed = {"show": show, "type": kind}
    context = {
        "rows": rows[:PAGE],
        "more": _query(**narrowed, before=rows[PAGE - 1].arrival) if len(rows) > PAGE else "",
        "older": before is not None,
        "newest": _query(**narrowed),
        "show": show,
        "kind": kind,
        "kinds": Notification.Type.choices,
        "last": None if rows else own.first(),
        "back": request.get_full_path(),
    }
    return render(request, "notifications/list.html", context)


@login_required
@never_cache
@require_GET
def panel(request):
    own = Notification.objects.visible_to(request.user)
    rows = list((own.unread() if request.GET.get("show") == "unread" else own)[:PANEL])
    last = None if rows else own.first()
    return render(request, "notifications/panel.html", {"rows": rows, "last": last})


@login_required
@never_cache
@require_GET
def archive(request):
    """What left the inbox by age, newest first; ``before`` as in the history."""
    kept = request.user.archived_notifications.order_by("-arrival")
    _, _, before = _narrowed_by(request.GET)
    rows = list((kept.filter(arrival__lt=before) if before else kept)[: PAGE + 1])
    more = _query(before=rows[PAGE - 1].arrival) if len(rows) > PAGE else ""
    return render(request, "notifications/archive.html", {"rows": rows[:PAGE], "more": more})


@login_required
@require_POST
def keep(request):
    """Whether what leaves by age is kept in the archive."""
    Inbox.objects.choose_archive(request.user, request.POST.get("archives") == "on")
    return redirect("settings")


@login_required
@require_POST
def hear(request):
    """What one hears of each kind from now on."""
    form = PreferencesForm(request.user, request.POST)
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
    else:
        messages.error(request, _("Choose one for each kind. Nothing was changed."))
    return redirect("settings")


@login_required
@require_POST
def read_all(request):
    Inbox.objects.of(request.user).mark_all_read()
    return back(request, "notifications:list")


@login_required
@require_POST
def read(request, pk):
    return _do(Notification.mark_read, request, pk)


@login_required
@require_POST
def unread(request, pk):
    return _do(Notification.mark_unread, request, pk)


@login_required
@require_POST
def delete(request, pk):
    return _do(Notification.delete, request, pk)


def _do(verb, request, pk):
    notification = get_object_or_404(Notification.objects.visible_to(request.user), pk=pk)
    try:
        verb(notification)
    except Notification.DoesNotExist as gone:  # deleted in another tab meanwhile
        raise Http404 from gone
    return back(request, "notifications:list")


def _narrowed_by(query):
    """``(show, kind, before)``; what means nothing is left out."""
    show = "unread" if query.get("show") == "unread" else ""
    kind = query.get("type", "")
    before = query.get("before", "")
    known = kind if kind in Notification.Type.values else ""
    place = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    return show, known, place


def _query(**values):
    return "&".join(f"{name}={value}" for name, value in values.items() if value)
