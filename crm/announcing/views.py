"""The pages on which administrators announce something, and the banners of everybody."""

from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from crm.announcing.forms import AnnouncementForm
from leads import policy
from notifications.models import Announcement

PAGE = 50


def for_who_may_announce(view):
    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if not policy.may_announce(request.user):
            raise PermissionDenied(policy.ONLY_ADMINISTRATORS)
        return view(request, *args, **kwargs)

    return login_required(never_cache(wrapped))


@for_who_may_announce
@require_GET
def index(request):
    """The latest first; ``before`` is the one that ended the page before."""
    before = _place(request)
    rows = Announcement.objects.select_related("created_by", "withdrawn_by")
    rows = rows.filter(pk__lt=before) if before else rows
    rows = list(rows.order_by("-pk")[: PAGE + 1])
    more = rows[PAGE - 1].pk if len(rows) > PAGE else None
    context = {"rows": rows[:PAGE], "more": more, "older": before is not None}
    return render(request, "announcements/list.html", context)


@for_who_may_announce
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    """``preview`` shows it as its audience will see it, and tells nobody."""
    form = AnnouncementForm(request.POST or None)
    valid = request.method == "POST" and form.is_valid()
    if valid and "preview" not in request.POST:
        made = form.announce(by=request.user)
        told = made.state == Announcement.State.SHOWN
        messages.success(request, _("Announced.") if told else _("Announced for later."))
        return redirect("announcements:list")
    context = {"form": form, "preview": form.instance if valid else None}
    return render(request, "announcements/form.html", context)


@for_who_may_announce
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request, pk):
    announcement = get_object_or_404(Announcement, pk=pk)
    if request.method == "POST":
        if announcement.withdraw(by=request.user):
            said = _("“%(title)s” is withdrawn.") % {"title": announcement}
            messages.success(request, said)
        return redirect("announcements:list")
    return render(request, "announcements/withdraw.html", {"announcement": announcement})


@login_required
@never_cache
@require_GET
def banners(request):
    """The banners of a page by themselves: static/js/banners.js fills them anew."""
    return render(request, "announcements/_banners.html")


def _place(request) -> int | None:
    text = request.GET.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
