from django.contrib import admin


class ApiKeyAdmin(admin.ModelAdmin):
    """To look at: keys are made and revoked under Settings, where the secret is shown."""

    list_display = ("name", "user", "begin", "created_at", "last_used_at", "revoked_at")
    list_filter = ("revoked_at",)
    search_fields = ("name", "begin", "user__email")
    list_select_related = ("user",)
    ordering = ("-pk",)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
