"""The pages that belong to no app: signing in, what to do now, and what the browser asks for."""

from pathlib import Path

from django.conf import settings as config
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView
from django.contrib.staticfiles import finders
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from crm.forms import ProfileForm, SignInForm
from leads.models import Lead
from notifications.models import Notification

WAITING_SHOWN = 50
UNREAD_SHOWN = 10


class SignIn(LoginView):
    template_name = "crm/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True


login = SignIn.as_view()
logout = LogoutView.as_view()


@login_required
@never_cache
@require_GET
def today(request):
    """Who waits for an answer, longest first, and what was not read yet."""
    unanswered = Lead.objects.unanswered()
    own = Notification.objects.visible_to(request.user)
    waiting = unanswered.count()
    context = {
        "unanswered": unanswered.select_related("owner")[:WAITING_SHOWN],
        "waiting": waiting,
        "more_waiting": waiting > WAITING_SHOWN,
        "rows": own.unread()[:UNREAD_SHOWN],
        "last": own.first(),
        "back": request.get_full_path(),
    }
    return render(request, "crm/today.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request):
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Name saved."))
        return redirect("settings")
    context = {"form": form, "notification_days": config.NOTIFICATION_DAYS}
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
