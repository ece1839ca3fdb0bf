"""That something of a lead is new is told to every open page, once for each transaction, however
much of it happened there."""

from weakref import WeakKeyDictionary, WeakValueDictionary

from django.db import connections, transaction
from django.db.models import Model

from leads import frames

# By connection and lead: what is still to be told. Only the hooks hold it, so what is rolled back
# leaves nothing here.
_to_tell = WeakKeyDictionary()


class Telling:
    def __init__(self, pk: int):
        self.pk, self.lead, self.told = pk, None, False

    def after_commit(self):
        if not self.told:
            self.told = True
            frames.send_change(self.pk, self.lead)


def tell_after_commit(lead: Model, stored: bool = False) -> None:
    """``stored`` says that ``lead`` is what this transaction stores; else it is read again."""
    telling_of = _to_tell.setdefault(connections["default"], WeakValueDictionary())
    telling = telling_of.get(lead.pk)
    if telling is None or telling.told:
        telling = telling_of[lead.pk] = Telling(lead.pk)
    if stored:
        telling.lead = lead
    transaction.on_commit(telling.after_commit, robust=True)
