"""How a list of leads is narrowed and ordered, for REST and the page alike."""

from datetime import UTC

import django_filters
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django_filters.fields import IsoDateTimeField

from leads.models import Activity, FileImport, ImportedRow, Lead, Origin, Tag
from leads.models.lead import WORDS
from leads.typos import closest


class MomentField(IsoDateTimeField):
    """A moment, in UTC; one that lies beyond the calendar there is no moment."""

    def to_python(self, value):
        moment = super().to_python(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError as problem:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from problem


class MomentFilter(django_filters.IsoDateTimeFilter):
    field_class = MomentField


class LeadFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(
        method="filter_search",
        max_length=200,
        help_text=f"Words, each of which a lead has; the first {WORDS} different ones count.",
    )
    stage = django_filters.ChoiceFilter(choices=Lead.Stage)
    owner = django_filters.ModelChoiceFilter(queryset=lambda request: _users())
    source = django_filters.CharFilter(max_length=100)
    tag = django_filters.CharFilter(
        method="filter_tag",
        max_length=Tag.LONGEST,
        help_text="Whatever the case of its letters.",
    )
    createdAfter = MomentFilter(field_name="created_at", lookup_expr="gt")
    createdBefore = MomentFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = Lead
        fields = ()

    def filter_search(self, queryset, name, value):
        return queryset.matching(value)

    def filter_tag(self, queryset, name, value):
        return Tag.objects.tagged(queryset, value)


class PageFilter(LeadFilter):
    """The same for the pages, where an owner may be ``me`` or ``nobody`` too."""

    ME, NOBODY = "me", "nobody"

    owner = django_filters.ModelChoiceFilter(
        queryset=lambda request: _users(), null_label=NOBODY, null_value=NOBODY
    )
    # An address says ?import=7, and Python has that word for itself.
    locals()["import"] = django_filters.ModelChoiceFilter(
        queryset=lambda request: FileImport.objects.all(), method="filter_import"
    )

    def __init__(self, request, queryset, query=None):
        """``query`` is the request's unless another is given."""
        query = (request.GET if query is None else query).copy()
        if query.get("owner") == self.ME:
            query["owner"] = str(request.user.pk)
        super().__init__(query, queryset, request=request)

    def filter_import(self, queryset, name, row):
        """What came by that file, or was added to by it; after a merge the lead that was kept."""
        brought = Origin.objects.filter(file_import=row, lead=OuterRef("pk"))
        updated = ImportedRow.objects.filter(
            file_import=row, outcome="updated", lead=OuterRef("pk")
        )
        return queryset.filter(Exists(brought) | Exists(updated)) if row else queryset

    def rows(self):
        """None for a filter that means nothing."""
        return self.qs if self.is_valid() else self.queryset.none()

    def closest(self, most: int) -> list:
        """Of those that the other filters let through, the ones most like what is searched for."""
        leads = self.queryset.all()
        for name, value in self.form.cleaned_data.items():
            if name != "search":
                leads = self.filters[name].filter(leads, value)
        return closest(leads, self.form.cleaned_data["search"], most)


class TimelineFilter(django_filters.FilterSet):
    kind = django_filters.MultipleChoiceFilter(choices=Activity.Kind)

    class Meta:
        model = Activity
        fields = ()


def _users():
    return get_user_model().objects.all()
