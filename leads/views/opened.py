"""Which task or appointment of a lead's page is open to be changed."""

from leads.forms.things import AppointmentForm, TaskForm
from leads.models import Task


class Opened:
    """``?task=`` or ``?appointment=`` opens one; ``sent`` is such a form that came back with
    something to say."""

    def __init__(self, asked, sent=None):
        self.asked, self.sent = asked, sent

    def form_of(self, row):
        """For who may change it: the form, if it is open."""
        if self.sent is not None and self.sent.instance == row:
            return self.sent
        if not row.theirs or self.asked.get(row._meta.model_name) != str(row.pk):
            return None
        return (TaskForm if isinstance(row, Task) else AppointmentForm)(instance=row)
