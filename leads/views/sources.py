"""The pages of sources, for who leads the team: which there are, how each is reached, and how its
leads are to be taken."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leads.forms.source import KINDS, SourceForm
from leads.intake.doors import Refused
from leads.intake.standing import standing
from leads.intake.trial import latest
from leads.models import Source
from leads.views.for_managers import for_who_leads, of_source
from leads.views.source_rules import rules_of

SHOWN = 200  # sources
LATEST = 5  # deliveries on the page of one


@for_who_leads
@require_GET
def index(request):
    sources = standing(Source.objects.order_by("name", "pk")[:SHOWN])
    return render(request, "sources/list.html", {"sources": sources})


@for_who_leads
@require_GET
def choose(request):
    """Of which kind a new one is."""
    return render(request, "sources/choose.html", {"kinds": KINDS})


@for_who_leads
@require_http_methods(["GET", "HEAD", "POST"])
def new(request, kind):
    if kind not in Source.Kind.values:
        raise Http404
    form = SourceForm(request.POST or None, instance=Source(kind=kind, created_by=request.user))
    if request.method == "POST" and form.is_valid():
        return redirect(form.save())
    context = {"form": form, "kind": Source.Kind(kind).label, "about": dict(KINDS)[kind]}
    return render(request, "sources/new.html", context)


@of_source
@require_http_methods(["GET", "HEAD", "POST"])
def detail(request, source):
    name, form = source.name, SourceForm(request.POST or None, instance=source)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect(source)
    if form.errors:
        source = Source.objects.get(pk=source.pk)  # the form writes into it, mistakes included
    (source,) = standing([source])
    deliveries = source.deliveries.select_related("lead").order_by("-pk")[:LATEST]
    context = {
        "source": source,
        "name": name,
        "form": form,
        "base": request.build_absolute_uri("/"),
        "address": request.build_absolute_uri(source.path),
        "deliveries": deliveries,
        **rules_of(source, latest(source)),
    }
    return render(request, "sources/detail.html", context)


@of_source
@require_http_methods(["GET", "HEAD", "POST"])
def renew(request, source):
    """Another address; the one before reaches nothing any more."""
    if request.method == "POST":
        source.renew()
        messages.success(request, _("This is its new address. Paste it where the old one was."))
        return redirect(source)
    return render(request, "sources/renew.html", {"source": source})


@of_source
@require_http_methods(["GET", "HEAD", "POST"])
def secret(request, source):
    """Another secret, or with ``remove`` none, where the sender may do without."""
    if source.kind not in source.MAKES_ITS_SECRET:
        raise Http404
    if request.method == "POST":
        remove = "remove" in request.POST and source.kind == source.Kind.JSON
        source.renew_secret(remove=remove)
        said = _("It has no secret any more.") if remove else _("This is its new secret.")
        messages.success(request, said)
        return redirect(source)
    return render(request, "sources/secret.html", {"source": source})


@of_source
@require_POST
def test(request, source):
    """Shows what came of it."""
    try:
        delivery = source.send_test(by=request.user)
    except Refused as refused:
        messages.error(request, _(refused.detail))
        return redirect(source)
    return redirect("sources:delivery", source.pk, delivery.pk)


@of_source
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request, source):
    if request.method == "POST":
        source.delete()
        messages.success(request, _("The source “%(name)s” is deleted.") % {"name": source})
        return redirect("sources:list")
    count = source.deliveries.count()
    return render(request, "sources/delete.html", {"source": source, "count": count})
