"""A search with typos: on PostgreSQL the closest leads are shown where none has it exactly."""

from urllib.parse import urlencode

import pytest
from django.db import connection

from leads import typos
from leads.models import Lead
from leads.typos import closest
from tests.factories import LeadFactory
from tests.test_lead_list import exported, names
from tests.test_neighbours import opened, walk
from tests.test_pages import counted

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

SAID = "No exact match for"


@pytest.fixture(autouse=True)
def world(db):
    for first, last, company in (
        ("John", "Smith", ""),
        ("Ada", "Lovelace", "Analytical Engines"),
        ("Jon", "Miller", "South Software"),
        ("", "", "Kestrel Logistics"),
    ):
        LeadFactory(first_name=first, last_name=last, company=company)


def search(text, **others):
    return urlencode({"search": text} | others)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("jon smth", ["John Smith"]),
        ("Smiht", ["John Smith"]),
        ("lovelcae", ["Ada Lovelace"]),
        ("lovelace adda", ["Ada Lovelace"]),
        ("kestrl logistcs", ["Kestrel Logistics"]),
        ("xyzzy", []),
        ("john xyzzy", []),
        ("12345678", []),
        ("%", []),
        ("jq", []),
    ],
)
def test_typos_find_what_was_meant_and_the_page_says_that_it_is_close(page, typed, found):
    response = page.get(f"/leads/?{search(typed)}")
    assert [lead.name for lead in response.context["rows"]] == found
    assert (SAID in response.content.decode()) == bool(found)
    assert "data-first-page" not in response.content.decode() or not found


def test_what_is_there_exactly_stands_alone(page):
    LeadFactory(first_name="Joan", last_name="Smyth")
    assert names(page, search("john smith")) == ["John Smith"]
    assert SAID not in page.get(f"/leads/?{search('john smith')}").content.decode()
    assert sorted(names(page, search("jon smth"))) == ["Joan Smyth", "John Smith"]


def test_the_other_filters_hold_for_what_is_close(page, owner):
    Lead.objects.filter(first_name="John").update(owner=owner)
    assert names(page, search("smiht", owner="me")) == ["John Smith"]
    assert names(page, search("smiht", owner="nobody")) == []
    assert names(page, search("smiht", stage="won")) == []
    assert names(page, search("smiht", stage="cold")) == []


def test_a_row_that_is_close_stays_when_it_changes_and_others_do_not_come(page):
    john, ada = Lead.objects.get(first_name="John"), Lead.objects.get(first_name="Ada")
    assert page.get(f"/leads/{john.pk}/row/?{search('smiht')}").status_code == 200
    assert page.get(f"/leads/{ada.pk}/row/?{search('smiht')}").status_code == 204
    LeadFactory(first_name="Smiht")
    assert page.get(f"/leads/{john.pk}/row/?{search('smiht')}").status_code == 204


def test_the_export_and_the_neighbours_are_of_what_is_close(page):
    LeadFactory(first_name="Joan", last_name="Smith")
    listed = [lead.pk for lead in page.get(f"/leads/?{search('smiht')}").context["rows"]]
    assert len(listed) == 2
    assert [int(row["ID"]) for row in exported(page, search("smiht"))] == listed
    assert walk(page, opened(page, search("smiht")), "j") == listed


def test_rest_finds_exactly(api):
    assert api.get("/api/leads/?search=smiht").json()["results"] == []
    assert len(api.get("/api/leads/?search=smith").json()["results"]) == 1


def test_a_postgresql_without_the_extension_finds_exactly(page, monkeypatch):
    monkeypatch.setattr(typos, "_available", lambda: False)
    assert names(page, search("smiht")) == []


def test_what_is_close_is_bounded_and_takes_a_few_queries(page, monkeypatch):
    Lead.objects.bulk_create(LeadFactory.build_batch(60, first_name="John", last_name="Smith"))
    assert len(names(page, search("smiht"))) == 20
    exact, close = counted(page, f"/leads/?{search('smith')}"), f"/leads/?{search('smiht')}"
    assert counted(page, close) == exact + 5  # installed?, a savepoint, the threshold, them
    many = " ".join(["smiht"] * 60)
    assert names(page, search(many[:200])) != []


def test_what_is_close_is_found_by_an_index(monkeypatch):
    Lead.objects.bulk_create(LeadFactory.build_batch(20))
    asked = []
    monkeypatch.setattr(typos, "_at", lambda like, leads: asked.append(leads))
    closest(Lead.objects.all(), "smiht", 20)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
    assert "lead_like" in asked[0].explain()
