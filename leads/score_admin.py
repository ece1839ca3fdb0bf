"""The rules of the score in the admin, where administrators change them."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError

from leads.models import SourcePoints
from leads.models.score_rules import SOURCES_HELP

ANEW = "The worker makes all scores anew by these rules, a few hundred at a time."


class SourcesFormSet(forms.BaseInlineFormSet):
    def clean(self):
        """Of two that are sent together the database would refuse the second without a word."""
        super().clean()
        seen = set()
        for form in self.forms:
            data = getattr(form, "cleaned_data", {})
            source = data.get("source", "").casefold()
            if not source or data.get("DELETE"):
                continue
            if source in seen:
                raise ValidationError("Give each source its points once.")
            seen.add(source)


class SourcePointsInline(admin.TabularInline):
    model = SourcePoints
    formset = SourcesFormSet
    fields = ("source", "points")
    extra = 1


class ScoreRulesAdmin(admin.ModelAdmin):
    """One row. Until it is added, the defaults are in force that its form shows."""

    list_display = ("__str__", "thresholds", "version")
    inlines = (SourcePointsInline,)
    fieldsets = (
        (
            "Source",
            {"fields": ("other_source_points",), "description": SOURCES_HELP},
        ),
        (
            "Completeness",
            {
                "fields": (
                    *("email_points", "phone_points", "company_points", "job_title_points"),
                    "message_points",
                )
            },
        ),
        (
            "Contacts",
            {
                "fields": (
                    *("reply_points", "meeting_points", "call_points", "email_out_points"),
                    "counted_each",
                )
            },
        ),
        (
            "Time",
            {
                "fields": (
                    *("fresh_points", "fresh_days", "quiet_after_days", "quiet_points"),
                    "quiet_at_most",
                )
            },
        ),
        ("Notifications", {"fields": ("thresholds",)}),
    )

    def has_add_permission(self, request):
        return super().has_add_permission(request) and not self.model.objects.exists()

    def has_delete_permission(self, request, obj=None):
        return False

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        messages.info(request, ANEW)
