from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import FilteredSelectMultiple
from django.db import models
from django.utils.translation import gettext as _

from leads import policy
from leads.forms.moments import SplitMomentField, as_stored
from leads.forms.people import in_order, who_work_here
from leads.import_admin import FileImportAdmin, ImportedRowAdmin
from leads.intake_admin import (
    DeliveryAdmin,
    OriginAdmin,
    PauseAdmin,
    RuleAdmin,
    SourceAdmin,
    TagAdmin,
)
from leads.models import (
    Activity,
    Appointment,
    CalendarFeed,
    Comment,
    Delivery,
    FileImport,
    Following,
    ImportedRow,
    Interaction,
    Lead,
    ListColumns,
    Looking,
    Mention,
    Merge,
    Origin,
    Pause,
    Rule,
    SavedView,
    ScoreRules,
    Source,
    Tag,
    Task,
)
from leads.models.merge import NotUndone
from leads.score_admin import ScoreRulesAdmin
from notifications.admin import ReadOnly

admin.site.register(ScoreRules, ScoreRulesAdmin)
admin.site.register(FileImport, FileImportAdmin)
admin.site.register(ImportedRow, ImportedRowAdmin)
admin.site.register(Source, SourceAdmin)
admin.site.register(Delivery, DeliveryAdmin)
admin.site.register(Rule, RuleAdmin)
admin.site.register(Origin, OriginAdmin)
admin.site.register(Tag, TagAdmin)
admin.site.register(Pause, PauseAdmin)


class ByPolicy(admin.ModelAdmin):
    """Only who may enter, and what the policy says of the row. What is stored here takes the path
    of every other door: made by, changed by, or deleted by, who is signed in."""

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and _may(request, policy.CHANGE, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and _may(request, policy.DELETE, obj)

    def get_deleted_objects(self, objs, request):
        """The history of what is deleted goes with it, though nobody deletes from history."""
        found, counts, refused, protected = super().get_deleted_objects(objs, request)
        along = {
            model._meta.verbose_name
            for model in (Activity, Following, Mention, Merge, Looking, Origin)
        }
        return found, counts, refused - along, protected

    def save_model(self, request, obj, form, change):
        if not change:
            obj.created_by = request.user
        obj.save(by=request.user)


def _may(request, action, row) -> bool:
    return row is None or policy.may(request.user, action, row)


@admin.register(Lead)
class LeadAdmin(ByPolicy):
    list_display = ("name", "company", "email", "phone", "stage", "owner", "source", "created_at")
    list_filter = ("stage", "source", "owner")
    list_select_related = ("owner",)
    search_fields = ("first_name", "last_name", "email", "phone", "company")
    date_hierarchy = "created_at"
    readonly_fields = ("score", "created_by", "created_at", "updated_at")
    autocomplete_fields = ("owner",)


class OfLeadAdmin(ByPolicy):
    list_select_related = ("lead", "created_by")
    search_fields = ("lead__first_name", "lead__last_name", "lead__company")
    date_hierarchy = "created_at"
    autocomplete_fields = ("lead",)
    readonly_fields = ("created_by", "created_at", "edited_at")

    def get_readonly_fields(self, request, obj=None):
        """What belongs to a lead stays with it."""
        return (*self.readonly_fields, "lead") if obj else self.readonly_fields

    def delete_model(self, request, obj):
        obj.delete(by=request.user)

    def delete_queryset(self, request, queryset):
        for row in queryset:
            row.delete(by=request.user)


@admin.register(Comment)
class CommentAdmin(OfLeadAdmin):
    list_display = ("__str__", "lead", "created_by", "created_at", "edited_at")
    list_filter = ("created_by",)
    search_fields = ("body", *OfLeadAdmin.search_fields)


@admin.register(Interaction)
class InteractionAdmin(OfLeadAdmin):
    list_display = ("__str__", "lead", "direction", "created_by", "occurred_at")
    list_filter = ("kind", "direction", "created_by")
    search_fields = ("body", *OfLeadAdmin.search_fields)
    date_hierarchy = "occurred_at"

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        return (*fields, "kind") if obj else fields


@admin.register(Task)
class TaskAdmin(OfLeadAdmin):
    list_display = ("title", "lead", "assignee", "due_at", "completed_at")
    list_filter = (("completed_at", admin.EmptyFieldListFilter), "assignee")
    list_select_related = ("lead", "assignee")
    search_fields = ("title", *OfLeadAdmin.search_fields)
    autocomplete_fields = ("lead", "assignee")
    readonly_fields = (*OfLeadAdmin.readonly_fields, "completed_at")
    actions = ("complete",)

    @admin.action(description="Complete", permissions=["change"])
    def complete(self, request, queryset):
        count = sum(task.complete(by=request.user) for task in queryset)
        self.message_user(request, f"{count} completed.")


class AppointmentForm(forms.ModelForm):
    """Who attends is stored by the appointment itself, which tells of it."""

    attendees = forms.ModelMultipleChoiceField(
        queryset=None, required=False, widget=FilteredSelectMultiple("attendees", False)
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        there = self.instance.attendee_ids
        self.fields["attendees"].queryset = who_work_here(*there)
        self.initial.setdefault("attendees", there)

    def clean_attendees(self):
        chosen = [person.pk for person in self.cleaned_data["attendees"]]
        self.instance.attendee_ids = in_order(self.instance.attendee_ids, chosen)
        return self.cleaned_data["attendees"]

    def clean_starts_at(self):
        return as_stored(self.instance.starts_at, self.cleaned_data["starts_at"])

    def clean_ends_at(self):
        return as_stored(self.instance.ends_at, self.cleaned_data["ends_at"])


@admin.register(Appointment)
class AppointmentAdmin(OfLeadAdmin):
    list_display = ("title", "lead", "starts_at", "ends_at", "created_by")
    list_filter = ("attendances__user",)
    search_fields = ("title", *OfLeadAdmin.search_fields)
    date_hierarchy = "starts_at"
    form = AppointmentForm
    formfield_overrides = {models.DateTimeField: {"form_class": SplitMomentField}}


@admin.register(Activity)
class ActivityAdmin(ReadOnly):
    """History: it is written by what happens, and nobody rewrites it."""

    list_display = ("created_at", "lead", "kind", "text", "actor")
    list_filter = ("kind", "actor")
    list_select_related = ("lead", "actor", "comment", "interaction")
    search_fields = ("message", "lead__first_name", "lead__last_name", "lead__company")
    date_hierarchy = "created_at"


@admin.register(Merge)
class MergeAdmin(ReadOnly):
    """History, as far as it is not undone."""

    list_display = ("__str__", "kept", "by", "at", "undone_by", "undone_at")
    list_filter = (("undone_at", admin.EmptyFieldListFilter), "by")
    list_select_related = ("kept", "by", "undone_by")
    search_fields = ("=lead_id_was", "kept__first_name", "kept__last_name", "kept__company")
    date_hierarchy = "at"
    actions = ("undo",)

    @admin.action(description="Undo", permissions=["view"])
    def undo(self, request, queryset):
        """The latest first, so that of a chain each can be."""
        for merge in queryset.select_related("kept").order_by("-pk"):
            self.message_user(request, f"{merge}: {self._undone(request, merge)}")

    def _undone(self, request, merge) -> str:
        if not policy.may(request.user, policy.CHANGE, merge.kept):
            return policy.refusal(merge.kept)
        try:
            merge.undo(by=request.user)
        except (NotUndone, Lead.DoesNotExist) as problem:
            return str(problem)
        return "undone."


@admin.register(Mention)
class MentionAdmin(ReadOnly):
    """Written with the words that mention somebody."""

    list_display = ("__str__", "user", "entry", "created_at", "seen_at")
    list_filter = (("seen_at", admin.EmptyFieldListFilter), "user")
    list_select_related = ("user", "entry__comment", "entry__interaction")
    search_fields = ("words", "user__email", "user__first_name", "user__last_name")
    date_hierarchy = "created_at"


@admin.register(Looking)
class LookingAdmin(ReadOnly):
    """Who looks at what now: their pages say so, and it lapses."""

    list_display = ("user", "lead", "until")
    list_filter = ("user",)
    list_select_related = ("user", "lead")
    search_fields = ("user__email", "lead__first_name", "lead__last_name", "lead__company")


class SavedViewForm(forms.ModelForm):
    def validate_unique(self):
        """Among the views of its owner, whom nobody chooses here."""
        if "name" in self.errors:
            return
        try:
            self.instance.check_name()
        except forms.ValidationError:
            self.add_error("name", _("The owner has a view of this name already: choose another."))
        except SavedView.DoesNotExist:
            self.add_error(None, _("This view was deleted meanwhile."))


@admin.register(SavedView)
class SavedViewAdmin(ByPolicy):
    """What is shared, and one's own; what they show is saved on the list."""

    list_display = ("name", "owner", "shared", "updated_at")
    list_filter = ("shared", "owner")
    list_select_related = ("owner",)
    search_fields = ("name", "owner__email", "owner__first_name", "owner__last_name")
    readonly_fields = ("owner", "query", "created_at", "updated_at")
    form = SavedViewForm

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)

    def has_add_permission(self, request):
        return False

    def save_model(self, request, obj, form, change):
        obj.save()


@admin.register(ListColumns)
class ListColumnsAdmin(admin.ModelAdmin):
    """Everybody chooses their own, on the list."""

    list_display = ("user", "columns")
    list_select_related = ("user",)
    search_fields = ("user__email", "user__first_name", "user__last_name")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False


@admin.register(CalendarFeed)
class CalendarFeedAdmin(admin.ModelAdmin):
    """Who has an address for calendar programs, which nobody else sees; what is deleted is none."""

    list_display = ("user", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "user__first_name", "user__last_name")
    readonly_fields = ("created_at",)
    date_hierarchy = "created_at"

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False


@admin.register(Following)
class FollowingAdmin(ReadOnly):
    """What people chose of a lead: to follow it or not, or to mute it."""

    list_display = ("user", "lead", "follows", "muted_until")
    list_filter = ("follows",)
    list_select_related = ("user", "lead")
    search_fields = ("user__email", "lead__first_name", "lead__last_name", "lead__company")
