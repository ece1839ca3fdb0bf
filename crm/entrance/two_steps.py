"""The settings of the second step: set up with a code that confirms it, new recovery codes, off."""

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from crm.entrance.forms import CodeForm
from crm.entrance.second import RecoveryCode, SecondStep

MODULE = 4  # CSS pixels of one square


@login_required
@never_cache
@require_GET
def index(request):
    return _page(request, CodeForm())


def _page(request, form):
    """As far as it is set up: not at all, until a code confirms it, or on."""
    step = SecondStep.objects.filter(user=request.user).first()
    form.fields["code"].widget.attrs.pop("autofocus", None)
    context = {"form": form, "step": step}
    if step and not step.confirmed_at:
        groups = range(0, len(step.secret), 4)
        context["key"] = " ".join(step.secret[at : at + 4] for at in groups)
        context["picture"] = picture_of(step.uri())
    elif step:
        context["codes_left"] = step.recovery_codes.count()
    status = 429 if form.locked else 200
    return render(request, "crm/entrance/two_steps.html", context, status=status)


def picture_of(text: str) -> str:
    """A QR code as SVG that stands in a page, dark on light in both themes."""
    made = segno.make(text, error="m", micro=False)
    svg = made.svg_inline(scale=MODULE, border=4, dark="#000", light="#fff", omitsize=True)
    return mark_safe(svg)  # noqa: S308 (segno's own, which holds no text)


@login_required
@never_cache
@require_POST
def begin(request):
    SecondStep.begin(request.user)
    return redirect("two-steps")


@login_required
@never_cache
@require_POST
def confirm(request):
    step = SecondStep.objects.filter(user=request.user, confirmed_at=None).first()
    form = CodeForm(request.POST)
    if step is None:
        return redirect("two-steps")
    if not form.is_right_for(step, request):
        return _page(request, form)
    return _show_codes(request, step.turn_on())


def _show_codes(request, codes):
    return render(request, "crm/entrance/codes.html", {"codes": codes})


@login_required
@never_cache
@require_POST
def renew(request):
    """New recovery codes, for who still has the app or one of the old."""
    step, form = SecondStep.of(request.user), CodeForm(request.POST)
    if step is None:
        return redirect("two-steps")
    if not form.is_right_for(step, request):
        return _page(request, form)
    return _show_codes(request, RecoveryCode.renew(step))


@login_required
@never_cache
@require_POST
def turn_off(request):
    step, form = SecondStep.of(request.user), CodeForm(request.POST)
    if step is not None:
        if not form.is_right_for(step, request):
            return _page(request, form)
        step.delete()
        messages.success(request, _("You sign in with your password alone again."))
    return redirect("settings")
