"""The view of the list that one looks at, as CSV: sent as it is read, a chunk at a time."""

import csv
import logging

from django.contrib.auth.decorators import login_required
from django.http import StreamingHttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from leads.filters import PageFilter
from leads.models import Lead
from leads.orders import order_of
from notifications import wire

log = logging.getLogger(__name__)

CHUNK = 500  # leads
BOM = "\ufeff"  # tells Excel that it is UTF-8
# What a spreadsheet would take for a formula: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = ("=", "+", "-", "@", "\t", "\r")
FIELDS = ("id", "first_name", "last_name", "email", "phone", "company", "job_title", "website",
          "message", "city", "region", "postal_code", "country", "source", "stage", "score",
          "owner", "created_at", "updated_at")  # fmt: skip


@login_required
@never_cache
@require_GET
def export(request):
    leads = PageFilter(request, Lead.objects.select_related("owner")).rows()
    order = order_of(request.GET.get("sort"))
    response = StreamingHttpResponse(_lines(leads, order), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="leads.csv"'
    return response


class _Echo:
    """A file that gives back what is written, for csv."""

    write = staticmethod(lambda text: text)


def _lines(leads, order):
    """The head, then a chunk at a time. Where it breaks the last line says so."""
    write, sent = csv.writer(_Echo()).writerow, 0
    yield BOM + write([_heading(name) for name in FIELDS])
    try:
        for chunk in _chunks(leads, order):
            yield "".join(write(map(_cell, _row(lead))) for lead in chunk)
            sent += len(chunk)
    except Exception:  # the answer has begun: its last line is the only place left to say it
        log.exception("an export failed after %s leads", sent)
        yield write([_("The export broke off after %(n)s leads. Try it again.") % {"n": sent}])


def _chunks(leads, order):
    """By keyset: nothing is held open between them, and no lead comes twice."""
    place = None
    while chunk := list(order.after(leads, place)[:CHUNK]):
        yield chunk
        place = order.place_of(order.name_of(chunk[-1]))


def _heading(name) -> str:
    return capfirst(Lead._meta.get_field(name).verbose_name)


def _row(lead):
    moments = {name: wire.moment(getattr(lead, name)) for name in ("created_at", "updated_at")}
    known = {"stage": lead.get_stage_display(), "owner": lead.owner or "", **moments}
    return [known[name] if name in known else getattr(lead, name) for name in FIELDS]


def _cell(value):
    """Text that a spreadsheet takes for text; a number stays one."""
    if not isinstance(value, int):
        value = str(value).replace("\0", "")
        if value.startswith(FORMULA):
            return f"'{value}"
    return value
