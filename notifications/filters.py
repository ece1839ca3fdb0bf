"""How a list of notifications is narrowed."""

import django_filters
from django import forms

from notifications.fields import MAX_ID
from notifications.kinds import Kind
from notifications.models import Notification


class ReadFilter(django_filters.ChoiceFilter):
    """?isRead=true or ?isRead=false"""

    def __init__(self, **kwargs):
        super().__init__(choices=[("true", "read"), ("false", "unread")], **kwargs)

    def filter(self, qs, value):
        return qs.filter(read_at__isnull=value == "false") if value else qs


class IdFilter(django_filters.NumberFilter):
    field_class = forms.IntegerField

    def __init__(self, **kwargs):
        super().__init__(min_value=1, max_value=MAX_ID, **kwargs)


class NotificationFilter(django_filters.FilterSet):
    isRead = ReadFilter()
    type = django_filters.ChoiceFilter(choices=Kind)
    lead = IdFilter(field_name="related_lead_id")

    class Meta:
        model = Notification
        fields = ()
