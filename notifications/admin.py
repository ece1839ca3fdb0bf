from django.contrib import admin

from notifications.models import (
    Event,
    Inbox,
    MeasuredProcess,
    Notification,
    Preference,
    WorkerProcess,
    fan_out,
)


@admin.register(Notification)
class NotificationAdmin(admin.ModelAdmin):
    """Adding one here announces something to one person, like any other notification."""

    list_display = ("title", "message", "recipient", "type", "seq", "created_at", "read_at")
    list_filter = ("type", ("read_at", admin.EmptyFieldListFilter))
    list_select_related = ("recipient",)
    search_fields = ("title", "message", "recipient__email")
    autocomplete_fields = ("recipient",)
    raw_id_fields = ("related_lead", "actor")
    readonly_fields = ("id", "seq", "arrival", "reason", "created_at", "updated_at", "deleted_at")

    def get_queryset(self, request):
        return super().get_queryset(request).filter(deleted_at=None)

    def get_readonly_fields(self, request, obj=None):
        return (*self.readonly_fields, "recipient") if obj else self.readonly_fields


class ReadOnly(admin.ModelAdmin):
    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Event)
class EventAdmin(ReadOnly):
    """What happened; one without a time in ``fanned out at`` still waits for its fan-out."""

    list_display = ("title", "message", "kind", "created_at", "fanned_out_at", "parked_at", "error")
    list_filter = (
        "kind",
        ("fanned_out_at", admin.EmptyFieldListFilter),
        ("parked_at", admin.EmptyFieldListFilter),
    )
    actions = ("try_again",)
    list_select_related = ("actor",)
    search_fields = ("message", "request_id")

    @admin.action(description="Try again", permissions=["view"])
    def try_again(self, request, queryset):
        count = queryset.filter(fanned_out_at=None).try_again()
        fan_out.wake()
        self.message_user(request, f"{count} tried again.")


@admin.register(Preference)
class PreferenceAdmin(ReadOnly):
    """What people chose to hear of, where it is not everything; they change it themselves."""

    list_display = ("user", "kind", "wants")
    list_filter = ("kind", "wants")
    list_select_related = ("user",)
    search_fields = ("user__email",)


@admin.register(WorkerProcess)
class WorkerProcessAdmin(ReadOnly):
    list_display = ("name", "is_alive", "started_at", "beat_at")
    ordering = ("-beat_at",)

    @admin.display(boolean=True, description="alive")
    def is_alive(self, process):
        return process.is_alive


@admin.register(MeasuredProcess)
class MeasuredProcessAdmin(ReadOnly):
    list_display = ("__str__", "role", "is_alive", "sockets", "started_at", "beat_at")
    ordering = ("-beat_at",)

    @admin.display(boolean=True, description="alive")
    def is_alive(self, process):
        return process.is_alive


@admin.register(Inbox)
class InboxAdmin(ReadOnly):
    list_display = ("user", "seq", "unread_count", "delivered_seq", "delivered_at")
    list_select_related = ("user",)
    search_fields = ("user__email",)
