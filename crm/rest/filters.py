"""Filters of lists, by django-filter."""

from django_filters.rest_framework import DjangoFilterBackend


class FilterBackend(DjangoFilterBackend):
    """Makes no form where there is nothing to check: a list is mostly asked for as it is."""

    def filter_queryset(self, request, queryset, view):
        filterset_class = self.get_filterset_class(view, queryset)
        if filterset_class and filterset_class.base_filters.keys() & request.query_params.keys():
            return super().filter_queryset(request, queryset, view)
        return queryset
