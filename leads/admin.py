from django.contrib import admin

from leads.models import Lead


@admin.register(Lead)
class LeadAdmin(admin.ModelAdmin):
    list_display = ("name", "company", "email", "phone", "stage", "owner", "source", "created_at")
    list_filter = ("stage", "source", "owner")
    list_select_related = ("owner",)
    search_fields = ("first_name", "last_name", "email", "phone", "company")
    date_hierarchy = "created_at"
    readonly_fields = ("score", "created_by", "created_at", "updated_at")
    autocomplete_fields = ("owner",)

    def save_model(self, request, obj, form, change):
        """The same path as every other door: created by, or changed by, who is signed in."""
        if change:
            obj.save(by=request.user)
        else:
            obj.created_by = request.user
            obj.save()
