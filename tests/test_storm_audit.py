"""The storm's audit knows that people choose what they hear."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from psycopg.conninfo import make_conninfo

from leads.models import Following
from notifications.kinds import Kind
from notifications.models import Event, Notification, Preference
from storm.audit import Audit
from tests.factories import LeadFactory, UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


@pytest.fixture
def audit():
    parts = ("host", "port", "user", "password", "dbname")
    known = connection.get_connection_params()
    return Audit(make_conninfo(**{name: known[name] for name in parts if known.get(name)}))


@pytest.fixture
def happened(owner, teammate):
    """``(event, everybody's, teammate's alone)``, delivered."""
    deaf, follower, muted, lead = UserFactory(), UserFactory(), UserFactory(), LeadFactory()
    Preference.objects.choose(deaf, {Kind.CONTACT: "nothing"})
    Preference.objects.choose(follower, {Kind.CONTACT: "followed"})
    Following.objects.choose(lead, muted, muted_until=timezone.now() + timedelta(hours=1))
    lead.announce(Kind.CONTACT, "Everybody", None)
    lead.announce(Kind.EVENT, "One", None, to=[teammate.pk])
    lead.announce(Kind.CONTACT, "Called", None, mentioned=[deaf.pk])
    return [Event.objects.get(message=words) for words in ("Everybody", "One", "Called")], deaf


def test_what_nobody_wants_is_not_lost_and_what_is_due_is(audit, happened, owner, teammate):
    (everybodys, ones, called), deaf = happened
    # A new lead, but for who muted it since; what concerns it; one's own; and the mention.
    assert audit.due() == 4 + 2 + 1 + 3
    assert (audit.lost(), audit.unwanted()) == ([], [])

    told = Notification.objects
    for event, user in ((everybodys, owner), (ones, teammate), (called, deaf)):
        told.filter(event=event, recipient=user)._raw_delete(told.db)
    lost = {(everybodys.pk, owner.pk), (ones.pk, teammate.pk), (called.pk, deaf.pk)}
    assert set(audit.lost()) == lost


def test_what_reaches_whom_it_is_not_for_is_noticed(audit, happened, owner):
    (everybodys, ones, _), deaf = happened
    Notification.objects.bulk_create([everybodys.notification_for(deaf.pk)])
    Notification.objects.bulk_create([ones.notification_for(owner.pk)])

    assert set(audit.unwanted()) == {(everybodys.pk, deaf.pk), (ones.pk, owner.pk)}
