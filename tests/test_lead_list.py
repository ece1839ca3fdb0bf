"""The list of leads: its orders, its filters, what is done to many at once, and its export."""

import csv
import io
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from leads import policy
from leads.forms.list import BulkForm
from leads.models import Activity, Lead
from leads.orders import ORDERS
from leads.views import export
from tests.factories import CommentFactory, LeadFactory, TaskFactory
from tests.test_board import shown as board_of
from tests.test_pages import counted

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"


def rows(response) -> list:
    return list(response.context["rows"])


def names(page, query="") -> list:
    return [lead.name for lead in rows(page.get(f"/leads/?{query}"))]


def bulk(page, leads, action, **fields):
    sent = {"lead": [lead.pk for lead in leads], "action": action, "next": "/leads/?sort=name"}
    return page.post("/leads/bulk/", sent | fields, follow=True)


def said(response) -> list:
    return [str(message) for message in response.context["messages"]]


# Choices


def test_each_source_is_offered_once_and_not_more_than_some(page, monkeypatch):
    for source in ("web", "", "fair", "web", "Übersee", "fair"):
        LeadFactory(source=source)
    offered = [source for source, _ in page.get("/leads/").context["form"].fields["source"].choices]
    assert offered[0] == ""
    assert sorted(offered[1:]) == ["fair", "web", "Übersee"]
    monkeypatch.setattr("leads.forms.list.SOURCES_OFFERED", 2)
    assert page.get("/leads/").context["form"].fields["source"].choices == [
        ("", "Source"), *((source, source) for source in offered[1:3])
    ]  # fmt: skip


def test_no_source_is_offered_where_no_lead_has_one(page):
    LeadFactory(source="")
    assert len(page.get("/leads/").context["form"].fields["source"].choices) == 1


# Orders


def test_the_list_is_sorted_by_each_of_its_orders(page):
    for name, score in (("bea", 5), ("Ada", 9), ("Cleo", 7)):
        lead = LeadFactory(first_name=name, last_name="")
        Lead.objects.filter(pk=lead.pk).update(score=score)
    abc = LeadFactory(first_name="", last_name="", company="ABC")
    Lead.objects.filter(pk=abc.pk).update(score=0)
    Lead.objects.get(first_name="bea").save()
    changed = Lead.objects.get(first_name="bea")
    changed.city = "Rome"
    changed.save()
    newest = ["ABC", "Cleo", "Ada", "bea"]
    assert names(page) == names(page, "sort=-created") == names(page, "sort=nonsense") == newest
    assert names(page, "sort=created") == newest[::-1]
    assert names(page, "sort=name") == ["ABC", "Ada", "bea", "Cleo"]
    assert names(page, "sort=-name") == ["Cleo", "bea", "Ada", "ABC"]
    assert names(page, "sort=-score") == ["Ada", "Cleo", "bea", "ABC"]
    assert names(page, "sort=score") == ["ABC", "bea", "Cleo", "Ada"]
    assert names(page, "sort=-updated")[0] == "bea"
    assert names(page, "sort=updated")[-1] == "bea"


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.name)
def test_every_order_pages_through_all_leads_once_whatever_arrives(page, monkeypatch, order):
    monkeypatch.setattr("leads.views.list.PAGE", 3)
    for number in range(8):
        lead = LeadFactory(first_name="Ad_a" if number % 2 else "Bea'", last_name="")
        Lead.objects.filter(pk=lead.pk).update(score=number % 3 - 1)
    wanted = {lead.pk for lead in Lead.objects.all()}
    seen, query = [], f"sort={order.name}"
    while query:
        response = page.get(f"/leads/?{query}")
        seen += [lead.pk for lead in rows(response)]
        query = response.context["more"]
        LeadFactory(first_name="Between")
    assert len(seen) == len(set(seen))
    assert wanted <= set(seen)


@pytest.mark.parametrize(
    "place", ["nonsense", "_", "x_1", "1_x", "%00_1", "x" * 900 + "_1", "9999999999_1", "٣_1"]
)
@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.name)
def test_a_place_that_means_nothing_is_no_crash(page, lead, order, place):
    assert page.get(f"/leads/?sort={order.name}&before={place}").status_code == 200


def test_the_head_of_a_column_sorts_by_it_and_then_the_other_way(page, lead):
    html = page.get("/leads/?stage=new").content.decode()
    assert 'href="?stage=new&amp;sort=name"' in html
    html = page.get("/leads/?stage=new&sort=name").content.decode()
    assert 'aria-sort="ascending"' in html
    assert 'href="?stage=new&amp;sort=-name"' in html


def test_only_the_newest_first_take_new_leads_on_top(page, lead):
    assert "data-first-page" in page.get("/leads/").content.decode()
    assert "data-first-page" not in page.get("/leads/?sort=name").content.decode()


# Filters


def test_mine_nobodys_and_anothers(page, owner, teammate):
    for person, name in ((owner, "Ada"), (teammate, "Bea"), (None, "Cleo")):
        LeadFactory(first_name=name, last_name="", owner=person)
    assert names(page, "owner=me") == ["Ada"]
    assert names(page, "owner=nobody") == ["Cleo"]
    assert names(page, f"owner={teammate.pk}") == ["Bea"]
    assert names(page, "owner=everybody") == []
    assert 'value="me" selected' in page.get("/leads/?owner=me").content.decode()
    lead = Lead.objects.get(first_name="Bea")
    assert page.get(f"/leads/{lead.pk}/row/?owner=me").status_code == 204


# What a row says of the lead


def test_a_row_says_how_the_next_task_stands_and_what_happened_last(page, lead):
    TaskFactory(lead=lead)
    CommentFactory(lead=lead, body="They want an offer.")
    for path in ("/leads/", f"/leads/{lead.pk}/row/"):
        html = page.get(path).content.decode()
        assert 'data-next="later"' in html
        assert "New Comment: They want an offer." in html


def test_a_lead_that_is_won_or_lost_wants_no_next_task(page, lead):
    everywhere = ("/leads/", f"/leads/{lead.pk}/row/", "/leads/board/", f"/leads/{lead.pk}/card/")
    for stage, wanted in (("new", True), ("won", False), ("lost", False), ("qualified", True)):
        Lead.objects.update(stage=stage)
        for path in everywhere:
            html = page.get(path).content.decode()
            assert lead.name in html
            assert ("No next task" in html) == wanted, (path, stage)
        shown = page.get(f"/leads/{lead.pk}/").content.decode()
        assert "Nothing to do." in shown
        assert ("Add what comes next." in shown) == wanted
        (row,) = exported(page, "fields=shown&columns=name,next")
        assert row["Task"] == ("No next task" if wanted else "")
    Lead.objects.update(stage="won")
    TaskFactory(lead=lead)  # the invoice
    assert 'data-next="later"' in page.get("/leads/").content.decode()


# What is done to many at once


def test_many_leads_move_at_once_each_with_its_timeline(page, owner):
    leads = LeadFactory.create_batch(3)
    response = bulk(page, leads, "stage", to_stage="contacted")
    assert response.redirect_chain == [("/leads/?sort=name", 302)]
    assert said(response) == ["3 leads are in Contacted."]
    assert len(board_of(page)["contacted"]) == 3
    assert Activity.objects.filter(kind="stage", actor=owner).count() == 3


def test_many_leads_change_hands_at_once(page, teammate):
    leads = LeadFactory.create_batch(2)
    assert said(bulk(page, leads, "owner", to_owner=teammate.pk)) == [
        "2 leads have the owner Tom Teammate."
    ]
    assert set(Lead.objects.values_list("owner", flat=True)) == {teammate.pk}


def test_what_one_may_not_change_stays_and_the_result_says_which_and_why(page, teammate):
    theirs = LeadFactory(first_name="Grace", last_name="Hopper", owner=teammate)
    gone = LeadFactory(first_name="Alan", last_name="Turing")
    free = LeadFactory()
    Lead.objects.filter(pk=gone.pk).delete()
    response = bulk(page, [theirs, gone, free], "stage", to_stage="won")
    assert said(response) == [
        "1 lead is in Won.",
        f"1 lead stays as it was: Grace Hopper. {policy.REFUSALS[Lead]}",
        f"1 lead stays as it was: Lead {gone.pk}. It was deleted meanwhile.",
    ]
    assert Lead.objects.get(pk=theirs.pk).stage == "new"
    assert Lead.objects.get(pk=free.pk).stage == "won"


def test_a_manager_changes_anybodys(client, manager, teammate):
    client.force_login(manager, backend=BACKEND)
    theirs = LeadFactory(owner=teammate)
    assert said(bulk(client, [theirs], "owner", to_owner="nobody")) == [
        "1 lead has the owner Nobody."
    ]
    assert Lead.objects.get().owner is None


def test_a_lead_that_fails_stops_no_other(page, monkeypatch):
    leads = [LeadFactory(first_name=f"N{number}", last_name="") for number in range(3)]
    act = BulkForm.act

    def failing(form, lead, by):
        act(form, lead, by)
        if lead.first_name == "N1":
            raise RuntimeError("with a secret in it")

    monkeypatch.setattr(BulkForm, "act", failing)
    assert said(bulk(page, leads, "stage", to_stage="won")) == [
        "2 leads are in Won.",
        "1 lead stays as it was: N1. Something failed here. Try it again.",
    ]
    assert [lead.stage for lead in Lead.objects.order_by("pk")] == ["won", "new", "won"]


def test_the_result_names_ten_and_counts_the_rest(page, teammate):
    leads = LeadFactory.create_batch(12, owner=teammate)
    (message,) = said(bulk(page, leads, "stage", to_stage="won"))
    assert message.startswith("12 leads stay as they were: John Doe, ")
    assert " and 2 more. " in message


def test_deleting_asks_first_and_deletes_what_one_may(page, teammate):
    mine, theirs = LeadFactory(first_name="Mine"), LeadFactory(first_name="Theirs", owner=teammate)
    asked = bulk(page, [mine, theirs], "delete")
    assert "Delete 2 leads?" in asked.content.decode()
    assert Lead.objects.count() == 2
    response = bulk(page, [mine, theirs], "delete", sure="on")
    assert said(response)[0] == "1 lead deleted."
    assert str(policy.REFUSALS[Lead]) in said(response)[1]
    assert Lead.objects.get() == theirs


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Choose what to set first."),
        ({"action": "owner"}, "Choose what to set first."),
        ({"to_stage": "nonsense"}, "Select a valid choice"),
        ({"action": "owner", "to_owner": "99999999999999999999"}, "Select a valid choice"),
        ({"action": "nonsense"}, "Select a valid choice"),
        ({"lead": [], "to_stage": "won"}, "Choose some leads first."),
        ({"lead": ["x", "-1", "\0", "9" * 40, "٣"], "to_stage": "won"}, "Choose some leads first."),
    ],
)
def test_a_form_that_means_nothing_changes_nothing_and_says_so(page, lead, fields, words):
    sent = {"lead": [lead.pk], "action": "stage"} | fields
    response = page.post("/leads/bulk/", sent, follow=True)
    assert words in said(response)[0]
    assert Lead.objects.get().stage == "new"


def test_one_who_left_is_not_given_leads(page, lead, outsider):
    response = bulk(page, [lead], "owner", to_owner=outsider.pk)
    assert "Select a valid choice" in said(response)[0]
    assert Lead.objects.get().owner is None


def test_a_bulk_form_without_its_token_is_refused(lead, owner):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner, backend=BACKEND)
    sent = {"lead": [lead.pk], "action": "stage", "to_stage": "won"}
    assert client.post("/leads/bulk/", sent).status_code == 403
    assert Lead.objects.get().stage == "new"
    assert Client().post("/leads/bulk/", sent)["Location"].startswith("/login/")


# Export


def exported(page, query="") -> list:
    response = page.get(f"/leads/export.csv?{query}")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_export_has_the_view_that_one_looks_at(page, owner):
    LeadFactory(first_name="Bea", owner=owner, stage="won", company='A "b", c\nd')
    LeadFactory(first_name="Ada", owner=owner)
    LeadFactory(first_name="Cleo")
    found = exported(page, "owner=me&sort=name")
    assert [row["First name"] for row in found] == ["Ada", "Bea"]
    assert found[1]["Company"] == 'A "b", c\nd'
    assert (found[1]["Stage"], found[1]["Owner"]) == ("Won", "Olga Owner")
    assert found[1]["Created at"].endswith("Z")
    assert exported(page, "owner=nonsense") == []


@pytest.mark.parametrize(
    "start",
    ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\n=", "\u00a0+", "\ufeff-",
     "＝", "＋", "－", "＠", "　＠"],
)  # fmt: skip
def test_what_a_spreadsheet_would_take_for_a_formula_is_text(page, start):
    formula = f"{start}HYPERLINK(1)"
    LeadFactory(message=formula, source="fair")
    Lead.objects.update(score=-5)
    (row,) = exported(page)
    assert row["Message"] == f"'{formula}".replace("\r", "\r")
    assert (row["Source"], row["Score"]) == ("fair", "-5")


def test_what_no_spreadsheet_takes_for_a_formula_stays_as_it_is(page):
    text = " a = b\n-c"
    LeadFactory(message=text)
    assert exported(page)[0]["Message"] == text


def test_the_export_reads_a_chunk_at_a_time(page, monkeypatch):
    monkeypatch.setattr(export, "CHUNK", 3)
    LeadFactory.create_batch(7)
    with CaptureQueriesContext(connection) as queries:
        assert len(exported(page)) == 7
    assert len([q for q in queries if "LIMIT 3" in q["sql"]]) == 4


def test_an_export_that_breaks_says_after_how_many(page, monkeypatch):
    monkeypatch.setattr(export, "CHUNK", 2)
    LeadFactory.create_batch(5)
    chunks = export._chunks

    def breaking(*args):
        yield next(chunks(*args))
        raise RuntimeError

    monkeypatch.setattr(export, "_chunks", breaking)
    found = exported(page)
    assert len(found) == 3
    assert found[-1]["ID"] == "The export broke off after 2 leads. Try it again."


def test_who_is_signed_out_exports_nothing(client, lead):
    assert client.get("/leads/export.csv")["Location"].startswith("/login/")


# What it costs


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.name)
def test_every_order_takes_as_many_queries_for_200_leads_as_for_one(page, owner, order):
    path = f"/leads/?sort={order.name}"
    LeadFactory(owner=owner)
    assert counted(page, path) == 11
    Lead.objects.bulk_create(LeadFactory.build_batch(200, owner=owner))
    for lead in Lead.objects.all()[:20]:
        CommentFactory(lead=lead)
        TaskFactory(lead=lead)
    assert counted(page, path) == 11


# Search


@pytest.mark.parametrize(
    "text",
    ["2079460000", "+442079460000", "020-7946"[1:], "(20)7946.0000", "7946 0000", "0000 ada 207",
     "ENGINES", "lovelace ada", "ada@ex"],
)  # fmt: skip
def test_a_search_finds_words_anywhere_and_digits_however_they_are_written(page, text):
    LeadFactory(first_name="Ada", last_name="Lovelace", company="Analytical Engines",
                email="ada@example.org", phone="+44 (20) 7946-0000")  # fmt: skip
    LeadFactory(first_name="Grace", last_name="", phone="+1 555 1234")
    assert names(page, urlencode({"search": text})) == ["Ada Lovelace"]


@pytest.mark.parametrize(
    "text", ["lovelaceada", "4420794600001", "ada engine grace", "%", "_", "+"]
)
def test_a_search_joins_no_two_fields_and_knows_no_wildcards(page, text):
    LeadFactory(first_name="Ada", last_name="Lovelace", company="Engines", phone="44 2079460000")
    answer = page.get("/api/leads/", {"search": text}).json()  # close matches are the page's alone
    assert answer["results"] == []


def test_the_first_eight_different_words_of_a_search_count(page, lead):
    Lead.objects.update(company="a1 b2 c3 d4 e5 f6 g7 h8")
    eight, nine = ["a1", "b2", "c3", "d4", "e5", "f6", "g7", "h8"], "nonsense"
    board = "/leads/board/counts/"
    for search, found in (
        ((*eight, nine), 1),
        ((*eight[:7], *eight[:7], nine), 0),
        ((*eight[:7], *["b2"] * 20), 1),
    ):
        asked = urlencode({"search": " ".join(search)})
        assert len(page.get(f"/api/leads/?{asked}").json()["results"]) == found
        assert len(names(page, asked)) == found
        assert page.get(f"{board}?{asked}").json()["new"] == str(found)
        assert len(exported(page, asked)) == found


@pytest.mark.parametrize("text", ["ab " * 66, " ".join(f"a{n}" for n in range(50))])
def test_many_words_cost_no_more_than_a_few(text):
    few = str(Lead.objects.matching("a0 a1 a2 a3 a4 a5 a6 a7").query)
    assert len(str(Lead.objects.matching(text).query)) <= len(few)
    assert len(few) < 9 * len(str(Lead.objects.matching("a0").query))
    digits = str(Lead.objects.matching("0-0 1-1").query)
    assert digits.count("LIKE") == 4  # as they were typed, and by themselves


def test_a_search_that_finds_nothing_asks_the_leads_once(page, lead):
    with CaptureQueriesContext(connection) as queries:
        page.get("/leads/?search=zz")  # too short for anything to be close
    assert len([q for q in queries if "LIKE" in q["sql"]]) == 1


@pytest.mark.postgres
def test_a_search_is_an_index_scan_on_postgresql():
    Lead.objects.bulk_create(LeadFactory.build_batch(20))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
    for text in ("hopper", "+44 20 7946"):
        assert "lead_search" in Lead.objects.matching(text).explain()
