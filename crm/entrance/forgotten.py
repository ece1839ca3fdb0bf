"""The way back in for who forgot their password: Django's own, by a letter."""

from axes.utils import reset
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from crm.entrance import devices
from crm.entrance.forms import AskForm, ChangePasswordForm, NewPasswordForm


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request):
    if not settings.SENDS_MAIL:
        return render(request, "crm/entrance/no_mail.html")
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.keep(request)
        return redirect("password-asked")
    return render(request, "crm/entrance/ask.html", {"form": form})


@never_cache
@require_GET
def asked(request):
    return render(request, "crm/entrance/asked.html")


class New(auth_views.PasswordResetConfirmView):
    """The page behind the link, which is good once and for PASSWORD_RESET_TIMEOUT. Who has shown
    that the account is theirs does not wait for the wrong passwords before."""

    template_name = "crm/entrance/new.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("login")

    def form_valid(self, form):
        answer = super().form_valid(form)
        self.request.session.flush()  # it may have been theirs, and is over then
        reset(username=self.user.email)
        messages.success(self.request, _("Your password is changed. Sign in with it."))
        return answer


@method_decorator([login_required, never_cache], "dispatch")
class Change(auth_views.PasswordChangeView):
    """Ends every sign-in but this one."""

    template_name = "crm/entrance/password.html"
    form_class = ChangePasswordForm
    success_url = reverse_lazy("settings")

    def form_valid(self, form):
        answer = super().form_valid(form)
        devices.enter(self.request, form.user)
        said = _("Your password is changed, and you are signed out everywhere else.")
        messages.success(self.request, said)
        return answer


new, change = New.as_view(), Change.as_view()
