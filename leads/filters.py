"""How a list of leads is narrowed and ordered, for REST and the page alike."""

import django_filters
from django.contrib.auth import get_user_model

from leads.models import Lead


class LeadFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(method="filter_search", max_length=200)
    stage = django_filters.ChoiceFilter(choices=Lead.Stage)
    owner = django_filters.ModelChoiceFilter(queryset=lambda request: _users())
    source = django_filters.CharFilter(max_length=100)
    createdAfter = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gt")
    createdBefore = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = Lead
        fields = ()

    def filter_search(self, queryset, name, value):
        return queryset.matching(value)


def _users():
    return get_user_model().objects.all()
