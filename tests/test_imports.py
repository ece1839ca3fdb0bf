"""Files of leads: what becomes of their rows."""

import pytest

from leads.models import Activity, FilePart, Lead
from notifications.models import Notification
from tests.factories import LeadFactory
from tests.importing import counts, imported, work_off

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
