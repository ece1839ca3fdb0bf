"""What collectstatic makes of our style sheets: one file served for those that stand apart."""

from pathlib import Path

import pytest
from django.conf import settings as ours
from django.contrib.staticfiles.finders import FileSystemFinder

from crm.static import IMPORT, HashedModules

CSS = ours.BASE_DIR / "static" / "css"


@pytest.fixture
def collected(settings, tmp_path):
    """The file that is served for one of the source."""
    settings.DEBUG = False
    storage = HashedModules(location=tmp_path, base_url="/static/")
    paths = {name: (source, name) for name, source in FileSystemFinder().list([])}
    for name, (source, path) in paths.items():
        with source.open(path) as file:
            storage.save(name, file)
    names = {name: hashed for name, hashed, _ in storage.post_process(paths)}
    assert names.keys() >= paths.keys()
    return lambda name: tmp_path / storage.stored_name(name)


def test_a_style_sheet_is_served_with_what_it_imports_under_a_name_of_its_own(collected):
    for name in ("app", "lead-page"):
        source = (CSS / f"{name}.css").read_text()
        parts = IMPORT.findall(source)
        assert len(parts) > 2
        expected = IMPORT.sub(lambda found: (CSS / found[1]).read_text(), source)
        served = collected(f"css/{name}.css")
        assert served.read_text() == expected
        assert served.name != f"{name}.css"
        assert Path(f"{served}.br").stat().st_size < Path(f"{served}.gz").stat().st_size
    assert 'from "./ages.js"' not in collected("js/app.js").read_text()


def test_every_import_stands_as_it_is_looked_for():
    for path in CSS.glob("*.css"):
        text = path.read_text()
        assert text.count("@import") == len(IMPORT.findall(text))
