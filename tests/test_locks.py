"""Nobody waits in a circle: leads, events and inboxes are locked in one order everywhere."""

import threading

import pytest
from django.db import connection, transaction
from django.forms import modelform_factory

from crm.admin import ChangedUserForm
from crm.models import User
from leads.models import Lead
from notifications.models import Event, Inbox, Notification
from tests.factories import LeadFactory, UserFactory
from tests.waiting import somebody_waits, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def together(*works):
    """Runs each in a thread of its own, at once; returns what they raised."""
    raised, start = [], threading.Barrier(len(works))

    def run(work):
        try:
            start.wait()
            work()
        except Exception as problem:
            raised.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def change(pk, phone):
    def work():
        with transaction.atomic():
            lead = Lead.objects.select_for_update(no_key=True).filter(pk=pk).first()
            if lead:
                lead.phone = phone
                lead.save()

    return work


def test_changing_and_deleting_a_lead_at_once_never_deadlocks(owner, teammate):
    for _ in range(15):
        lead = LeadFactory()
        works = [change(lead.pk, f"555-000{n}") for n in range(4)]
        assert together(*works, lead.delete, Lead.objects.get(pk=lead.pk).delete) == []

    assert not Lead.objects.exists()
    assert not Event.objects.pending().exists()
    for user in (owner, teammate):
        inbox = Inbox.objects.get(user=user)
        told = Notification.objects.filter(recipient=user)
        assert inbox.unread_count == told.count() >= 15
        assert not told.exclude(related_lead=None, url="").exists()


def test_telling_of_a_lead_that_is_being_deleted_never_deadlocks(owner, teammate):
    refused = []
    for _ in range(15):
        lead = LeadFactory()
        tell = [
            lambda pk=lead.pk, user=user: Notification.objects.create(
                recipient=user, type="system", title="x", related_lead_id=pk
            )
            for user in (owner, teammate, owner)
        ]
        refused += together(*tell, lead.delete)

    assert {type(problem).__name__ for problem in refused} <= {"IntegrityError"}
    assert not Lead.objects.exists()
    assert not Notification.objects.exclude(related_lead=None).exists()


@pytest.mark.parametrize("deleted", [User.objects.get, User.objects.filter])
def test_what_arrives_at_somebody_who_is_being_deleted_goes_with_them(teammate, deleted):
    going = threading.Thread(target=lambda: (deleted(pk=teammate.pk).delete(), connection.close()))
    with transaction.atomic():
        LeadFactory()
        assert Event.objects.fan_out() == 1
        going.start()
        until(somebody_waits)
    going.join()

    assert not User.objects.filter(pk=teammate.pk).exists()
    assert not Notification.objects.filter(recipient_id=teammate.pk).exists()
    assert not Inbox.objects.filter(pk=teammate.pk).exists()


def test_nothing_arrives_at_somebody_who_is_being_deleted(owner, teammate):
    LeadFactory()  # they have an inbox
    with transaction.atomic():
        Inbox.objects.lock([teammate.pk])  # as the deletion does first
        arriving = threading.Thread(target=lambda: (LeadFactory(), connection.close()))
        arriving.start()
        until(somebody_waits)
        teammate.delete()
    arriving.join()

    assert Notification.objects.filter(recipient=owner).count() == 2
    assert not Notification.objects.exclude(recipient=owner).exists()
    assert not Event.objects.pending().exists()


def test_of_two_administrators_who_give_up_their_role_at_once_one_stays():
    people = [UserFactory(role=User.Role.ADMIN) for _ in range(2)]
    met = threading.Barrier(2)

    def give_up(user):
        form = {"email": user.email, "role": "rep", "is_active": "on"}

        def work():
            with transaction.atomic():
                filled = demotion(user, form)
                met.wait()
                if filled.is_valid():
                    filled.save()

        return work

    assert together(*map(give_up, people)) == []
    assert User.objects.active_administrators().count() == 1


def demotion(user, form):
    """The form of the admin, without the fields that are not asked."""
    kind = modelform_factory(User, ChangedUserForm, fields=list(form))
    return kind(form, instance=User.objects.get(pk=user.pk))
