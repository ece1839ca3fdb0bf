"""The history of one's notifications, and the fragment of it that the bell discloses."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from notifications import storms
from notifications.back import back
from notifications.forms import PreferencesForm
from notifications.models import Inbox, Notification

PAGE = 50
PANEL = 20


@login_required
@never_cache
@require_GET
def index(request):
    """Filters: ``show=unread``, ``type``; ``before``, the arrival that ended the last page; and
    ``of=FIRST-LAST``, the arrivals of a storm, which is shown unfolded."""
    own = Notification.objects.visible_to(request.user)
    show, kind, before = _narrowed_by(request.GET)
    of = _range(request.GET.get("of", ""))
    wanted = own.unread() if show else own
    wanted = wanted.filter(type=kind) if kind else wanted
    wanted = wanted.filter(arrival__range=of) if of else wanted
    wanted = wanted.filter(arrival__lt=before) if before else wanted
    rows, end = _unfolded(wanted) if of else storms.page(wanted, PAGE)
    narrowed = {"show": show, "type": kind, "of": "{}-{}".format(*of) if of else ""}
    context = {
        "rows": rows,
        "more": _query(**narrowed, before=end) if end else "",
        "older": before is not None,
        "newest": _query(**narrowed),
        "show": show,
        "kind": kind,
        "of": of,
        "kinds": Notification.Type.choices,
        "last": None if rows else own.first(),
        "back": request.get_full_path(),
    }
    return render(request, "notifications/list.html", context)


def _unfolded(wanted):
    rows = list(wanted[: PAGE + 1])
    return rows[:PAGE], rows[PAGE - 1].arrival if len(rows) > PAGE else None


@login_required
@never_cache
@require_GET
def panel(request):
    own = Notification.objects.visible_to(request.user)
    unread = request.GET.get("show") == "unread"
    rows, _ = storms.page(own.unread() if unread else own, PANEL)
    last = None if rows else own.first()
    context = {"rows": rows, "last": last, "show": "unread" if unread else ""}
    return render(request, "notifications/panel.html", context)


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
def read_storm(request):
    """Marks those of ``kind`` that arrived within ``of``; scripts want no page back."""
    kind, of = request.POST.get("kind"), _range(request.POST.get("of", ""))
    if kind not in Notification.Type.values or of is None:
        raise Http404
    Inbox.objects.of(request.user).mark_some_read(kind, *of)
    if not request.accepts("text/html"):
        return HttpResponse(status=204)
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
    return show, known, _number(before)


def _range(words):
    """``(3, 14)`` of ``3-14``; None of what is no range."""
    first, _, last = words.partition("-")
    ends = _number(first), _number(last)
    return None if None in ends else ends


def _number(words):
    return int(words) if words.isascii() and words.isdigit() and len(words) < 19 else None


def _query(**values):
    return "&".join(f"{name}={value}" for name, value in values.items() if value)
