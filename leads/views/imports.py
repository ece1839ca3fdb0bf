"""Files of leads: sending one, saying what its columns are, and watching what becomes of it."""

from functools import wraps

from django.contrib import messages
from django.http import Http404, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leads import policy
from leads.forms.importing import MappingForm, ReadingForm, UploadForm
from leads.importing import parts, report, undoing
from leads.importing.looking import Unreadable
from leads.importing.preview import Preview
from leads.importing.progress import progress_of
from leads.importing.running import cancel as cancel_import
from leads.models import FileImport, ImportedRow
from leads.models.file_import import PART_BYTES
from leads.views.for_managers import for_who_leads
from notifications import audit

PAGE = 50
State = FileImport.State


def for_who_may_import(view):
    """Gives the view the import in place of its number."""

    @wraps(view)
    def wrapped(request, *args, pk=None, **kwargs):
        if pk is not None:
            rows = FileImport.objects.select_related("by", "undone_by", "owner")
            kwargs["row"] = get_object_or_404(rows, pk=pk)
        return view(request, *args, **kwargs)

    return for_who_leads(wrapped, policy.ONLY_MANAGERS_IMPORT)


@for_who_may_import
@require_GET
def index(request):
    """The latest first; ``before`` is the one that ended the page before."""
    text = request.GET.get("before", "")
    before = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    rows = FileImport.objects.select_related("by").exclude(state=State.UPLOADING)
    rows = rows.filter(pk__lt=before) if before else rows
    rows = list(rows.order_by("-pk")[: PAGE + 1])
    more = rows[PAGE - 1].pk if len(rows) > PAGE else None
    context = {"rows": rows[:PAGE], "more": more, "older": before is not None}
    return render(request, "imports/list.html", context)


# Sending a file: as a whole with a form, or in parts by a script (static/js/import-file.js)


@for_who_may_import
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            return redirect(parts.take(file.name, file, by=request.user))
        except Unreadable as problem:
            form.add_error("file", str(problem))
    context = {"form": form, "part_bytes": PART_BYTES}
    return render(request, "imports/new.html", context, status=400 if form.errors else 200)


@for_who_may_import
@require_POST
def begin(request):
    """``{parts, received, complete}``: where the parts go, which are here, and what to call when
    all are."""
    size = request.POST.get("size", "")
    if not (size.isascii() and size.isdigit() and len(size) < 16):
        return JsonResponse({"detail": _("Say how many bytes it has.")}, status=400)
    try:
        version = request.POST.get("version", "")
        row = parts.begin(request.POST.get("name", ""), int(size), request.user, version)
    except Unreadable as problem:
        return JsonResponse({"detail": str(problem)}, status=400)
    path = row.get_absolute_url()
    body = {"parts": f"{path}parts/", "received": row.received, "complete": f"{path}complete/"}
    return JsonResponse(body, status=201)


@for_who_may_import
@require_http_methods(["PUT"])
def part(request, row, number):
    """Takes a part, the bytes of the body; again changes nothing."""
    return _sending(request, row, lambda: parts.receive(row, number, request.body))


@for_who_may_import
@require_POST
def complete(request, row):
    return _sending(request, row, lambda: parts.complete(row))


def _sending(request, row, act):
    if row.by_id != request.user.pk:
        raise Http404
    if row.state != State.UPLOADING:
        return JsonResponse({"detail": _("This file is here already.")}, status=409)
    try:
        act()
    except Unreadable as problem:
        return JsonResponse({"detail": str(problem)}, status=400)
    except ValueError:
        detail = _("Something got lost on the way: send the file again.")
        return JsonResponse({"detail": detail}, status=409)
    return JsonResponse({"url": row.get_absolute_url()})


# One import


@for_who_may_import
@require_GET
def detail(request, row):
    if row.state == State.UPLOADING:
        return redirect("imports:new")
    if row.state == State.READY:
        return mapping_page(request, row)
    return render(request, "imports/detail.html", _told(row))


@for_who_may_import
@require_GET
def progress(request, row):
    """The part of the page that keeps up, by itself."""
    return render(request, "imports/_progress.html", {"row": row, "progress": progress_of(row)})


def _told(row):
    reported = report.first_of if not row.is_at_work else lambda *_: []
    return {
        "row": row,
        "progress": progress_of(row),
        "reports": [
            (outcome, reported(row, outcome))
            for outcome in (ImportedRow.Outcome.FAILED, ImportedRow.Outcome.SKIPPED)
        ],
    }


def mapping_page(request, row, form=None, reading=None, status=200):
    form, preview = form or MappingForm(instance=row), Preview(row)
    context = {
        "row": row,
        "form": form,
        "columns": list(zip(form.columns, preview.examples, strict=True)),
        "reading": reading or ReadingForm.of(row),
        "preview": preview,
    }
    return render(request, "imports/mapping.html", context, status=status)


@for_who_may_import
@require_POST
def read(request, row):
    """Reads the file by another encoding or delimiter."""
    if row.state != State.READY:
        return redirect(row)
    form = ReadingForm.of(row, request.POST)
    if form.is_valid():
        try:
            parts.read_as(row, **form.cleaned_data)
            return redirect(row)
        except Unreadable as problem:
            form.add_error(None, str(problem))
            row.refresh_from_db()
    return mapping_page(request, row, reading=form, status=400)


@for_who_may_import
@require_POST
def start(request, row):
    """Keeps what the columns are; with ``preview`` it shows what that makes, else it begins."""
    if row.state != State.READY:
        return redirect(row)
    form = MappingForm(request.POST, instance=row)
    if not form.is_valid():
        row.refresh_from_db()
        return mapping_page(request, row, form=form, status=400)
    form.keep()
    if "preview" not in request.POST:
        row.start(get_language())
    return redirect(row)


@for_who_may_import
@require_POST
def discard(request, row):
    if row.discard():
        messages.success(request, _("Discarded: nothing of the file is kept."))
        return redirect("imports:list")
    return redirect(row)


@for_who_may_import
@require_POST
def cancel(request, row):
    if not cancel_import(row):
        messages.warning(request, _("It had ended already."))
    return redirect(row)


@for_who_may_import
@require_POST
def try_again(request, row):
    row.try_again()
    return redirect(row)


@for_who_may_import
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request, row):
    """Asks first, and says how many of the leads somebody worked on since."""
    if request.method == "POST":
        if not row.undo(by=request.user, touched_too=request.POST.get("touched") == "on"):
            messages.warning(request, _("This import cannot be undone any more."))
        return redirect(row)
    if not row.may_be_undone:
        return redirect(row)
    made = undoing.made_by(row)
    context = {"row": row, "made": made.count(), "touched": undoing.touched(made, row).count()}
    return render(request, "imports/undo.html", context)


@for_who_may_import
@require_GET
def rows(request, row):
    """The rows that made nothing, as CSV, to mend and import again; ``?only=failed`` those."""
    only = request.GET.get("only")
    outcomes = [only] if only in report.TO_MEND else report.TO_MEND
    audit.note(audit.Deed.EXPORTED, about=f"rows of import {row.pk}")
    lines = report.lines(row, outcomes)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{row.pk}-rows.csv"'
    return response
