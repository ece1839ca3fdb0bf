"""What a stranger writes on the hosted page."""

from django import forms

from leads.models import Lead


class EnquiryForm(forms.ModelForm):
    use_required_attribute = False

    class Meta:
        model = Lead
        fields = ("first_name", "last_name", "email", "phone", "company", "message")
        widgets = {
            "phone": forms.TextInput(attrs={"type": "tel"}),
            "message": forms.Textarea(attrs={"rows": 5}),
        }

    KNOWN_TO_BROWSERS = {
        "first_name": "given-name",
        "last_name": "family-name",
        "email": "email",
        "phone": "tel",
        "company": "organization",
        "message": "off",
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, called in self.KNOWN_TO_BROWSERS.items():
            self.fields[name].widget.attrs |= {"dir": "auto", "autocomplete": called}
