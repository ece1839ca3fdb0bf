"""Plain factories: the smallest valid thing of each kind."""

import factory
from django.contrib.auth.hashers import make_password

from crm.models import User
from leads.models import Lead

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
