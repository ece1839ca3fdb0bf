"""Plain factories: the smallest valid thing of each kind."""

from datetime import UTC, datetime

import factory
from django.contrib.auth.hashers import make_password

from crm.models import User
from leads.models import Appointment, Comment, Interaction, Lead, Task

PASSWORD = "correct horse battery"


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    first_name = factory.Sequence(lambda n: f"Person{n}")
    last_name = "Example"
    role = User.Role.REP
    password = factory.LazyFunction(lambda: make_password(PASSWORD))


class LeadFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Lead

    first_name = "John"
    last_name = "Doe"
    email = factory.Sequence(lambda n: f"john{n}@example.org")


class CommentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Comment

    lead = factory.SubFactory(LeadFactory)
    body = "They want an offer."


class InteractionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Interaction

    lead = factory.SubFactory(LeadFactory)
    kind = "call"
    body = "They call back."


class TaskFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Task

    lead = factory.SubFactory(LeadFactory)
    title = "Send the offer"


class AppointmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Appointment

    lead = factory.SubFactory(LeadFactory)
    title = "Demo"
    starts_at = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    ends_at = datetime(2026, 3, 2, 10, tzinfo=UTC)


# What REST takes to add one to a lead.
GOOD = {
    "comments": {"body": "They want an offer."},
    "tasks": {"title": "Send the offer"},
    "interactions": {"kind": "call", "body": "They call back."},
    "appointments": {
        "title": "Demo",
        "startsAt": "2026-03-02T09:30:00Z",
        "endsAt": "2026-03-02T10:00:00Z",
    },
}
