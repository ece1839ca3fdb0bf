"""That something of a lead is new is told to every open page, once for each transaction, however
much of it happened there."""

from weakref import WeakKeyDictionary, WeakSet, WeakValueDictionary

from django.db import connections, transaction
from django.db.models import Model

from leads import frames

# By connection and lead: what is still to be told. Only the hooks hold it, so what is rolled back
# leaves nothing here.
_to_tell = WeakKeyDictionary()


class Telling:
    def __init__(self, pk: int):
        self.pk, self.lead, self.told = pk, None, False
        self.asked, self._hooks = 0, WeakSet()

    def ask(self) -> None:
        hook = Hook(self)
        self._hooks.add(hook)
        self.asked += 1
        transaction.on_commit(hook.after_commit, robust=True)

    def after_commit(self):
        """The first hook tells it: where one is missing, a savepoint was rolled back and ``lead``
        may say what is not stored."""
        if not self.told:
            self.told = True
            frames.send_change(self.pk, self.lead if len(self._hooks) == self.asked else None)


class Hook:
    def __init__(self, telling: Telling):
        self.telling = telling

    def after_commit(self):
        self.telling.after_commit()


def tell_after_commit(lead: Model, stored: bool = False) -> None:
    """``stored`` says that ``lead`` is what this transaction stores; else it is read again."""
    telling_of = _to_tell.setdefault(connections["default"], WeakValueDictionary())
    telling = telling_of.get(lead.pk)
    if telling is None or telling.told:
        telling = telling_of[lead.pk] = Telling(lead.pk)
    if stored:
        telling.lead = lead
    telling.ask()
