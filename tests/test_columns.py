"""The columns of the list: which it shows, for whom, and how the export has them."""

import re

import pytest

from leads.columns import COLUMNS, USUAL, WIDTHS, Columns
from leads.models import Lead, ListColumns, SavedView
from leads.orders import ORDERS
from tests.factories import CommentFactory, LeadFactory, TaskFactory
from tests.test_lead_list import exported
from tests.test_pages import counted

pytestmark = pytest.mark.django_db

HEAD = re.compile(r'<th role="columnheader" scope="col" class="lead-([a-z-]+)( is-phone)?"')
CELL = re.compile(r'<td role="cell" class="lead-([a-z-]+)(?: numbers)?( is-phone)?"')


def shown(page, query="", pattern=HEAD):
    """The columns that stand on a wide screen, in their order, beside the check and the name."""
    html = page.get(f"/leads/?{query}").content.decode()
    return [name for name, phone in pattern.findall(html) if not phone][2:]


def choose(page, query="", *columns, **sent):
    return page.post("/leads/columns/", {"column": list(columns), "query": query, **sent})


def test_the_usual_columns_stand_until_one_chooses(page, lead):
    assert shown(page) == shown(page, pattern=CELL) == list(USUAL)
    assert {column.name for column in COLUMNS} == set(WIDTHS)
    names = {order.name for order in ORDERS}
    assert {name for column in COLUMNS for name in column.sorts} < names


def test_the_address_says_which_columns_stand(page, lead):
    for query in ("columns=name,email,city", "columns=city,nonsense,email,name"):
        assert shown(page, query) == shown(page, query, CELL) == ["email", "city"]
    assert shown(page, "columns=name") == []
    assert shown(page, "columns=") == shown(page, "columns=nonsense") == list(USUAL)


def test_every_column_says_what_the_lead_has(page, owner):
    lead = LeadFactory(
        company="ABC", job_title="Buyer", phone="+1 555 1234", city="Rome", region="Lazio",
        country="Italy", source="fair", owner=owner,
    )  # fmt: skip
    TaskFactory(lead=lead)
    CommentFactory(lead=lead, body="They want an offer.")
    everything = ",".join(["name", *(column.name for column in COLUMNS)])
    for path in ("/leads/", f"/leads/{lead.pk}/row/"):
        html = page.get(f"{path}?columns={everything}").content.decode()
        for words in ("Buyer", lead.email, "+1 555 1234", "Rome", "Lazio", "Italy", "fair"):
            assert f'title="{words}">{words}' in html
        assert "New Comment: They want an offer." in html
        assert html.count("data-age") == 2
        assert 'data-next="later"' in html
        assert 'title="Olga Owner"' in html


def test_a_choice_is_ones_own_from_then_on_and_goes_with_the_filters(page, owner, client, teammate):
    LeadFactory()
    response = choose(page, "stage=new&sort=name", "email", "stage", "nonsense")
    assert response["Location"] == "/leads/?stage=new&sort=name"
    assert ListColumns.objects.get().columns == "name,stage,email"
    assert shown(page) == shown(page, "stage=new") == ["stage", "email"]
    assert shown(page, "columns=name,city") == ["city"]
    choose(page, "columns=name,city", "age")
    assert shown(page) == ["age"]
    choose(page, "", usual="on")
    assert shown(page) == list(USUAL)
    choose(page, "", "age")
    client.force_login(teammate, backend="django.contrib.auth.backends.ModelBackend")
    assert shown(client) == list(USUAL)


def test_in_a_view_the_columns_are_the_views_and_a_choice_changes_the_view_as_one_sees_it(
    page, owner, lead
):
    ListColumns.objects.create(user=owner, columns="name,age")
    page.post("/leads/views/new/", {"name": "Mine"})
    view = SavedView.objects.get()
    assert view.query == {"columns": "name,age"}
    ListColumns.objects.update(columns="name,city")
    assert shown(page, f"view={view.pk}") == ["age"]
    response = choose(page, f"view={view.pk}", "email")
    assert response["Location"] == f"/leads/?view={view.pk}&columns=name%2Cemail"
    html = page.get(response["Location"]).content.decode()
    assert "Save changes" in html
    assert '<input type="hidden" name="columns" value="name,email">' in html
    assert shown(page) == ["city"]
    sent = {"query": f"view={view.pk}&columns=name,email"}
    page.post(f"/leads/views/{view.pk}/save/", sent)
    assert shown(page, f"view={view.pk}") == ["email"]


def test_on_a_phone_a_row_has_what_it_always_had(page, lead):
    html = page.get("/leads/?columns=name,email").content.decode()
    phone = [name for name, only in CELL.findall(html) if only]
    assert phone == ["company", "stage", "owner", "next", "age"]


def test_a_table_that_does_not_fit_scrolls():
    widths = {"usual": USUAL, "few": ["age"], "some": USUAL[:5], "many": WIDTHS}
    assert {Columns.named(names).width for names in widths.values()} == set(widths)
    for width, names in widths.items():
        assert Columns.named(names).width == width


def test_the_export_has_all_fields_or_the_columns_shown(page, owner, lead):
    Lead.objects.update(source="=1+1", score=-5)
    CommentFactory(lead=lead, body="@cmd")
    (row,) = exported(page, "columns=name,source,score,age,last,next,owner&fields=shown")
    assert list(row) == ["Name", "Last", "Source", "Owner", "Score", "Task", "Created at"]
    assert (row["Name"], row["Source"], row["Score"]) == ("John Doe", "'=1+1", "-5")
    assert (row["Last"], row["Task"], row["Owner"]) == ("'@cmd", "No next task", "")
    assert row["Created at"].endswith("Z")
    (everything,) = exported(page, "columns=name,source")
    assert len(everything) == 20
    choose(page, "", "email")
    (own,) = exported(page, "fields=shown")
    assert own == {"Name": "John Doe", "E-mail": lead.email}


def test_columns_cost_as_many_queries_however_many_they_are(page, lead):
    everything = ",".join(["name", *(column.name for column in COLUMNS)])
    assert counted(page, f"/leads/?columns={everything}") == 11
    LeadFactory.create_batch(10)
    assert counted(page, f"/leads/?columns={everything}") == 11
    assert counted(page, "/leads/") == 11


def test_what_means_nothing_in_an_address_is_not_carried_along(page, lead):
    nonsense = "a" * 7_000
    asked = f"/leads/?columns=name,city,{nonsense}&sort={nonsense}&stage=new"
    once = page.get(asked).content.decode().count(nonsense)
    LeadFactory.create_batch(5)
    response = page.get(asked)
    assert response.content.decode().count(nonsense) == once  # however many rows there are
    assert response.context["carried"] == "?in=columns%3Dname%252Ccity%26stage%3Dnew"
    assert page.get(f"/leads/?columns={nonsense}&sort=name").context["carried"] == "?in=sort%3Dname"
