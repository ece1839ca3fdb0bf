"""A lead's timeline, page by page."""

from rest_framework.settings import api_settings

from leads.models import Activity


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
