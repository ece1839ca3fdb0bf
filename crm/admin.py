from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from crm.announcing.admin import AnnouncementAdmin
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
