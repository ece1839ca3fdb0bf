"""A source, as managers fill it in: the fields of its kind and no others."""

import re

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from leads.forms.people import who_work_here
from leads.forms.tags import TagsField
from leads.models import Source
from leads.models.source import new_token

Kind = Source.Kind
KINDS = (
    (Kind.FORM, _("A form to paste into your website, and a page with it to link to.")),
    (Kind.SALESFORCE, _("A form that was made for Salesforce: only its action changes.")),
    (Kind.GOOGLE, _("Leads from the lead form of an ad on Google, as soon as it is sent.")),
    (Kind.META, _("Leads from the instant forms of ads on Facebook and Instagram.")),
    (Kind.TYPEFORM, _("The answers of a form that stands at Typeform.")),
    (Kind.JSON, _("Anything that can send JSON: a program of yours, Zapier, Make, n8n.")),
)
WEB = ("allowed_origins", "return_hosts", "fill_seconds")
FIELDS = {
    Kind.FORM: WEB,
    Kind.SALESFORCE: WEB,
    Kind.META: ("secret", "access_token", "verify_token"),
}
OF_ALL = ("owner", "tags", "label", "active")
STAYS = _("Empty: it stays as it is.")
BETWEEN = re.compile(r"[\s,]+")


class WordsField(forms.CharField):
    """Words with white space or commas between them; the value is a list."""

    widget = forms.Textarea(attrs={"rows": 2, "dir": "ltr", "spellcheck": "false"})

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value):
        return [word for word in BETWEEN.split(super().clean(value)) if word]


class KeptField(forms.CharField):
    """A secret that is not shown again: what is left empty stays as it is."""

    widget = forms.PasswordInput(attrs={"autocomplete": "off", "dir": "ltr"})


class SourceForm(forms.ModelForm):
    use_required_attribute = False
    tags = TagsField(
        label=_("Tags"),
        required=False,
        max_length=1_000,
        help_text=_("What its leads are tagged with. With commas between them."),
    )
    allowed_origins = WordsField(
        label=_("Websites"),
        required=False,
        max_length=10_000,
        help_text=_("As https://www.example.com. Empty: the form may stand on any."),
    )
    return_hosts = WordsField(
        label=_("Hosts to return to"),
        required=False,
        max_length=10_000,
        help_text=_("As www.example.com: where a form may send its visitor on to by retURL."),
    )

    class Meta:
        model = Source
        fields = ("name", "secret", "access_token", "verify_token", *WEB, *OF_ALL)
        field_classes = {"secret": KeptField, "access_token": KeptField}
        labels = {
            "name": _("Name"),
            "secret": _("App secret"),
            "access_token": _("Access token"),
            "verify_token": _("Verify token"),
            "fill_seconds": _("Seconds to fill it in"),
            "owner": _("Owner of its leads"),
            "label": _("Source of its leads"),
            "active": _("Takes leads"),
        }
        help_texts = {"secret": _("Of your app at Meta. It proves who sends.")}
        error_messages = {"name": {"required": _("Give a name.")}}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        shown = {"name", *FIELDS.get(self.instance.kind, ()), *OF_ALL}
        for name in set(self.fields) - shown:
            del self.fields[name]
        self.fields["owner"].queryset = who_work_here(self.instance.owner_id)
        self.fields["owner"].empty_label = _("Nobody")
        for name in ("name", "label", "tags"):
            self.fields[name].widget.attrs |= {"dir": "auto", "autocomplete": "off"}
        if self.instance.pk is None:
            del self.fields["active"]
            self._begin()
        else:
            self._say_what_stays()

    def _begin(self):
        """What is made up for a new one, so that nobody has to."""
        self.instance.verify_token = new_token() if "verify_token" in self.fields else ""
        self.fields.pop("verify_token", None)
        if self.instance.kind in (Kind.GOOGLE, Kind.TYPEFORM):
            self.instance.secret = new_token()

    def _say_what_stays(self):
        for name in {"secret", "access_token"} & set(self.fields):
            field = self.fields[name]
            field.help_text = f"{field.help_text} {STAYS}"

    def save(self):
        """What is counted and given anew meanwhile stays. Raises DoesNotExist for a source that was
        deleted meanwhile: it does not come back."""
        if self.instance.pk is None:
            return super().save()
        with transaction.atomic():
            Source.objects.select_for_update(no_key=True).get(pk=self.instance.pk)
            self.instance.save(update_fields=list(self.fields))
        return self.instance

    def clean_secret(self):
        return self.cleaned_data["secret"] or self.initial["secret"]

    def clean_access_token(self):
        return self.cleaned_data["access_token"] or self.initial["access_token"]
