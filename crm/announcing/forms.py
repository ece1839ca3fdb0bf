from django import forms
from django.utils.translation import gettext_lazy as _

from leads.forms.things import MomentField
from notifications.models import Announcement


class AnnouncementForm(forms.ModelForm):
    starts_at = MomentField(label=_("From"), required=False, help_text=_("Empty: now."))
    ends_at = MomentField(
        label=_("Until"),
        required=False,
        help_text=_("Empty: it is shown until you withdraw it."),
    )
    use_required_attribute = False

    class Meta:
        model = Announcement
        fields = ("title", "audience", "message", "starts_at", "ends_at")
        labels = {"title": _("Title"), "message": _("Message"), "audience": _("For")}
        widgets = {"message": forms.Textarea({"rows": 5, "dir": "auto", "maxlength": 2_000})}
        error_messages = {"title": {"required": _("Give a title.")}}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["title"].widget.attrs |= {"dir": "auto", "autocomplete": "off"}

    def clean_message(self):
        """Browsers send lines with the ends of another age."""
        return self.cleaned_data["message"].replace("\r\n", "\n")

    def announce(self, by) -> Announcement:
        self.instance.created_by = by
        self.instance.keep()
        return self.instance
