"""The demo: people to sign in as and a pipeline to look at, never made by accident."""

import io

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from crm.models import User
from leads.models import Appointment, Comment, Interaction, Lead, Task
from notifications.models import Event, Inbox, Notification

pytestmark = pytest.mark.django_db

PASSWORD = "leadbell-demo"
PEOPLE = {
    "admin@example.com": "admin",
    "manager@example.com": "manager",
    "rep1@example.com": "rep",
    "rep2@example.com": "rep",
}


@pytest.fixture
def seed(settings):
    """``seed("--force", debug=False)`` runs the command and returns what it printed."""

    def run(*arguments, debug=True):
        settings.DEBUG = debug
        out = io.StringIO()
        call_command("seed_demo", *arguments, stdout=out)
        return out.getvalue()

    return run


def sign_in(email, password=PASSWORD):
    return APIClient().post("/api/auth/token/", {"email": email, "password": password})


def test_the_demo_has_four_people_who_can_sign_in_and_a_pipeline(seed):
    printed = seed()
    assert dict(User.objects.values_list("email", "role")) == PEOPLE
    for email in PEOPLE:
        assert email in printed
        assert sign_in(email).status_code == 200
        assert sign_in(email, "wrong").status_code == 401
    assert PASSWORD in printed
    assert set(Lead.objects.values_list("stage", flat=True)) == set(Lead.Stage.values)
    created = Event.objects.filter(kind="lead_created")
    assert created.count() == Lead.objects.count() >= 20


def test_every_lead_of_the_demo_could_have_been_typed_and_can_be_changed(seed):
    seed()
    for lead in Lead.objects.all():
        lead.full_clean()
    api = APIClient()
    api.force_authenticate(User.objects.get(role="manager"))
    for lead in Lead.objects.all():
        response = api.patch(f"/api/leads/{lead.pk}/", {"stage": "won"})
        assert response.status_code == 200, response.content


@pytest.mark.django_db(transaction=True)
def test_what_is_old_was_read_and_what_just_came_rings(seed):
    seed()
    for user in User.objects.all():
        notes = Notification.objects.filter(recipient=user)
        assert notes.count() == Event.objects.count() > Lead.objects.count()
        unread = notes.unread().count()
        assert 0 < unread < notes.count()
        assert Inbox.objects.of(user).unread_count == unread


def test_much_has_happened_to_the_leads_of_the_demo(seed):
    seed()
    for model in (Comment, Interaction, Task, Appointment):
        assert model.objects.count() > 3
        for row in model.objects.all():
            row.full_clean()
    assert Task.objects.filter(completed_at=None).exists()
    assert Task.objects.exclude(completed_at=None).exists()
    assert all(row.attendee_ids for row in Appointment.objects.all())
    for lead in Lead.objects.filter(owner=None):
        assert not lead.activities.exists()
    for lead in Lead.objects.exclude(owner=None):
        times = list(lead.activities.order_by("pk").values_list("created_at", flat=True))
        assert [lead.created_at, *times] == sorted([lead.created_at, *times])
    before = Event.objects.count()
    seed()
    assert Event.objects.count() == before


def test_it_refuses_while_debug_is_off_and_makes_nothing(seed):
    with pytest.raises(CommandError, match="--force"):
        seed(debug=False)
    assert not User.objects.exists()
    assert not Lead.objects.exists()


def test_it_can_be_forced_while_debug_is_off(seed):
    seed("--force", debug=False)
    assert User.objects.count() == 4
    assert sign_in("rep1@example.com").status_code == 200


def test_a_second_time_changes_nothing(seed):
    seed()
    rep = User.objects.get(email="rep1@example.com")
    rep.set_password("my own words")
    rep.first_name = "Rafa"
    rep.save()
    Lead.objects.order_by("pk").first().delete()
    before = list(Lead.objects.order_by("pk").values_list())
    events = Event.objects.count()
    seed()
    assert list(Lead.objects.order_by("pk").values_list()) == before
    assert (User.objects.count(), Event.objects.count()) == (4, events)
    rep.refresh_from_db()
    assert rep.first_name == "Rafa"
    assert sign_in(rep.email, "my own words").status_code == 200


def test_if_empty_does_nothing_where_somebody_is_and_all_where_nobody_is(seed):
    User.objects.create_user("ann@example.org", "secret words")
    assert seed("--if-empty") == ""
    assert (User.objects.count(), Lead.objects.count()) == (1, 0)
    User.objects.all().delete()
    assert PASSWORD in seed("--if-empty")
    assert User.objects.count() == 4


@pytest.mark.parametrize("count", [0, 1, 3, 4, 50])
def test_as_many_leads_are_made_as_are_wished(count, seed):
    seed("--leads", str(count))
    assert Lead.objects.count() == count
