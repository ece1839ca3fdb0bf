"""A lead's timeline, page by page."""

from django.utils.translation import gettext_lazy as _
from rest_framework.settings import api_settings

from leads.models import Activity

Kind = Activity.Kind
EVENTS = (Kind.EVENT, Kind.EVENT_CHANGED, Kind.EVENT_CANCELLED)
MERGES = (Kind.MERGED, Kind.MERGE_UNDONE)


class TimelinePagination(api_settings.DEFAULT_PAGINATION_CLASS):
    """As every list, but that the oldest entry, the lead's creation, is told by the lead itself."""

    def paginate_queryset(self, queryset, request, view=None):
        kinds = request.query_params.getlist("kind")
        wanted = not kinds or Activity.Kind.LEAD_CREATED in kinds
        self.oldest = [view.lead.creation()] if wanted else []
        return super().paginate_queryset(queryset, request, view)

    def _rows(self, queryset, cursor):
        rows = super()._rows(queryset, cursor)
        at_the_end = not self.backwards and len(rows) <= self.size
        been_there = cursor is not None and cursor["pk"] == 0
        return rows + self.oldest if at_the_end and not been_there else rows


class Stretch:
    """A part of a lead's timeline as its page shows it: ``?kind=`` narrows it, ``?before=`` goes on
    where the part before ended, ``?entry=`` goes to where that entry is."""

    SIZE = 30
    OFFERED = (
        ("", _("All"), ()),
        ("comments", _("Comments"), (Kind.COMMENT,)),
        ("calls", _("Calls"), (Kind.CALL,)),
        ("emails", _("E-mails"), (Kind.EMAIL,)),
        ("meetings", _("Meetings"), (Kind.MEETING, *EVENTS)),
        ("notes", _("Notes"), (Kind.NOTE,)),
        ("tasks", _("Tasks"), (Kind.TASK_ADDED, Kind.TASK_COMPLETED, Kind.TASK_REOPENED)),
        (
            "changes",
            _("Changes"),
            (Kind.LEAD_CREATED, Kind.CONTACT, Kind.STAGE, Kind.OWNER, Kind.ASSIGNED, *MERGES),
        ),
    )

    def __init__(self, lead, asked):
        kinds = {name: kinds for name, _label, kinds in self.OFFERED}
        self.lead = lead
        self.kind = asked.get("kind") if asked.get("kind") in kinds else ""
        self.kinds = kinds[self.kind]
        self.before = self._before(_number(asked.get("before")), _number(asked.get("entry")))
        self.entries = self._entries()
        self.older = self.entries[self.SIZE - 1].pk if len(self.entries) > self.SIZE else None
        self.entries = self.entries[: self.SIZE]

    def offers(self):
        return [{"name": n, "label": label, "on": n == self.kind} for n, label, _k in self.OFFERED]

    def _before(self, before, entry):
        """An entry that stands on the first page is shown there."""
        if before is not None or entry is None:
            return before
        newer = self._rows().filter(pk__gt=entry).values_list("pk")
        return None if len(newer[: self.SIZE]) < self.SIZE else entry + 1

    def _entries(self):
        rows = self._rows().select_related("actor", "comment", "interaction", "merge")
        if self.before is not None:
            rows = rows.filter(pk__lt=self.before)
        rows = list(rows.order_by("-pk")[: self.SIZE + 1])
        begins = not self.kinds or Kind.LEAD_CREATED in self.kinds
        at_the_end = len(rows) <= self.SIZE and self.before != 0
        return [*rows, self.lead.creation()] if begins and at_the_end else rows

    def _rows(self):
        rows = self.lead.activities.all()
        return rows.filter(kind__in=self.kinds) if self.kinds else rows


def _number(text):
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
