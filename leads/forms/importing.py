"""A file to import, and what its columns are."""

from django import forms
from django.utils.translation import gettext_lazy as _

from leads.forms.people import who_work_here
from leads.importing.looking import ENCODINGS
from leads.importing.mapping import LEAVE_OUT, choices
from leads.importing.rows import tags_in
from leads.importing.table import DELIMITERS
from leads.models import FileImport
from leads.models.tag import tags_of

MOST_TAGS = 20
ACCEPTED = ".csv,.tsv,.txt,text/csv,text/tab-separated-values"
WORDS_FOR = {",": _("Comma"), ";": _("Semicolon"), "\t": _("Tab"), "|": _("Vertical bar")}


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        widget=forms.FileInput(
            attrs={"accept": ".csv,.tsv,.txt,text/csv,text/tab-separated-values"}
        ),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("This file is empty."),
        },
    )


class ReadingForm(forms.Form):
    """How the file is read, where what was detected is wrong."""

    encoding = forms.ChoiceField(label=_("Encoding"), choices=ENCODINGS.items())
    delimiter = forms.ChoiceField(
        label=_("Delimiter"), choices=[(sign, WORDS_FOR[sign]) for sign in DELIMITERS]
    )

    @classmethod
    def of(cls, row: FileImport, data=None):
        return cls(data, initial={"encoding": row.encoding, "delimiter": row.delimiter})


class MappingForm(forms.ModelForm):
    """A select for each column, and what holds for all rows."""

    tags = forms.CharField(
        label=_("Tags"), required=False, max_length=500, help_text=_("Separated by commas.")
    )

    class Meta:
        model = FileImport
        fields = ("duplicates", "source", "owner", "tags")
        widgets = {"duplicates": forms.RadioSelect}
        labels = {
            "duplicates": _("When there is a lead with the same e-mail or phone"),
            "source": _("Source of the leads that name none"),
            "owner": _("Owner of the leads that name none"),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = who_work_here()
        self.fields["owner"].empty_label = _("Nobody")
        self.initial["tags"] = ", ".join(self.instance.tags)
        offered = choices()
        for place, head in enumerate(self.instance.heads):
            self.fields[f"column-{place}"] = forms.ChoiceField(
                label=head, choices=offered, initial=self.instance.targets[place], required=False
            )
        for name in ("source", "tags"):
            self.fields[name].widget.attrs |= {"dir": "auto", "autocomplete": "off"}

    @property
    def columns(self):
        return [self[f"column-{place}"] for place in range(len(self.instance.heads))]

    @property
    def for_all(self):
        return [self[name] for name in ("source", "owner", "tags")]

    def clean_tags(self):
        tags = list(tags_of(tags_in(self.cleaned_data["tags"])).values())
        if len(tags) > MOST_TAGS:
            raise forms.ValidationError(_("Give up to %(n)s tags.") % {"n": MOST_TAGS})
        return tags

    def clean(self):
        cleaned = super().clean()
        self.targets = [cleaned.get(f"column-{n}", "") for n in range(len(self.instance.heads))]
        if not any(target not in ("", LEAVE_OUT) for target in self.targets):
            raise forms.ValidationError(_("Say of some column what it is."))
        return cleaned

    def keep(self) -> None:
        """Stores it, unless the import was begun meanwhile."""
        fields = {name: self.cleaned_data[name] for name in self._meta.fields}
        rows = FileImport.objects.filter(pk=self.instance.pk, state=FileImport.State.READY)
        rows.update(targets=self.targets, **fields)
