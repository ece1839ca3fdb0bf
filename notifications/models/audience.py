"""Who gets a notification of an event, and why.

Everybody active does who did not choose otherwise. In this order:

1. Who is mentioned gets it, whatever they chose.
2. What is for its addressees alone reaches nobody else, and none of them who wants nothing of its
   kind.
3. Who muted its lead for a time does not get it.
4. Else it is what they chose for its kind: everything, what they follow, or nothing.
"""

from collections import defaultdict

from django.apps import apps

from notifications.kinds import Kind
from notifications.models.addressee import Addressee
from notifications.models.preference import Wants
from notifications.models.reason import Reason

NO_FOLLOWER = (Reason.EVERYTHING.value, None)


class Audience:
    """That of the ``events`` of a batch among the locked ``positions``."""

    def __init__(self, events, positions):
        self.positions = positions
        self.named = _named(events)
        self.followers = _followers(events)

    def of(self, event) -> list[tuple]:
        """``(position, reason)`` of who gets it, in the order of the positions."""
        kind, named, heard = event.kind, self.named.get(event.pk, {}), []
        alone = event.reach == event.Reach.ADDRESSEES
        followers = self._following(event)
        for position in self.positions:
            reason, muted = followers.get(position.user_id, NO_FOLLOWER)
            wants = position.wants.get(kind)
            if position.user_id in named:
                reason = named[position.user_id]
                hears = wants != Wants.NOTHING and (alone or not muted)
                gets = reason == Reason.MENTIONED or hears
            else:
                gets = not alone and not muted and _wanted(wants, reason)
            if gets:
                heard.append((position, reason))
        return heard

    def _following(self, event) -> dict[int, tuple]:
        """Nobody has done anything to a lead that only just came but to own it."""
        if event.kind == Kind.LEAD_CREATED and event.related_lead is not None:
            return {event.related_lead.owner_id: (Reason.OWNER.value, None)}
        return self.followers.get(event.related_lead_id, {})


def _wanted(wants, reason) -> bool:
    return wants is None or (wants == Wants.FOLLOWED and reason != "")


def _named(events) -> dict[int, dict[int, str]]:
    """By event, and by user: the reason why it names them."""
    pks = [event.pk for event in events if event.reach != event.Reach.EVERYBODY]
    found = defaultdict(dict)
    if pks:
        rows = Addressee.objects.filter(event__in=pks)
        for pk, user_id, mentioned in rows.values_list("event", "user", "mentioned"):
            found[pk][user_id] = (Reason.MENTIONED if mentioned else Reason.ADDRESSED).value
    return found


def _followers(events) -> dict[int, dict[int, tuple]]:
    """By lead, and by user: why they follow it, and until when they muted it."""
    pks = {event.related_lead_id for event in events if event.kind != Kind.LEAD_CREATED} - {None}
    return apps.get_model("leads.Following").objects.of_leads(pks) if pks else {}
