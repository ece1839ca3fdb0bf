from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.http import StreamingHttpResponse
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from crm.announcing.admin import AnnouncementAdmin
from crm.audit import AuditEntry, lines_of, note
from crm.entrance.second import SecondStep
from crm.keys.admin import ApiKeyAdmin
from crm.models import ApiKey, User, WebhookDelivery, WebhookEndpoint
from crm.webhooks.admin import WebhookDeliveryAdmin, WebhookEndpointAdmin
from notifications.models import Announcement

admin.site.unregister([Group, OutstandingToken, BlacklistedToken])  # nobody needs a page of these
admin.site.register(Announcement, AnnouncementAdmin)
admin.site.register(ApiKey, ApiKeyAdmin)
admin.site.register(WebhookEndpoint, WebhookEndpointAdmin)
admin.site.register(WebhookDelivery, WebhookDeliveryAdmin)
admin.site.site_header = admin.site.site_title = "Leadbell"


CSV = "text/csv; charset=utf-8"
LAST_ADMINISTRATOR = (
    "Nobody else is an active administrator: make somebody one before this one ceases to be."
)


class NewUserForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email",)
        field_classes = {"email": forms.EmailField}

    def clean_email(self):
        email = self.cleaned_data["email"].strip().lower()
        if User.objects.filter(email=email).exists():
            raise forms.ValidationError("Somebody has this e-mail address already.")
        return email


class ChangedUserForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"
        field_classes = {"email": forms.EmailField}

    def clean(self):
        """Raises ValidationError where nobody would be left who is an administrator."""
        cleaned = super().clean()
        admin_role = cleaned.get("role") == User.Role.ADMIN
        if not (admin_role and cleaned.get("is_active")) and not self._other_administrators():
            wrong = "is_active" if admin_role else "role"
            raise forms.ValidationError({wrong: LAST_ADMINISTRATOR})
        return cleaned

    def _other_administrators(self) -> bool:
        """Locks all who are, until the admin's transaction ends: of two who take each other's
        role, or give up their own, at once, the later sees what the first one did."""
        active = User.objects.active_administrators().order_by("pk").select_for_update(no_key=True)
        return any(pk != self.instance.pk for pk in list(active.values_list("pk", flat=True)))


@admin.register(User)
class PersonAdmin(UserAdmin):
    add_form, form = NewUserForm, ChangedUserForm
    list_display = ("email", "first_name", "last_name", "role", "is_active", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("email", "first_name", "last_name")
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "role", "is_active")}),
        ("Quiet hours", {"fields": ("quiet_from", "quiet_until", "zone")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("email", "first_name", "last_name", "role", "usable_password",
                           "password1", "password2"),
            },
        ),
    )  # fmt: skip

    def has_delete_permission(self, request, obj=None):
        return False  # who leaves is deactivated: what they did keeps their name


@admin.register(AuditEntry)
class AuditAdmin(admin.ModelAdmin):
    """What happened stays as it is written: here it is read, and taken along as CSV."""

    list_display = ("at", "by", "what", "about", "address")
    list_filter = ("what", "at", "by")
    list_select_related = ("by",)
    search_fields = ("about", "address", "by__email", "by__first_name", "by__last_name")
    date_hierarchy = "at"
    actions = ("as_csv",)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    has_delete_permission = has_change_permission

    @admin.action(description="Download as CSV", permissions=["view"])
    def as_csv(self, request, queryset):
        note(AuditEntry.What.EXPORTED, about="audit log")
        answer = StreamingHttpResponse(lines_of(queryset.order_by("pk")), content_type=CSV)
        answer["Content-Disposition"] = 'attachment; filename="audit.csv"'
        return answer


@admin.register(SecondStep)
class SecondStepAdmin(admin.ModelAdmin):
    """Who signs in in two steps. To delete one lets somebody in again who lost telephone and
    recovery codes: with the password alone, until they set it up anew."""

    list_display = ("user", "confirmed_at")
    list_filter = (("confirmed_at", admin.EmptyFieldListFilter),)
    list_select_related = ("user",)
    search_fields = ("user__email", "user__first_name", "user__last_name")
    readonly_fields = ("user", "confirmed_at")
    fields = ("user", "confirmed_at")

    def delete_queryset(self, request, queryset):
        for step in queryset:
            step.delete()

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False
