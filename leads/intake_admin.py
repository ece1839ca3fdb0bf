"""Intake in the admin. Sources are made on their own pages; here nobody sees a secret."""

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import FilteredSelectMultiple

from leads.forms.people import who_work_here
from notifications.admin import ReadOnly

SECRETS = ("secret", "verify_token", "access_token")


class SourceAdmin(admin.ModelAdmin):
    """What proves a sender is written and never shown: an empty field leaves it as it is."""

    list_display = ("name", "kind", "active", "owner", "refused_count", "refused_at", "created_at")
    list_filter = ("kind", "active", "owner")
    list_select_related = ("owner",)
    search_fields = ("name", "label")
    date_hierarchy = "created_at"
    autocomplete_fields = ("owner",)
    readonly_fields = ("created_by", "created_at", "refused_count", "refused_at", "refused_because")

    def get_readonly_fields(self, request, obj=None):
        """What was brought is of its kind."""
        return (*self.readonly_fields, "kind") if obj else self.readonly_fields

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name in SECRETS:
            kwargs["widget"] = forms.PasswordInput(render_value=False)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_form(self, request, obj=None, **kwargs):
        return super().get_form(request, obj, **{"form": SourceForm, **kwargs})

    def save_model(self, request, obj, form, change):
        if not change:
            obj.created_by = request.user
        obj.save()


class SourceForm(forms.ModelForm):
    def clean(self):
        cleaned = super().clean()
        for name in SECRETS:
            if not cleaned.get(name):
                cleaned[name] = getattr(self.instance, name)
        return cleaned


class DeliveryAdmin(ReadOnly):
    """A log: what is done with a delivery is done on its source's page."""

    list_display = ("received_at", "source", "state", "reason", "lead", "is_test")
    list_filter = ("state", "is_test", "source")
    list_select_related = ("source", "lead")
    search_fields = ("=key", "reason", "source__name")
    date_hierarchy = "received_at"
    exclude = ("headers", "answer")


class RuleForm(forms.ModelForm):
    people = forms.ModelMultipleChoiceField(
        queryset=None, required=False, widget=FilteredSelectMultiple("people", False)
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["people"].queryset = who_work_here()


class RuleAdmin(admin.ModelAdmin):
    list_display = ("source", "position", "words", "to", "user", "role")
    list_filter = ("to", "source")
    list_select_related = ("source", "user")
    search_fields = ("source__name", "user__email")
    autocomplete_fields = ("source", "user")
    readonly_fields = ("last_given",)
    form = RuleForm


class OriginAdmin(ReadOnly):
    """What came along with a lead."""

    list_display = ("lead", "delivery", "created_at")
    list_select_related = ("lead", "delivery__source")
    search_fields = ("lead__first_name", "lead__last_name", "lead__company")
    date_hierarchy = "created_at"


class TagAdmin(admin.ModelAdmin):
    list_display = ("name", "lead")
    list_select_related = ("lead",)
    search_fields = ("name", "lead__first_name", "lead__last_name", "lead__company")
    autocomplete_fields = ("lead",)


class PauseAdmin(admin.ModelAdmin):
    """Who is given no leads in turn."""

    list_display = ("user", "since")
    list_select_related = ("user",)
    search_fields = ("user__email", "user__first_name", "user__last_name")
    autocomplete_fields = ("user",)
