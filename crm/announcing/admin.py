from django.contrib import admin, messages

from leads import policy
from notifications.models import Announcement


class AnnouncementAdmin(admin.ModelAdmin):
    """Whoever may announce. What is told is only read, but for its end; ``withdraw`` takes it
    back."""

    list_display = ("title", "audience", "said", "starts_at", "ends_at", "created_by")
    list_filter = ("audience",)
    list_select_related = ("created_by",)
    search_fields = ("title", "message")
    date_hierarchy = "starts_at"
    ordering = ("-pk",)
    TOLD = ("said", "created_by", "created_at", "raised_at", "withdrawn_at", "withdrawn_by")
    actions = ("withdraw",)

    def get_object(self, request, object_id, from_field=None):
        """As it is stored: while its form is looked at it has what somebody typed."""
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            found.may_change = found.open_fields
        return found

    @admin.display(description="state")
    def said(self, announcement):
        return announcement.get_state_display()

    def get_fields(self, request, obj=None):
        return (*Announcement.TEXTS, *self.TOLD) if obj else Announcement.TEXTS

    def get_readonly_fields(self, request, obj=None):
        if obj is None:
            return ()
        return (*self.TOLD, *(name for name in obj.TEXTS if name not in obj.may_change))

    def has_view_permission(self, request, obj=None):
        return policy.may_announce(request.user)

    has_add_permission = has_module_permission = has_view_permission

    def has_change_permission(self, request, obj=None):
        may_change = obj is None or getattr(obj, "may_change", obj.open_fields)
        return policy.may_announce(request.user) and bool(may_change)

    def has_delete_permission(self, request, obj=None):
        return False  # what was told stays told: it is withdrawn

    def save_model(self, request, obj, form, change):
        if not change:
            obj.created_by = request.user
        obj.keep()
        if change and "title" in request.POST and "title" not in form.fields:
            self.message_user(request, TOLD_MEANWHILE, messages.WARNING)

    @admin.action(description="Withdraw", permissions=["change"])
    def withdraw(self, request, queryset):
        count = sum(announcement.withdraw(by=request.user) for announcement in queryset)
        self.message_user(request, f"{count} withdrawn.")


TOLD_MEANWHILE = "It was told meanwhile: only its end was changed. Withdraw it to write another."
