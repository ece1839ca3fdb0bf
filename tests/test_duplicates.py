"""A lead that may be there already is shown beside its likeness."""

from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.utils import timezone

from leads import duplicates
from leads.models import Lead
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db


def text_of(response):
    return unescape(response.content.decode())


def alike(one, **fields):
    """What a second lead with these fields has in common with the first, looked at from both."""
    other = LeadFactory(first_name="Other", **{"email": ""} | fields)
    found = [[each.alike for each in duplicates.of(lead, one.created_by)] for lead in (one, other)]
    assert found[0] == found[1]
    other.delete()
    return found[0][0] if found[0] else ""


@pytest.fixture
def one(owner):
    return LeadFactory(email="Ada@Example.org", phone="+44 20 7946 0000", created_by=owner)


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"email": "ada@example.ORG"}, "same e-mail"),
        ({"email": "bada@example.org"}, ""),
        ({"phone": "+44 20 7946 0000"}, "same phone"),
        ({"phone": "0044 (0)20-7946.0000"}, "same phone"),
        ({"phone": "+44(20)7946\u00a00000"}, "same phone"),
        ({"phone": "+442079460000"}, "same phone"),
        ({"phone": "442079460000"}, ""),
        ({"phone": "020 7946 0000"}, ""),
        ({"phone": "+1 20 7946 0000"}, ""),
        ({"phone": "+44 20 7946 0000 1"}, ""),
        ({"email": "ADA@example.org", "phone": "004420 79460000"}, "same e-mail and phone"),
    ],
)
def test_what_counts_as_the_same(one, fields, what):
    assert alike(one, **fields) == what


def test_what_neither_has_is_nothing_in_common(owner):
    one = LeadFactory(email="", phone="555 1234")
    LeadFactory(email="", phone="555 9999")
    LeadFactory(email="b@example.org", phone="")
    assert duplicates.of(one, owner) == []
    same = LeadFactory(email="", phone="5551234")
    assert duplicates.of(one, owner) == [same]


def test_the_page_shows_them_the_oldest_first_and_offers_to_merge_whom_one_may(
    page, one, owner, teammate
):
    theirs = LeadFactory(first_name="Theirs", email="ada@example.org", owner=teammate)
    now = timezone.now() - timedelta(days=2)
    mine = LeadFactory(first_name="Mine", email="ADA@example.org", owner=owner, created_at=now)
    html = text_of(page.get(f"/leads/{one.pk}/"))
    assert "Possible duplicates" in html
    part = html[html.index('id="duplicates"') :]
    assert 0 < part.index("Mine Doe") < part.index("Theirs Doe")
    assert f"/leads/{one.pk}/merge/{mine.pk}/" in html
    assert f"/leads/{one.pk}/merge/{theirs.pk}/" not in html
    assert "Possible duplicates" not in text_of(page.get(f"/leads/{LeadFactory().pk}/"))


def test_who_adds_one_that_is_there_already_is_told_and_it_is_added_all_the_same(page, one):
    new = {"first_name": "Ada", "email": "", "phone": "004420-79460000", "stage": "new"}
    html = text_of(page.post("/leads/new/", new, follow=True))
    assert Lead.objects.count() == 2
    assert "There is a lead with the same e-mail or phone already" in html
    assert "Possible duplicates" in html
    html = text_of(page.post("/leads/new/", new | {"phone": "555 1234"}, follow=True))
    assert Lead.objects.count() == 3
    assert "already" not in html


def alike_to(lead, count):
    """The newest are stored first."""
    now = timezone.now()
    return [
        LeadFactory(email=lead.email, created_at=now - timedelta(days=days))
        for days in range(1, count + 1)
    ]


def test_of_very_many_the_oldest_are_shown(one, owner):
    others = alike_to(one, duplicates.SHOWN + 3)
    assert duplicates.of(one, owner) == others[::-1][: duplicates.SHOWN]


def test_no_number_is_told_that_is_not_so(page, one):
    new = {"first_name": "Ada", "email": one.email, "stage": "new"}
    alike_to(one, 1)
    html = text_of(page.post("/leads/new/", new, follow=True))
    assert "There are 2 leads with the same e-mail or phone already" in html
    alike_to(one, 10)
    html = text_of(page.post("/leads/new/", new, follow=True))
    assert "There are 10 or more leads with the same e-mail or phone already" in html


def test_many_are_one_query_and_end_at_some_point(one, owner, django_assert_num_queries):
    for _ in range(duplicates.SHOWN + 2):
        LeadFactory(email="ada@example.org", owner=owner)
    with django_assert_num_queries(1):
        assert len(duplicates.of(one, owner)) == duplicates.SHOWN


def test_they_are_found_by_indexes(one):
    """However many leads there are: the plan has both, and looks at no row beside."""
    Lead.objects.bulk_create(
        Lead(first_name="X", email=f"x{n}@example.org", phone=f"+49 30 {n:07}")
        for n in range(2_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    plan = duplicates.oldest(one)[: duplicates.SHOWN].explain()
    assert "lead_email" in plan
    assert "lead_phone" in plan
    assert "Seq Scan" not in plan
    assert "SCAN leads_lead" not in plan
