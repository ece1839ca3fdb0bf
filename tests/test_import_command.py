"""manage.py import_leads: the same as the page, in a terminal."""

import io
import signal

import pytest
from django.core.management import CommandError, call_command

from leads.importing import running
from leads.models import FileImport, FilePart, Lead
from tests.importing import FILES

pytestmark = pytest.mark.django_db

CSV = "Name,E-mail,Size\nAda King,ada@example.org,38\nAlan Turing,alan@example.org,44\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "leads.csv"
    path.write_text(CSV)
    return path


def said(*args, **options):
    out = io.StringIO()
    call_command("import_leads", *map(str, args), stdout=out, **options)
    return out.getvalue()


def test_it_imports_and_says_what_became_of_it(file, manager):
    words = said(file, "--as", manager.email, "--map", "Size=job_title", "--source", "Fair")
    assert "Done: 2 created, 0 updated, 0 skipped, 0 failed." in words
    assert "Size: job_title" in words
    assert "\r" not in words
    ada = Lead.objects.get(email="ada@example.org")
    assert (ada.job_title, ada.created_by, ada.source) == ("38", manager, "Fair")
    assert FileImport.objects.get().by == manager


def test_a_file_of_meta(manager):
    assert "Done: 2 created" in said(FILES / "meta-leads.csv")


def test_it_tries_without_storing_anything(file):
    file.write_text(CSV + "Nobody,x@,1\n")
    words = said(file, "--dry-run")
    assert "3 rows, of which 1 would fail." in words
    assert "row 4, E-mail: Enter a valid email address." in words
    assert not Lead.objects.exists()
    assert not FileImport.objects.exists()


def test_rows_that_fail_end_it_with_a_status(file):
    file.write_text(CSV + "Nobody,x@,1\n")
    with pytest.raises(SystemExit) as status:
        said(file)
    assert status.value.code == 1
    assert Lead.objects.count() == 2


def test_ctrl_c_cancels_between_two_batches(file, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 1)
    store, before = running.bring_in, signal.getsignal(signal.SIGINT)

    def interrupted(*args):
        store(*args)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(running, "bring_in", interrupted)
    with pytest.raises(SystemExit) as status:
        said(file)
    assert status.value.code == 130
    row = FileImport.objects.get()
    assert (row.state, row.created, Lead.objects.count()) == ("cancelled", 1, 1)
    assert not FilePart.objects.exists()
    assert signal.getsignal(signal.SIGINT) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--map", "Nothing=email"], "the columns are Name, E-mail, Size"),
        (["--map", "Size=shoe"], "no field of a lead"),
        (["--map", "Size"], "the columns are"),
        (["--delimiter", "x"], "one of"),
        (["--as", "nobody@example.com"], "no manager or administrator"),
    ],
)
def test_what_is_said_wrong_is_said_so_and_leaves_nothing(file, arguments, words):
    with pytest.raises(CommandError, match=words):
        said(file, *arguments)
    assert not FileImport.objects.exists()


def test_a_file_that_is_none_is_said_so(tmp_path, owner):
    with pytest.raises(CommandError, match="No such file"):
        said(tmp_path / "nothing.csv")
    (tmp_path / "x.png").write_bytes(b"\x89PNG\0\0")
    with pytest.raises(CommandError, match="image"):
        said(tmp_path / "x.png")
    (tmp_path / "y.csv").write_text(CSV)
    with pytest.raises(CommandError, match="no manager"):
        said(tmp_path / "y.csv", "--as", owner.email)
