"""`python -m storm.sabotage NAME PROGRAM`: runs a program of the application with one of its
promises taken out, to show that the storm notices. The application itself has no such switch.
"""

import os
import runpy
import sys

import django
from django.db import connections
from django.db.models import F, QuerySet

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
django.setup()

from notifications import consumers, frames  # noqa: E402
from notifications.models import Inbox, arrival, event, parting  # noqa: E402
from notifications.models.inbox import InboxQuerySet  # noqa: E402


def without_anti_entropy():
    """Rounds heal nobody and tell nobody: a heartbeat says what the socket has been sent."""

    async def beat(consumer, seq):
        consumer.send_text(frames.heartbeat(consumer.position))

    consumers.InboxConsumer.beat = beat


def sequence_before():
    """Numbers are taken, and seen by all, before the transaction that makes the change ends; no
    inbox is locked meanwhile."""
    InboxQuerySet.select_for_update = lambda queryset, *args, **kwargs: queryset
    for name in ("bulk_create", "get_or_create"):  # new inboxes too are there before
        setattr(InboxQuerySet, name, elsewhere(getattr(QuerySet, name)))
    connections.settings["numbers"] = connections.settings["default"] | {"OPTIONS": {}}

    def take(inbox, unread=0):
        with connections["numbers"].cursor() as cursor:
            cursor.execute(
                "UPDATE notifications_inbox SET seq = seq + 1 WHERE user_id = %s RETURNING seq",
                [inbox.pk],
            )
            (inbox.seq,) = cursor.fetchone()
        inbox.unread_count += unread
        return inbox.seq

    Inbox.take = take
    Inbox.store = classmethod(store_counts)
    event.BATCH_EVENTS = 1
    arrival.way = lambda: ArrivalBefore
    parting.way = lambda: parting.by_rows


class ArrivalBefore(arrival.ByRows):
    """Fans out one event at a time, since the numbers are taken when the inboxes are found."""

    @staticmethod
    def lock(recipients):
        inboxes = Inbox.objects.lock(recipients())
        return [
            arrival.Position(inbox.pk, inbox.take(1) - 1, inbox.unread_count - 1)
            for inbox in inboxes
        ]

    @staticmethod
    def move(moved):
        for user_id, by in moved.items():
            Inbox.objects.filter(pk=user_id).update(unread_count=F("unread_count") + by)


def elsewhere(method):
    return lambda queryset, *args, **kwargs: method(queryset.using("numbers"), *args, **kwargs)


def store_counts(_, inboxes):
    for inbox in inboxes:
        moved = F("unread_count") + inbox.moves()[1]
        Inbox.objects.filter(pk=inbox.pk).update(unread_count=moved)


SABOTAGES = {"without-anti-entropy": without_anti_entropy, "sequence-before": sequence_before}


if __name__ == "__main__":
    SABOTAGES[sys.argv[1]]()
    program, sys.argv = sys.argv[2], sys.argv[2:]
    if program.endswith(".py"):
        runpy.run_path(program, run_name="__main__")
    else:
        runpy.run_module(program, run_name="__main__")
