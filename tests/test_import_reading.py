"""Reading tables: whatever csv writes comes back, what is no table is refused with a sentence."""

import csv
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.importing import parts
from leads.importing.checking import plainly_right
from leads.importing.looking import ENCODINGS, Look, Unreadable
from leads.importing.table import DELIMITERS, MOST_COLUMNS, Table, delimiter_of
from leads.models import FileImport, FilePart, Lead
from tests.importing import Upload, sent

SIGNS = st.characters(codec="cp1252", exclude_characters="\0\r\n\x81\x8d\x8f\x90\x9d")
CELL = st.text(st.one_of(SIGNS, st.sampled_from(",;\t|\"\n'=")), max_size=12)
WIDE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=12)
NAMES = st.lists(st.text("abcXYZ", min_size=1, max_size=8), min_size=2, max_size=6, unique=True)


def written(rows, delimiter, end, encoding):
    text = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if end == "\r" else csv.QUOTE_MINIMAL  # which forgets new lines then
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return text.getvalue().encode(encoding)


def read(content, encoding, delimiter):
    table = Table(io.BytesIO(content), encoding, delimiter)
    return table.heads, [cells for _number, cells in table]


def tables(cell):
    def of(heads):
        row = st.lists(cell, min_size=len(heads), max_size=len(heads))
        return st.tuples(st.just(heads), st.lists(row, max_size=8))

    return NAMES.flatmap(of)


@given(tables(WIDE), st.sampled_from(list(DELIMITERS)), st.sampled_from(["\n", "\r\n", "\r"]),
       st.sampled_from(["utf-8", "utf-16-le", "utf-16-be", "utf-8-sig"]))  # fmt: skip
def test_what_csv_writes_comes_back(table, delimiter, end, encoding):
    heads, rows = table
    content = written([heads, *rows], delimiter, end, encoding)
    filled = [row for row in rows if any(map(str.strip, row))]
    assert read(content, encoding.removesuffix("-sig"), delimiter) == (heads, filled)


@given(tables(CELL), st.sampled_from(list(DELIMITERS)), st.sampled_from(["cp1252", "utf-8"]))
def test_how_it_was_written_is_found_out(table, delimiter, encoding):
    heads, rows = table
    content = written([heads, *rows], delimiter, "\r\n", encoding)
    look = Look([content])
    assert content.decode(look.encoding) == content.decode(encoding)
    assert delimiter_of(content, look.encoding) == delimiter


@given(tables(WIDE), st.integers(1, 30))
def test_parts_may_be_cut_anywhere(table, size):
    heads, rows = table
    content = written([heads, *rows], ",", "\n", "utf-8")
    cut = [content[place : place + size] for place in range(0, len(content), size)]
    assert (Look(cut).encoding, Look(cut).lines) == (Look([content]).encoding, content.count(b"\n"))


def test_a_reader_goes_on_after_any_row():
    content = written([["a", "b"], *[[str(n), "x\ny"] for n in range(9)]], ",", "\n", "utf-8")
    for number in range(1, 11):
        table = Table(io.BytesIO(content), "utf-8", ",")
        table.skip_to(number)
        assert [row for row, _cells in table] == list(range(number + 1, 11))
        assert table.line == 19


def workbook() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return file.getvalue()


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.csv", b"\0" * 50_000_000)
    return file.getvalue()


WIDE_HEAD = ",".join(f"c{n}" for n in range(10_000)).encode()
BAD = {
    "an image": (b"\x89PNG\r\n\x1a\n" + bytes(200), "image"),
    "a photo": (b"\xff\xd8\xff\xe0" + bytes(200), "image"),
    "a workbook": (workbook(), "Excel workbook: save it as CSV"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Office"),
    "a zip bomb": (bomb(), "archive"),
    "a PDF": (b"%PDF-1.7\n", "PDF"),
    "a program": (b"\x7fELF\x02\x01\x01\0" + bytes(400), "no text"),
    "NULs later on": (b"a,b\n1,2\n" * 10_000 + b"x\0y,z\n", "no text"),
    "nothing": (b"", "empty"),
    "blanks": (b"\n \n\n", "empty"),
    "heads alone": (b"Name,Email\n\n", "no rows"),
    "10,000 columns": (WIDE_HEAD + b"\n" + WIDE_HEAD, "10000 columns"),
    "one long line": (b"x" * 1_500_000, "does not end"),
    "a long line later on": (b"a,b\n" * 200_000 + b"y" * 1_200_000 + b"\n", "1 MiB"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("what", BAD)
def test_what_is_no_table_is_refused_and_nothing_of_it_remains(what, manager):
    content, said = BAD[what]
    with pytest.raises(Unreadable, match=said):
        sent(content, by=manager, name="leads.csv")
    assert not FileImport.objects.exists()
    assert not FilePart.objects.exists()


@pytest.mark.django_db
def test_a_file_that_is_too_large_is_refused_before_it_is_sent(manager, settings):
    settings.IMPORT_MEGABYTES = 1
    with pytest.raises(Unreadable, match="1 MiB"):
        parts.begin("leads.csv", 1024 * 1024 + 1, by=manager)
    assert parts.begin("leads.csv", 1024 * 1024, by=manager)


def test_the_columns_that_a_file_may_have():
    heads = [f"c{n}" for n in range(MOST_COLUMNS)]
    content = written([heads, heads], ",", "\n", "utf-8")
    assert read(content, "utf-8", ",") == (heads, [heads])
    with pytest.raises(Unreadable, match="501 columns"):
        Table(io.BytesIO(written([[*heads, "x"]], ",", "\n", "utf-8")), "utf-8", ",")


def test_a_quote_that_nobody_closes_does_not_swallow_the_file():
    content = b'a,b\n1,"2\n' + b"3,4\n" * 400_000
    table = Table(io.BytesIO(content), "utf-8", ",")
    with pytest.raises(Unreadable, match=r"Row 2 .* quote"):
        list(table)


def test_what_an_encoding_does_not_know_is_said_with_its_place():
    table = Table(io.BytesIO(b"a,b\n1,2\n" * 9_000 + b"\xff,x\n"), "utf-8", ",")
    with pytest.raises(Unreadable, match="encoding"):
        list(table)


def test_every_encoding_that_is_offered_is_known():
    for encoding in ENCODINGS:
        assert "a".encode(encoding)


@given(st.sampled_from(["first_name", "email", "phone", "company", "website", "message"]),
       st.one_of(WIDE, st.emails(), st.text("ab.-+@_01 ", max_size=70)))  # fmt: skip
def test_what_is_told_right_without_validators_is_right(name, text):
    text = " ".join(text.split())
    if text and plainly_right(name)(text):
        assert Lead._meta.get_field(name).clean(text, None) == text


def test_common_cells_are_told_right_without_validators():
    for name, text in (("email", "ada.k-1@mail.example.org"), ("phone", "+44 20 1"), ("city", "Ö")):
        assert plainly_right(name)(text)
    assert not plainly_right("website")("https://example.org")


@given(st.binary(max_size=400))
def test_whatever_the_bytes_they_are_a_table_or_a_sentence(content):
    try:
        look = Look([content])
        table = Table(io.BytesIO(content), look.encoding, delimiter_of(content, look.encoding))
        assert all(isinstance(cells, list) for _number, cells in table)
    except Unreadable:
        return


@pytest.mark.django_db
@pytest.mark.parametrize("meanwhile", ["started", "discarded"])
def test_what_becomes_of_a_file_while_it_is_looked_at_once_more_stands(
    manager, monkeypatch, meanwhile
):
    content = b"Name,Email\nAda,ada@example.org\n"
    row = parts.begin("leads.csv", len(content), by=manager)
    parts.receive(row, 0, content)
    stored, look = FileImport.objects.filter(pk=row.pk), parts._take_heads

    def look_for_long(row):
        look(row)
        stored.update(state="running") if meanwhile == "started" else stored.delete()

    monkeypatch.setattr(parts, "_take_heads", look_for_long)
    parts.complete(row)
    assert list(stored.values_list("state", flat=True)) == ["running"] * (meanwhile == "started")


def test_a_part_arrives_in_whole_and_again(db, manager):
    row = parts.begin("leads.csv", 600_000, by=manager, version="1")
    first = b"a,b\n" * 131_072
    for _ in range(2):
        parts.receive(row, 0, first)
    assert parts.begin("leads.csv", 600_000, by=manager, version="1").received == [0]
    for number, content in ((1, b"short"), (0, b"short"), (2, b"")):
        with pytest.raises(ValueError, match="part"):
            parts.receive(row, number, content)
    with pytest.raises(ValueError, match="missing"):
        parts.complete(row)
    parts.receive(row, 1, b"a,b\n" * ((600_000 - 524_288) // 4))
    parts.complete(row)
    assert (row.state, row.lines) == ("ready", 150_000)
    assert parts.PartsFile(row).read() == b"a,b\n" * 150_000
    assert Upload(b"x").size == 1
