"""Of two who change the same task or appointment at once, the later is told."""

import copy

from django import forms
from django.utils.translation import gettext_lazy as _

from notifications import wire


class Meanwhile(forms.ModelForm):
    """A change of a row as it was when the page was made: ``version`` says when that was, and
    beside each field stands what it was then. What somebody else changed meanwhile and this form
    leaves alone stays theirs; what both changed says what it is now, keeps what was typed, and may
    be sent again. Without a version it is sent as it is meant."""

    ATTRIBUTES = {}  # of the row, where they have another name than the field
    version = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.conflicts = set()
        if self.instance.pk is None:
            del self.fields["version"]
            return
        at = self.instance.edited_at or self.instance.created_at
        self.initial["version"] = wire.moment(at)
        for name in self._kept():
            self.fields[name].show_hidden_initial = True
        self.stored = copy.copy(self.instance)  # the form writes into the row

    def clean(self):
        cleaned = super().clean() or self.cleaned_data
        sent = cleaned.get("version")
        if sent:
            self.data = self.data.copy()
            for name in self._kept():  # of none that were chosen, the form sends nothing
                self.data.setlistdefault(self.add_initial_prefix(name), [])
        if sent and sent != self.initial["version"]:
            self.data["version"] = self.initial["version"]
            for name in self._kept():
                self._meet(name, cleaned)
        return cleaned

    def _kept(self):
        return [name for name in self.fields if name != "version"]

    def _meet(self, name, cleaned):
        """What is stored of the field by now, and what was sent."""
        key = self.add_initial_prefix(name)
        was, now, typed = self._texts(key), self._now(name), self._texts(self.add_prefix(name))
        if typed == was:
            self.data.setlist(name, now)
            cleaned[name] = getattr(self.stored, self.ATTRIBUTES.get(name, name))
            self._errors.pop(name, None)
        elif now not in (was, typed):
            self.conflicts.add(name)
            self.add_error(name, CHANGED_MEANWHILE % {"now": self._said(name) or _("empty")})
        self.data.setlist(key, now)

    def _texts(self, key):
        return sorted(text.strip() for text in self.data.getlist(key) if text.strip())

    def _now(self, name) -> list[str]:
        """What is stored, as the form would send it."""
        field = self.fields[name]
        value = field.widget.format_value(field.prepare_value(self.initial.get(name)))
        values = value if isinstance(value, list) else [value]
        return sorted(str(value) for value in values if value not in (None, ""))

    def _said(self, name) -> str:
        """What is stored, as people read it."""
        choices = getattr(self.fields[name], "choices", None)
        now = self._now(name)
        if choices is None:
            return ", ".join(now).replace("T", " ") if name in MOMENTS else ", ".join(now)
        return ", ".join(str(label) for value, label in choices if str(value) in now)


MOMENTS = ("starts_at", "ends_at", "due_at", "remind_at")
CHANGED_MEANWHILE = _("Somebody changed this meanwhile. It is now: %(now)s")
