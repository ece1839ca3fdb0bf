"""Files of leads: what becomes of their rows."""

import pytest
from django.utils import translation

from leads.models import Activity, FilePart, Lead
from notifications import sentences
from notifications.models import Notification
from tests.factories import LeadFactory
from tests.importing import counts, imported, sent, work_off

pytestmark = pytest.mark.django_db

TWO = """First Name,Last Name,Email,Shoe size
Ada,King,ada@example.org,38
Alan,Turing,alan@example.org,
"""


def test_rows_become_leads_as_every_lead_is(manager, committing):
    with committing():
        row = imported(TWO, by=manager, source="Trade fair", tags=["2026"], owner=manager)
    assert (row.state, counts(row)) == ("done", (2, 0, 0, 0))
    ada = Lead.objects.get(email="ada@example.org")
    assert (ada.first_name, ada.last_name, ada.source) == ("Ada", "King", "Trade fair")
    assert (ada.owner, ada.created_by, ada.created_at) == (manager, manager, ada.updated_at)
    assert ada.score == ada.score_told == ada.explained().score > 0
    origin = ada.origins.get()
    assert (origin.file_import, origin.row, origin.made) == (row, 2, ada.pk)
    assert origin.fields == [["Shoe size", "38"]]
    assert [tag.name for tag in ada.tags.all()] == ["2026"]
    assert not FilePart.objects.exists()
    assert not Activity.objects.exists()


def test_it_rings_once_for_all_of_it(manager, owner, committing):
    with committing():
        row = imported(TWO, by=manager)
    told = Notification.objects.get(recipient=owner)
    assert (told.type, told.title) == ("lead_created", "Leads Imported")
    assert told.message == "2 leads imported from leads.csv"
    assert (told.url, told.related_lead, told.actor) == (f"/leads/?import={row.pk}", None, manager)


def test_one_that_made_nothing_rings_nobody(manager, committing):
    LeadFactory(email="ADA@example.org")
    LeadFactory(email="alan@example.org")
    with committing():
        row = imported(TWO, by=manager)
    assert counts(row) == (0, 0, 2, 0)
    assert not Notification.objects.filter(title__startswith="Lead").exists()


def test_an_update_fills_and_overwrites_and_tells_the_timeline_alone(manager, committing):
    lead = LeadFactory(email="ADA@example.org", first_name="A.", city="London")
    with committing():
        row = imported(TWO, by=manager, duplicates="update", source="Fair", owner=manager)
    assert counts(row) == (1, 1, 0, 0)
    lead.refresh_from_db()
    assert (lead.source, lead.owner) == ("", None)
    assert (lead.first_name, lead.last_name, lead.city) == ("Ada", "King", "London")
    entry = lead.activities.get()
    assert (entry.kind, entry.actor) == ("contact", manager)
    told = Notification.objects.exclude(title="New Lead Created")
    assert [one.title for one in told] == ["Lead Imported"]
    assert lead.origins.get().fields == [["Shoe size", "38"]]


def test_undo(manager, committing):
    lead = LeadFactory(email="ADA@example.org", first_name="A.", last_name="")
    row = imported(TWO, by=manager, duplicates="update")
    assert row.undo(by=manager, touched_too=False)
    row = work_off(row)
    assert row.state == "undone"
    assert list(Lead.objects.all()) == [lead]
    lead.refresh_from_db()
    assert (lead.first_name, lead.last_name) == ("A.", "")
    assert not row.undo(by=manager, touched_too=False)


def test_it_is_told_in_the_language_of_its_reader():
    for title, message, told in (
        (
            "Leads Imported",
            "1,204 leads imported from a, b.csv",
            "1.204 Leads aus a, b.csv importiert",
        ),
        ("Lead Imported", "1 lead imported from x.csv", "1 Lead aus x.csv importiert"),
    ):
        row = Notification(type="lead_created", title=title, message=message)
        with translation.override("de"):
            assert sentences.message_of(row) == told
            assert sentences.title_of(row) != title
        assert sentences.message_of(row) == message


def test_rows_of_one_lead_within_a_file_make_it_once(manager):
    rows = """Name,Email,Phone
Ada,ada@example.org,+44 20 1234
Ada again,ADA@example.org,
By phone,,0044 (0)20-1234
At the same number,alan@example.org,+44 20 1234
"""
    row = imported(rows, by=manager)
    assert counts(row) == (2, 0, 2, 0)
    assert [one.number for one in row.rows.order_by("number")] == [3, 4]
    again = imported(rows, by=manager)
    assert counts(again) == (0, 0, 4, 0)
    assert counts(imported(rows, by=manager, duplicates="create")) == (4, 0, 0, 0)


def test_an_update_of_a_lead_that_the_same_file_made_is_in_it(manager):
    rows = """Name,Email,City,Tags,Size
Ada,ada@example.org,,vip,38
Ada King,ada@example.org,London,"VIP; north",39
"""
    row = imported(rows, by=manager, duplicates="update")
    assert counts(row) == (1, 1, 0, 0)
    ada = Lead.objects.get()
    assert (ada.last_name, ada.city) == ("King", "London")
    assert ada.score == ada.explained().score
    assert sorted(ada.tags.values_list("name", flat=True)) == ["north", "vip"]
    assert ada.origins.get().fields == [["Size", "38"], ["Size", "39"]]


def test_rows_that_are_too_long_or_too_wide_fail_and_say_why(manager):
    rows = "Name,Email\nAda,ada@example.org,extra,\n" + "x" * 400 + ",x@example.org\n"
    row = imported(rows + "Short\n,nobody@example.org\n", by=manager)
    assert counts(row) == (0, 0, 0, 4)
    said = [(one.number, one.column, one.reason) for one in row.rows.order_by("number")]
    assert said[0] == (2, "", "It has 4 cells, and there are 2 heads.")
    assert said[1][:2] == (3, "Name")
    assert "at most 150 characters" in said[1][2]
    assert "way to answer" in said[2][2]
    assert "Give a name" in said[3][2]


def test_reasons_are_in_the_language_of_who_started_it(manager):
    row = sent("Name,Email\nAda,ada@\n", by=manager)
    row.start("de")
    work_off(row)
    assert "gültige" in row.rows.get().reason
