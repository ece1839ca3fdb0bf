"""The pages of imports without scripts, who may use them, and what they do with bad input."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from leads.importing.running import Importer
from leads.models import FileImport, FilePart, Lead, Merge
from tests.factories import LeadFactory
from tests.forms import submit
from tests.importing import counts, imported, sent, work_off

pytestmark = pytest.mark.django_db

TWO = "Name,E-mail,Shoe size\nAda King,ada@example.org,38\nAlan Turing,alan@,44\n"


@pytest.fixture
def desk(browser_as, manager):
    return browser_as(manager)


def upload(desk, content, name="leads.csv"):
    content = content.encode() if isinstance(content, str) else content
    return desk.post("/imports/new/", {"file": SimpleUploadedFile(name, content)})


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_from_a_file_to_its_report_without_scripts(desk, manager):
    page = upload(desk, TWO).url
    shown = text_of(desk.get(page))
    assert "What the first 2 rows become" in shown
    assert "Fails E-mail : Enter a valid email address." in shown
    submit(desk, page, "/start/", source="Trade fair", tags="vip, 2026", preview="1")
    row = FileImport.objects.get()
    assert (row.state, row.source, row.tags) == ("ready", "Trade fair", ["vip", "2026"])
    submit(desk, page, "/start/", **{"column-2": "-"})
    assert "running" in text_of(desk.get(page))
    work_off(row)
    report = text_of(desk.get(page))
    assert "1 created" in report
    assert "1 failed" in report
    assert "3 E-mail Enter a valid email address." in report
    ada = Lead.objects.get()
    assert (ada.first_name, ada.source, ada.origins.get().fields) == ("Ada", "Trade fair", [])
    listed = desk.get(f"/leads/?import={row.pk}")
    assert "Ada King" in text_of(listed)
    assert "Import: leads.csv" in text_of(listed)


def test_the_timeline_and_the_origin_name_the_file(desk, manager):
    imported(TWO, by=manager, name="fair.csv")
    lead, other = Lead.objects.get(email="ada@example.org"), LeadFactory(created_by=manager)
    page = text_of(desk.get(f"/leads/{lead.pk}/"))
    assert f"{manager.get_full_name()} imported the lead from fair.csv" in page
    assert "Imported from fair.csv, row 2" in page
    assert lead.origins.get().source_name == "fair.csv"
    Merge.objects.merge(other, lead, (), by=manager)
    page = text_of(desk.get(f"/leads/{other.pk}/"))
    assert "added the lead" in page
    assert "imported the lead" not in page


def test_the_list_shows_what_an_import_made_alone(desk, manager):
    LeadFactory(first_name="Other")
    row = imported(TWO, by=manager)
    assert "Other" in text_of(desk.get("/leads/"))
    shown = text_of(desk.get(f"/leads/?import={row.pk}"))
    assert "Ada" in shown
    assert "Other" not in shown
    assert "means nothing here" in text_of(desk.get("/leads/?import=0"))


def test_another_encoding_and_delimiter_by_hand(desk):
    page = upload(desk, "Name;E-mail\nZoë;zoe@example.org\n".encode("mac-roman")).url
    submit(desk, page, "/read/", encoding="mac-roman", delimiter=";")
    assert "Zoë" in text_of(desk.get(page))
    answer = desk.post(f"{page}read/", {"encoding": "klingon", "delimiter": ";"})
    assert answer.status_code == 400
    answer = desk.post(f"{page}read/", {"encoding": "utf-16-le", "delimiter": ";"})
    assert answer.status_code in (302, 400)
    assert desk.get(page).status_code == 200


def test_the_rows_that_failed_can_be_mended_and_imported_again(desk, manager):
    row = imported(
        "Name,Phone,E-mail,Sum\nAda,+44 20 555 0101,ada@,=1+1\nAlan,,alan@example.org,x\n",
        by=manager,
    )
    assert counts(row) == (1, 0, 0, 1)
    sheet = b"".join(desk.get(f"/imports/{row.pk}/rows.csv?only=failed")).decode()
    assert sheet.startswith("\ufeffName,Phone,E-mail,Sum,Row,What became of it,Column,Reason\r\n")
    assert "Ada,'+44 20 555 0101,ada@,'=1+1,2,failed,E-mail,Enter a valid" in sheet
    mended = imported(sheet.replace("ada@", "ada@example.org"), by=manager)
    assert counts(mended) == (1, 0, 0, 0)
    ada = Lead.objects.get(email="ada@example.org")
    assert ada.phone == "+44 20 555 0101"
    assert ada.origins.get().fields == [["Sum", "=1+1"]]


def test_undoing_asks_first_and_says_what_stays(desk, manager):
    row = imported("Name,Phone\nAda,555 0101\nAlan,555 0102\n", by=manager)
    LeadFactory()
    lead = Lead.objects.get(phone="555 0101")
    lead.company = "Analytical"
    lead.save(by=manager)
    shown = text_of(desk.get(f"/imports/{row.pk}/undo/"))
    assert "2 leads that it made go for good." in shown
    assert "Somebody worked on 1 of them since: it stays." in shown
    submit(desk, f"/imports/{row.pk}/undo/", "/undo/")
    work_off(row)
    assert "1 lead stayed" in text_of(desk.get(f"/imports/{row.pk}/"))
    assert desk.get(f"/imports/{row.pk}/undo/").status_code == 302
    assert Lead.objects.count() == 2


def test_a_file_in_parts_as_the_script_sends_it(desk, settings):
    content = ("Name,Email\n" + "x,x@example.org\n" * 60_000).encode()
    file = {"name": "big.csv", "size": len(content), "version": "1700000000000"}
    answer = desk.post("/imports/begin/", file)
    begun = answer.json()
    assert (answer.status_code, begun["received"]) == (201, [])
    size = 512 * 1024
    for number in (1, 0):
        part = content[number * size : (number + 1) * size]
        put = desk.put(f"{begun['parts']}{number}/", part, "application/octet-stream")
        assert put.status_code == 200
    assert desk.post("/imports/begin/", file).json()["received"] == [0, 1]
    changed = file | {"version": "1700000000001"}
    assert desk.post("/imports/begin/", changed).json()["received"] == []
    assert desk.post(begun["complete"]).json() == {"url": begun["complete"][: -len("complete/")]}
    assert desk.post(begun["complete"]).status_code == 409


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "bytes"),
        ({"name": "x", "size": "-1"}, "bytes"),
        ({"name": "x", "size": "9" * 40}, "bytes"),
        ({"name": "x", "size": "0"}, "empty"),
        ({"name": "x", "size": str(10**12)}, "100 MiB"),
    ],
)
def test_beginning_with_nonsense_is_refused_with_a_sentence(desk, fields, said):
    answer = desk.post("/imports/begin/", fields)
    assert answer.status_code == 400
    assert said in answer.json()["detail"]
    assert not FileImport.objects.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\x89PNG\r\n\x1a\n\0\0", "image"), (b"", "empty"), (b"Name,Email\n", "no rows")],
)
def test_what_is_no_table_comes_back_with_a_sentence(desk, content, said):
    answer = upload(desk, content, "photo.png")
    assert answer.status_code == 400
    assert said in text_of(answer)
    assert not FileImport.objects.exists()
    assert not FilePart.objects.exists()


def test_names_that_are_no_names(desk):
    for name in ("\0", "../../etc/passwd", "x" * 400, "نص.csv"):
        answer = desk.post("/imports/begin/", {"name": name, "size": 10})
        assert answer.status_code == 201
    assert desk.get("/imports/").status_code == 200


def test_a_mapping_that_says_nothing_is_refused(desk):
    page = upload(desk, "a,b\n1,2\n").url
    answer = desk.post(f"{page}start/", {"duplicates": "skip"})
    assert answer.status_code == 400
    assert "Say of some column what it is." in text_of(answer)
    for bad in ({"column-0": "nonsense"}, {"duplicates": "x"}, {"owner": "0"}, {"tags": "x" * 60}):
        data = {"duplicates": "skip", "column-0": "email"} | bad
        assert desk.post(f"{page}start/", data).status_code == 400
    assert FileImport.objects.get().state == "ready"


def test_discarding_leaves_nothing(desk):
    page = upload(desk, TWO).url
    assert desk.post(f"{page}discard/").status_code == 302
    assert not FileImport.objects.exists()
    assert not FilePart.objects.exists()
    assert desk.get(page).status_code == 404


PATHS = ("", "new/", "{pk}/", "{pk}/progress/", "{pk}/undo/", "{pk}/rows.csv")
ACTS = ("begin/", "{pk}/read/", "{pk}/start/", "{pk}/discard/", "{pk}/cancel/", "{pk}/again/",
        "{pk}/undo/", "{pk}/complete/", "new/")  # fmt: skip


def test_reps_do_not_import(browser_as, owner, manager):
    row = sent(TWO, by=manager)
    rep = browser_as(owner)
    for path in PATHS:
        assert rep.get(f"/imports/{path.format(pk=row.pk)}").status_code == 403
    refused = "Only managers and administrators import files: ask one."
    assert refused in text_of(rep.get("/imports/"))
    for path in ACTS:
        assert rep.post(f"/imports/{path.format(pk=row.pk)}").status_code == 403
    assert rep.put(f"/imports/{row.pk}/parts/0/", b"x").status_code == 403
    assert "/imports/" not in rep.get("/leads/").content.decode()
    row.refresh_from_db()
    assert row.state == "ready"


def test_nobody_else_sees_anything(client, outsider, manager):
    row = sent(TWO, by=manager)
    client.force_login(outsider, "django.contrib.auth.backends.ModelBackend")
    for stranger in (client, Client()):
        for path in (*PATHS, *ACTS):
            answer = stranger.post(f"/imports/{path.format(pk=row.pk)}")
            assert answer.status_code == 302
            assert answer.url.startswith("/login/")


def test_administrators_see_what_a_manager_imports_but_do_not_send_its_parts(
    browser_as, administrator, manager
):
    desk = browser_as(administrator)
    content = TWO.encode()
    row = imported(TWO, by=manager)
    assert desk.get(f"/imports/{row.pk}/").status_code == 200
    mine = browser_as(manager).post("/imports/begin/", {"name": "x", "size": len(content)}).json()
    assert desk.put(f"{mine['parts']}0/", content).status_code == 404
    assert browser_as(manager).put(f"{mine['parts']}0/", content).status_code == 200


def test_a_get_of_what_acts_changes_nothing(desk, manager):
    row = sent(TWO, by=manager)
    for path in ("start", "discard", "cancel", "again", "read", "complete"):
        assert desk.get(f"/imports/{row.pk}/{path}/").status_code == 405


def test_progress_is_one_query_beside_who_asks(desk, manager):
    row = sent(TWO, by=manager)
    row.start("en")
    desk.get("/imports/")
    with CaptureQueriesContext(connection) as queries:
        answer = desk.get(f"/imports/{row.pk}/progress/")
    assert answer.status_code == 200
    about = [query["sql"] for query in queries if "leads_" in query["sql"]]
    assert len(about) == 1
    assert 'max="100" value="0"' in answer.content.decode()


def test_the_list_of_imports_costs_one_query_however_many(desk, manager):
    for _ in range(3):
        imported(TWO, by=manager, duplicates="create")
    with CaptureQueriesContext(connection) as queries:
        shown = text_of(desk.get("/imports/"))
    assert shown.count("leads.csv") == 3
    assert len([query for query in queries if "leads_" in query["sql"]]) == 1


@pytest.mark.parametrize("batch", [20, 200])
def test_a_batch_costs_the_same_queries_however_many_rows(manager, batch, monkeypatch):
    monkeypatch.setattr("leads.importing.running.BATCH", batch)
    lines = "".join(f"Person {n},p{n}@example.org,vip\n" for n in range(batch))
    row = sent(f"Name,Email,Tags\n{lines}", by=manager)
    row.start("en")
    importer = Importer()
    with CaptureQueriesContext(connection) as queries:
        importer.turn()
    assert Lead.objects.count() == batch
    assert len(queries) <= (32 if connection.vendor == "sqlite" else 30)
