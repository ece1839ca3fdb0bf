"""Files as others export them: what each says of its leads, quirk by quirk."""

import pytest

from leads.importing import parts
from leads.models import Lead
from tests.importing import FILES, counts, imported, sent

pytestmark = pytest.mark.django_db


def lead(email):
    return Lead.objects.get(email=email)


def kept(lead):
    return dict(lead.origins.get().fields)


def values(lead, *names):
    return tuple(getattr(lead, name) for name in names)


def test_contacts_of_hubspot(manager):
    row = imported(FILES / "hubspot-contacts.csv", by=manager)
    assert (row.encoding, row.delimiter, counts(row)) == ("utf-8", ",", (2, 0, 0, 0))
    maria = lead("emailmaria@example.com")
    assert values(maria, "first_name", "company", "job_title", "website") == (
        "Maria", "HubSpring", "Salesperson", "https://hubspring.example",
    )  # fmt: skip
    assert values(maria, "region", "postal_code", "country", "stage", "owner") == (
        "MA", "02139", "United States", "new", manager,
    )  # fmt: skip
    assert kept(maria)["Record ID"] == "51"
    brian = lead("bh@example.com")
    assert values(brian, "last_name", "company", "stage", "owner") == (
        'Halligan "BH"', "Halligan, Inc.", "contacted", None,
    )  # fmt: skip
    assert kept(brian)["Contact owner"] == "nobody@example.com"


def test_a_report_of_salesforce_in_latin_1_with_new_lines_in_cells(manager):
    row = imported(FILES / "salesforce-leads.csv", by=manager)
    assert (row.encoding, counts(row)) == ("cp1252", (2, 0, 0, 0))
    joerg = lead("joerg@example.de")
    assert values(joerg, "first_name", "last_name", "job_title", "company", "source") == (
        "Jörg", "Müller", "Geschäftsführer", "Müller & Söhne", "Web",
    )  # fmt: skip
    assert joerg.message == "Wants an offer.\n\nCall before noon."
    assert values(joerg, "stage", "owner", "postal_code") == ("new", manager, "10115")
    assert kept(joerg) == {"Street": "Hauptstraße 1", "Rating": "Hot"}
    assert values(lead("ana@example.com.br"), "stage", "country") == ("won", "Brazil")


def test_leads_of_pipedrive_with_two_phones(manager):
    row = imported(FILES / "pipedrive-leads.csv", by=manager)
    assert counts(row) == (2, 0, 0, 0)
    olga = lead("olga@example.nl")
    assert values(olga, "first_name", "last_name", "company", "source", "phone") == (
        "Olga van den", "Berg", "Berg BV", "Web forms", "+31 20 555 0103",
    )  # fmt: skip
    assert sorted(olga.tags.values_list("name", flat=True)) == ["Hot", "North"]
    assert olga.owner == manager
    assert kept(olga)["Person - Phone - Mobile"] == "+31 6 5550 0104"
    assert kept(olga)["Person - Email - Home"] == "olga.home@example.nl"
    assert kept(olga)["Lead - Title"] == "Office move"


def test_leads_of_meta_in_utf_16_with_marks(manager):
    row = imported(FILES / "meta-leads.csv", by=manager)
    assert (row.encoding, row.delimiter, counts(row)) == ("utf-16-le", "\t", (2, 0, 0, 0))
    zoe = lead("zoe@example.com")
    assert values(zoe, "first_name", "last_name", "phone", "postal_code", "company") == (
        "Zoë", "Öztürk", "+4930555010", "10115", "Öztürk GmbH",
    )  # fmt: skip
    assert kept(zoe)["id"] == "118000000000001"
    assert kept(zoe)["form_id"] == "104000000004"
    li = lead("li@example.com")
    assert values(li, "first_name", "last_name", "phone") == ("李", "小龙", "+861055501")
    assert kept(li)["what_do_you_need?"] == "A demo\non Friday"


def test_a_spreadsheet_with_semicolons_and_what_excel_adds(manager):
    row = imported(FILES / "excel-semicolons.csv", by=manager)
    assert (row.encoding, row.delimiter, counts(row)) == ("cp1252", ";", (2, 0, 0, 0))
    assert row.heads[-1] == "Umsatz"
    juergen = lead("juergen@example.de")
    assert values(juergen, "first_name", "last_name", "company", "city") == (
        "Jürgen", "Groß", "Groß; Partner", "Berlin",
    )  # fmt: skip
    assert kept(juergen) == {"Umsatz": "1.234,50 €"}
    renee = lead("renee@example.fr")
    assert (renee.origins.get().row, renee.city) == (5, "Lyon")


def test_tabs_after_a_byte_order_mark(manager):
    row = imported(FILES / "bom-utf8.tsv", by=manager)
    assert (row.delimiter, row.heads[0], counts(row)) == ("\t", "Name", (1, 0, 0, 0))
    ada = lead("ada@example.org")
    assert values(ada, "first_name", "last_name", "phone") == ("Ada", "King", "+44 20 555 0107")
    assert sorted(ada.tags.values_list("name", flat=True)) == ["north", "vip"]


def test_heads_without_a_name_or_there_twice_are_told_apart(manager):
    row = sent("Email,,Email,Email\na@example.org,x,b@example.org,c@example.org\n", by=manager)
    assert row.heads == ["Email", "Column 2", "Email (2)", "Email (3)"]
    assert row.targets == ["email", "", "email", "email"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark(manager, encoding):
    row = sent("Name,Email\nÄda,ada@example.org\n".encode(encoding), by=manager)
    assert row.encoding == encoding
    assert next(iter(parts.table_of(row))) == (2, ["Äda", "ada@example.org"])


def test_text_that_is_no_utf_8_only_at_the_end_of_the_file(manager):
    rows = "".join(f"Person {n},p{n}@example.org\n" for n in range(40_000))
    row = sent(f"Name,Email\n{rows}Zoë,zoe@example.org\n".encode("cp1252"), by=manager)
    assert row.encoding == "cp1252"
    assert row.lines == 40_002
