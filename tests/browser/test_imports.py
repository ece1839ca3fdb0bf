"""A file of leads from the moment it is chosen to when its import is undone, in a browser."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from leads.importing import running
from leads.importing.running import Importer
from leads.models import FileImport, FilePart, Lead
from tests.browser.people import has_unread, items, opened_panel
from tests.factories import LeadFactory
from tests.importing import FILES, work_off

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROWS = 2_000
PICTURES = os.environ.get("PICTURES")


def sheet(folder) -> Path:
    """Of more than a megabyte, so of three parts; one row fails, one is there already."""
    lines = [f"Person {n},p{n}@example.org,{'They want an offer. ' * 30}" for n in range(ROWS)]
    lines[3] = "Nobody,no address,x"
    path = folder / "contacts.csv"
    path.write_text("Name,E-mail,Remarks of ours\n" + "\n".join(lines) + "\n")
    assert path.stat().st_size > 1024 * 1024
    return path


def picture(page, name):
    """Wide and narrow, where nothing is wider than the screen; light and dark for who wants to
    look."""
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
        for scheme in ("light", "dark") if PICTURES else ():
            page.emulate_media(color_scheme=scheme)
            path = f"{PICTURES}/{name}-{width}-{scheme}.png"
            page.screenshot(path=path, full_page=True)
    page.emulate_media(color_scheme="light")


def test_from_upload_to_undo(browser_of, manager, owner, elsewhere, tmp_path, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 500)
    elsewhere(lambda: LeadFactory(email="P7@example.org", first_name="Seven"))
    reader = browser_of(owner, "/leads/").page
    page = browser_of(manager, "/leads/").page
    page.get_by_role("link", name="Import", exact=True).click()
    page.get_by_role("link", name="Import a file").click()
    picture(page, "new")
    page.get_by_label("File", exact=True).set_input_files(sheet(tmp_path))
    send = page.get_by_role("button", name="Send the file")
    expect(send).to_be_enabled()
    send.press("Enter")

    expect(page.get_by_role("heading", name="Import contacts.csv")).to_be_visible()
    assert FilePart.objects.count() == 3
    expect(page.get_by_label("Encoding")).to_have_value("utf-8")
    expect(page.get_by_label("Remarks of ours")).to_have_value("")
    page.get_by_label("Remarks of ours").select_option("Message")
    page.get_by_role("button", name="Preview again").click()
    expect(page.get_by_label("Remarks of ours")).to_have_value("message")
    preview = page.get_by_role("region", name="What the first 20 rows become")
    expect(preview).to_contain_text("Enter a valid email address.")
    expect(preview).to_contain_text("Is skipped: there is such a lead")
    picture(page, "mapping")
    page.get_by_role("button", name="Start the import").press("Enter")

    bar = page.get_by_role("progressbar", name="Importing")
    expect(bar).to_have_attribute("value", "0")
    importer = Importer()
    for _ in range(2):
        elsewhere(importer.turn)
    expect(bar).to_have_attribute("value", re.compile("^[45]"))
    expect(page.locator(".import-pace")).to_contain_text("1,000 of about 1,999 rows")
    page.reload()
    expect(bar).to_have_attribute("value", re.compile("^[45]"))
    picture(page, "running")
    row = FileImport.objects.get()
    elsewhere(lambda: work_off(row, importer))

    expect(page.get_by_text("1,998 created")).to_be_visible()
    expect(page.get_by_role("region", name="Rows that failed")).to_contain_text("no address")
    picture(page, "report")
    expect(reader.locator("[data-lead]")).to_have_count(50)
    has_unread(reader, 2)  # of Seven, and of all these together
    items(opened_panel(reader)).get_by_role("link", name="Leads Imported").click()
    expect(reader).to_have_url(re.compile(rf"/leads/\?import={row.pk}$"))
    expect(reader.locator("[data-lead]")).to_have_count(50)
    expect(reader.get_by_text("Import: contacts.csv")).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("^Download as CSV ?: failed$")).click()
    assert "Nobody,no address,x,5,failed,E-mail" in Path(download.value.path()).read_text()

    page.get_by_role("link", name="Undo the import").click()
    expect(page.get_by_text("1998 leads that it made go").or_(
        page.get_by_text("1,998 leads that it made go"))).to_be_visible()  # fmt: skip
    picture(page, "undo")
    page.get_by_role("button", name="Undo the import").press("Enter")
    expect(page.get_by_role("progressbar", name="Undoing the import")).to_be_visible()
    elsewhere(lambda: work_off(row))
    expect(page.get_by_text("undone", exact=True)).to_be_visible()
    expect(reader.locator("[data-lead]")).to_have_count(0)
    page.get_by_role("link", name="All imports").click()
    picture(page, "list")
    assert [lead.first_name for lead in Lead.objects.all()] == ["Seven"]
    assert not FilePart.objects.exists()


def test_a_file_that_is_none_is_refused_beside_the_field(browser_of, manager, tmp_path):
    one = browser_of(manager, "/imports/new/", tolerate="status of 400")
    page = one.page
    page.get_by_role("button", name="Send the file").click()
    expect(page.get_by_role("alert")).to_have_text("Choose a file.")
    (tmp_path / "photo.csv").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    page.get_by_label("File", exact=True).set_input_files(tmp_path / "photo.csv")
    page.get_by_role("button", name="Send the file").click()
    expect(page.get_by_role("alert")).to_have_text("This is an image, and no table.")
    expect(page.get_by_label("File", exact=True)).to_be_focused()
    picture(page, "refused")
    assert not FileImport.objects.exists()


def test_who_was_cut_off_sends_only_what_is_missing(browser_of, manager, tmp_path):
    one = browser_of(manager, "/imports/new/", tolerate="parts/1/|ERR_|status of 5")
    page, sent = one.page, []
    page.on("request", lambda request: sent.append(request.url) if "/parts/" in request.url else 0)
    page.route("**/parts/1/", lambda route: route.abort())
    page.clock.install()
    page.get_by_label("File", exact=True).set_input_files(sheet(tmp_path))
    page.get_by_role("button", name="Send the file").click()
    for _ in range(4):
        page.clock.run_for(9_000)
        page.wait_for_timeout(100)
    expect(page.get_by_role("alert")).to_contain_text("The connection broke off.")
    page.unroute("**/parts/1/")
    sent.clear()
    page.get_by_role("button", name="Send the file").click()
    expect(page.get_by_role("heading", name="Import contacts.csv")).to_be_visible()
    assert [url.rpartition("parts/")[2] for url in sent] == ["1/", "2/"]


def test_without_scripts_a_small_file_is_imported(browser_of, manager, elsewhere):
    page = browser_of(manager, "/imports/new/", java_script_enabled=False).page
    page.get_by_label("File", exact=True).set_input_files(FILES / "meta-leads.csv")
    page.get_by_role("button", name="Send the file").click()
    expect(page.get_by_label("Encoding")).to_have_value("utf-16-le")
    page.get_by_role("button", name="Start the import").click()
    row = FileImport.objects.get()
    elsewhere(lambda: work_off(row))
    page.reload()
    expect(page.get_by_text("2 created")).to_be_visible()
