"""The leads before and after one, in the list from which it was opened."""

from dataclasses import dataclass, replace

from leads.models import Lead
from leads.orders import NAME
from leads.showing import Showing, carried


@dataclass(frozen=True)
class Neighbours:
    """``before`` and ``after`` are None at the ends of the list."""

    showing: Showing
    before: Lead | None
    after: Lead | None

    @property
    def asked(self) -> str:
        """For links of the lead's page that stay in the list."""
        carried = self.showing.carried
        return f"{carried[1:]}&" if carried else ""


def neighbours(request, lead):
    """Found by where the lead would be, so also when the list has it no more. None where it was
    opened from a view that is not there any more."""
    showing = carried(request)
    if showing is None:
        return None
    order, leads = showing.order, showing.filters.rows().exclude(pk=lead.pk)
    if order.field == NAME:  # which only the database knows
        lead = order.of(Lead.objects.filter(pk=lead.pk)).get()
    place = order.place_of(order.name_of(lead))
    other_way = replace(order, descending=not order.descending)
    before, after = (way.after(leads, place).first() for way in (other_way, order))
    if before is None and after is None and (close := showing.close):
        before, after = _in(close, lead)
    return Neighbours(showing, before, after)


def _in(close, lead):
    """Among those that come closest to what was searched for, which have an order of their own."""
    ids = [other.pk for other in close]
    if lead.pk not in ids:
        return None, close[0]
    place = ids.index(lead.pk)
    return (close[place - 1] if place else None), next(iter(close[place + 1 :]), None)
