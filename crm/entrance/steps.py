"""Signing in on the page: by password, and by a code where somebody has set that up."""

import time
from http import HTTPStatus

from django.contrib.auth import get_user_model, login
from django.contrib.auth.views import LoginView
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render, resolve_url
from django.utils.crypto import constant_time_compare
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from crm.entrance.forms import CodeForm
from crm.entrance.second import SecondStep
from crm.forms import SignInForm

HALF_WAY = "half way"  # the key in the session of who has given the password
SECONDS = 300  # to find the telephone
BACKEND = "django.contrib.auth.backends.ModelBackend"


class SignIn(LoginView):
    template_name = "crm/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form):
        user = form.get_user()
        if SecondStep.of(user) is None:
            return super().form_valid(form)
        self.request.session[HALF_WAY] = {
            "user": user.pk,
            "password": user.get_session_auth_hash(),
            "until": time.time() + SECONDS,
            "next": self.get_redirect_url(),
        }
        return redirect("sign-in-code")


sign_in = SignIn.as_view()


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request):
    """The second step. Who waits too long begins again."""
    half_way = request.session.get(HALF_WAY)
    user = half_way and _who_is(half_way)
    step = user and SecondStep.of(user)
    if not step:
        return redirect("login")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_right_for(step, request):
        login(request, user, BACKEND)
        request.session.pop(HALF_WAY, None)
        return redirect(half_way["next"] or resolve_url("today"))
    status = HTTPStatus.TOO_MANY_REQUESTS if form.locked else HTTPStatus.OK
    return render(request, "crm/entrance/code.html", {"form": form}, status=status)


def _who_is(half_way):
    """Whose password it was, as long as it still is."""
    if half_way["until"] < time.time():
        return None
    user = get_user_model().objects.filter(pk=half_way["user"], is_active=True).first()
    same = user and constant_time_compare(user.get_session_auth_hash(), half_way["password"])
    return user if same else None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def admin_sign_in(request):
    """There is one door: the admin's own would know nothing of a second step."""
    target = request.GET.get("next") or "/admin/"
    if request.user.is_authenticated and not request.user.is_staff:
        raise PermissionDenied
    return redirect(f"{resolve_url('login')}?{urlencode({'next': target})}")
