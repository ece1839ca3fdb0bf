from django.contrib import admin


class _ToLookAt(admin.ModelAdmin):
    """Webhooks are made, tried and removed under Settings."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class WebhookEndpointAdmin(_ToLookAt):
    list_display = ("url", "owner", "created_at", "failing_since", "disabled_at", "removed_at")
    list_filter = ("disabled_at", "removed_at")
    search_fields = ("url", "owner__email")
    list_select_related = ("owner",)
    ordering = ("-pk",)


class WebhookDeliveryAdmin(_ToLookAt):
    list_display = ("id", "endpoint", "kind", "created_at", "delivered_at", "status", "attempts",
                    "parked_at", "error")  # fmt: skip
    list_filter = ("kind", "parked_at")
    search_fields = ("endpoint__url", "error")
    list_select_related = ("endpoint",)
    ordering = ("-pk",)
