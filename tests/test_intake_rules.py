"""Who gets what comes in: the first rule that matches says it, and the timeline says why."""

import threading
from collections import Counter

import pytest
from django.core.exceptions import ValidationError

from crm.models import User
from leads.intake import routing
from leads.models import Activity, Lead, Pause, Rule
from tests.doors import post, source_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

ANNA = {"name": "Anna Schmidt", "email": "anna@firma.example", "country": "DE", "budget": "10 000"}


@pytest.fixture
def source():
    return source_of("json")


def rule(source, *conditions, to="user", people=(), **fields):
    made = Rule(source=source, to=to, **fields)
    made.conditions = [
        dict(zip(("field", "op", "value"), each, strict=False)) for each in conditions
    ]
    made.full_clean()
    made.save()
    made.people.set(people)
    return made


def come(client, source, **fields):
    """The lead that comes, and why it is whose it is."""
    assert post(client, source, ANNA | fields).status_code == 201
    lead = Lead.objects.latest("pk")
    why = lead.activities.filter(kind=Activity.Kind.ASSIGNED).first()
    return lead.owner, why and why.message


def test_the_first_rule_that_matches_says_it(client, source, owner, teammate, manager):
    rule(source, ("country", "is", "fr"), user=owner)
    rule(source, ("country", "is", "de"), user=teammate)
    rule(source, user=manager)
    assert come(client, source) == (teammate, "Tom Teammate: rule 2: country is de")
    assert come(client, source, country="FR") == (owner, "Olga Owner: rule 1: country is fr")
    assert come(client, source, country="") == (manager, "Mia Example: rule 3: every lead")


def test_the_owner_of_the_source_gets_the_rest(client, source, manager):
    source.owner = manager
    source.save()
    assert come(client, source) == (manager, "Mia Example: owner of the source Website")


def test_where_nobody_is_named_it_is_nobodys_and_nothing_is_said(client, source, outsider):
    assert come(client, source) == (None, None)
    source.owner = outsider
    source.save()
    assert come(client, source) == (None, None)


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ([], True),
        ([("country", "is", "DE")], True),
        ([("country", "is", "de")], True),
        ([("country", "is", "D")], False),
        ([("country", "is_not", "FR")], True),
        ([("country", "is_not", "de")], False),
        ([("email", "contains", "FIRMA")], True),
        ([("email", "contains", "gmail")], False),
        ([("email", "starts", "Anna@")], True),
        ([("email", "ends", "@firma.example")], True),
        ([("email", "ends", "@firma")], False),
        ([("company", "empty")], True),
        ([("company", "filled")], False),
        ([("last_name", "filled")], True),
        ([("budget", "is", "10  000")], True),
        ([("Budget", "contains", "000")], True),
        ([("budget", "is_not", "5")], True),
        ([("nothing", "is", "x")], False),
        ([("nothing", "is_not", "x")], True),
        ([("nothing", "empty")], True),
        ([("nothing", "filled")], False),
        ([("source", "is", "website")], True),
        ([("country", "is", "DE"), ("company", "empty")], True),
        ([("country", "is", "DE"), ("company", "filled")], False),
    ],
)
def test_conditions_hold_whatever_the_case_of_letters(client, source, manager, conditions, holds):
    rule(source, *conditions, user=manager)
    assert (come(client, source)[0] == manager) is holds


def test_of_several_values_of_one_name_one_is_enough():
    extras = [["interest", "Mills"], ["interest", "Engines"]]

    def holds(op, value=""):
        conditions = [{"field": "interest", "op": op, "value": value}]
        return routing.matches(conditions, Lead(), extras)

    assert (holds("is", "engines"), holds("is_not", "engines"), holds("filled")) == (
        True,
        False,
        True,
    )


# Turns


def test_a_role_takes_turns(client, source):
    people = [UserFactory() for _ in range(3)]
    UserFactory(is_active=False)
    UserFactory(role=User.Role.MANAGER)
    rule(source, to="role", role="rep")
    assert [come(client, source)[0] for _ in range(7)] == [*people, *people, people[0]]


def test_some_people_take_turns_and_who_is_paused_or_gone_is_skipped(client, source, manager):
    people = [UserFactory() for _ in range(3)]
    rule(source, ("country", "is", "DE"), to="people", people=people)
    assert come(client, source)[0] == people[0]
    pause = Pause.objects.create(user=people[1])
    assert come(client, source)[0] == people[2]
    User.objects.filter(pk=people[0].pk).update(is_active=False)
    assert come(client, source)[0] == people[2]
    pause.delete()
    assert come(client, source)[0] == people[1]


def test_where_nobody_can_the_next_rule_is_asked(client, source, owner, teammate, manager):
    Pause.objects.create(user=owner)
    Pause.objects.create(user=teammate)
    rule(source, user=owner)
    rule(source, to="people", people=[owner, teammate])
    rule(source, user=manager)
    assert come(client, source) == (manager, "Mia Example: rule 3: every lead")
    Pause.objects.create(user=manager)
    source.owner = manager
    source.save()
    assert come(client, source) == (manager, "Mia Example: owner of the source Website")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_turns_are_exact_when_many_come_at_once(client, at_once):
    source = source_of("json")
    people = [UserFactory() for _ in range(3)]
    rule(source, to="people", people=people)
    together = threading.Barrier(6)

    def send():
        together.wait(10)
        return [post(type(client)(), source, ANNA).status_code for _ in range(5)]

    assert at_once(*[send] * 6) == [[201] * 5] * 6
    assert Counter(Lead.objects.values_list("owner", flat=True)) == {p.pk: 10 for p in people}


def test_a_delivery_that_comes_again_takes_no_turn(client, source):
    people = [UserFactory() for _ in range(2)]
    rule(source, to="people", people=people)
    for key in ("a", "a", "a", "b"):
        post(client, source, ANNA, Idempotency_Key=key)
    assert list(Lead.objects.order_by("pk").values_list("owner", flat=True)) == [
        person.pk for person in people
    ]


# Their order


def positions(source):
    return {each.pk: each.position for each in source.rules.all()}


def test_rules_are_moved_up_and_down_and_close_ranks(source, manager):
    one, two, three = (rule(source, user=manager) for _ in range(3))
    assert positions(source) == {one.pk: 1, two.pk: 2, three.pk: 3}
    three.move(-1)
    assert (positions(source), three.position) == ({one.pk: 1, three.pk: 2, two.pk: 3}, 2)
    one.move(-1)
    two.move(1)
    assert positions(source) == {one.pk: 1, three.pk: 2, two.pk: 3}
    one.delete()
    assert positions(source) == {three.pk: 1, two.pk: 2}


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, "user"),
        ({"to": "role"}, "role"),
        ({"to": "role", "role": "boss"}, "role"),
        ({"to": "nobody"}, "to"),
        ({"conditions": {}}, "conditions"),
        ({"conditions": ["x"]}, "conditions"),
        ({"conditions": [{"field": "", "op": "is", "value": "x"}]}, "conditions"),
        ({"conditions": [{"field": "country", "op": "like", "value": "x"}]}, "conditions"),
        ({"conditions": [{"field": "country", "op": "is", "value": " "}]}, "conditions"),
        ({"conditions": [{"field": "country", "op": "is", "value": 5}]}, "conditions"),
        ({"conditions": [{"field": "x" * 201, "op": "is", "value": "x"}]}, "conditions"),
        ({"conditions": [{"field": "a", "op": "empty"}] * 21}, "conditions"),
    ],
)
def test_a_rule_that_is_none_is_told_which_field(source, fields, wrong):
    with pytest.raises(ValidationError) as problem:
        Rule(**{"source": source, **fields}).full_clean()
    assert wrong in problem.value.message_dict


def test_a_rule_names_somebody_who_works_here(source, outsider):
    with pytest.raises(ValidationError) as problem:
        Rule(source=source, user=outsider).full_clean()
    assert problem.value.message_dict == {"user": ["Choose somebody who works here."]}
