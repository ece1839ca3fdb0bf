"""The view of the list that one looks at, as CSV: sent as it is read, a chunk at a time."""

import csv
import logging

from django.contrib.auth.decorators import login_required
from django.http import StreamingHttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from leads.glance import glance, with_tags
from leads.models import Lead
from leads.showing import NAMES, VIEW, Showing
from leads.spreadsheets import BOM, Echo, cell
from notifications import audit, wire

log = logging.getLogger(__name__)

CHUNK = 500  # leads
FIELDS = ("id", "first_name", "last_name", "email", "phone", "company", "job_title", "website",
          "message", "city", "region", "postal_code", "country", "source", "tags", "stage",
          "score", "owner", "created_at", "updated_at")  # fmt: skip


@login_required
@never_cache
@require_GET
def export(request):
    """All fields; ``?fields=shown`` the columns that the list shows."""
    showing = Showing(request)
    sheet = Shown(showing.columns) if request.GET.get("fields") == "shown" else Everything()
    by = ", ".join(sorted(name for name in (*NAMES, VIEW, "fields") if name in request.GET))
    audit.note(audit.Deed.EXPORTED, about=f"leads.csv by {by}" if by else "leads.csv")
    lines = _lines(sheet, _chunks(showing))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="leads.csv"'
    return response


class Everything:
    """A sheet of all fields of a lead."""

    heads = property(lambda self: [_heading(name) for name in FIELDS])

    def rows(self, leads):
        return [[_value(lead, name) for name in FIELDS] for lead in with_tags(leads)]


class Shown:
    """A sheet of the columns that a list shows."""

    NAMES = {"job-title": "job_title", "age": "created_at", "updated": "updated_at"}  # of fields

    def __init__(self, columns):
        self.columns, self.tags = list(columns), columns.tags
        self.glances = {column.name for column in columns} & {"next", "last"}

    @property
    def heads(self):
        return [_("Name"), *(self._head(column) for column in self.columns)]

    def rows(self, leads):
        leads = glance(leads) if self.glances else leads
        leads = with_tags(leads) if self.tags else leads
        return [[lead.name, *(self._of(lead, c.name) for c in self.columns)] for lead in leads]

    def _head(self, column):
        name = self.NAMES.get(column.name)
        return _heading(name) if name else str(column.label)

    def _of(self, lead, name):
        if name == "next":
            return wire.moment(lead.next_task.due) if lead.next_task.due else lead.next_task.words
        if name == "last":
            return (lead.last_event.text or lead.last_event.title) if lead.last_event else ""
        return _value(lead, self.NAMES.get(name, name))


def _lines(sheet, chunks):
    """The head, then a chunk at a time. Where it breaks the last line says so."""
    write, sent = csv.writer(Echo()).writerow, 0
    yield BOM + write(sheet.heads)
    try:
        for chunk in chunks:
            yield "".join(write(map(cell, row)) for row in sheet.rows(chunk))
            sent += len(chunk)
    except Exception:  # the answer has begun: its last line is the only place left to say it
        log.exception("an export failed after %s leads", sent)
        yield write([_("The export broke off after %(n)s leads. Try it again.") % {"n": sent}])


def _chunks(showing):
    """By keyset: nothing is held open between them, and no lead comes twice."""
    if showing.close:
        yield showing.close
        return
    leads, order, place = showing.filters.rows(), showing.order, None
    while chunk := list(order.after(leads, place)[:CHUNK]):
        yield chunk
        place = order.place_of(order.name_of(chunk[-1]))


def _heading(name) -> str:
    if name == "tags":
        return _("Tags")
    return capfirst(Lead._meta.get_field(name).verbose_name)


def _value(lead, name):
    if name == "stage":
        return lead.get_stage_display()
    if name == "owner":
        return lead.owner or ""
    if name == "tags":
        return ", ".join(lead.tag_names)
    value = getattr(lead, name)
    return wire.moment(value) if name in ("created_at", "updated_at") else value
