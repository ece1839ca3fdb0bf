"""Imports in the admin: to look at, and what failed too often to try again."""

from django.contrib import admin

from leads.models import FileImport
from notifications.admin import ReadOnly


class FileImportAdmin(ReadOnly):
    list_display = ("name", "state", "by", "created_at", "created", "failed_rows", "error")
    list_filter = ("state", ("parked_at", admin.EmptyFieldListFilter), "by")
    list_select_related = ("by",)
    search_fields = ("name", "by__email", "by__first_name", "by__last_name")
    date_hierarchy = "created_at"
    actions = ("try_again",)

    @admin.action(description="Try again", permissions=["view"])
    def try_again(self, request, queryset):
        count = queryset.filter(state__in=FileImport.AT_WORK).try_again()
        self.message_user(request, f"{count} tried again.")


class ImportedRowAdmin(ReadOnly):
    """Rows that made no lead of their own, until their report is forgotten."""

    list_display = ("number", "file_import", "outcome", "column", "reason", "lead")
    list_filter = ("outcome",)
    list_select_related = ("file_import", "lead")
    search_fields = ("reason", "file_import__name")
    date_hierarchy = "at"
