"""What collectstatic makes of our style sheets and scripts, and what a page has fetched at once."""

import re
from pathlib import Path

import pytest
from django.conf import settings as ours
from django.contrib.staticfiles.finders import FileSystemFinder

from crm.static import IMPORT, HashedModules
from crm.templatetags import modules

CSS = ours.BASE_DIR / "static" / "css"
TAKEN = re.compile(r'(?:from |import\()"\./([^"]+\.js)"')


@pytest.fixture
def collected(settings, tmp_path):
    """The file that is served for one of the source."""
    settings.DEBUG = False
    storage = HashedModules(location=tmp_path, base_url="/static/")
    paths = {name: (source, name) for name, source in FileSystemFinder().list([])}
    for name, (source, path) in paths.items():
        with source.open(path) as file:
            storage.save(name, file)
    made = list(storage.post_process(paths))
    assert not [problem for *_, problem in made if isinstance(problem, Exception)]
    assert {name for name, *_ in made} >= paths.keys()
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


def test_every_import_stands_as_it_is_looked_for():
    for path in CSS.glob("*.css"):
        text = path.read_text()
        assert text.count("@import") == len(IMPORT.findall(text))


def test_scripts_take_each_other_by_the_names_that_are_served(collected):
    sources = sorted((CSS.parent / "js").glob("*.js"))
    assert len(sources) > 50
    for source in sources:
        served = collected(f"js/{source.name}")
        taken = TAKEN.findall(served.read_text())
        assert len(taken) == len(TAKEN.findall(source.read_text()))
        for name in taken:
            assert (served.parent / name).exists()
            assert re.fullmatch(r"[\w-]+\.[0-9a-f]{12}\.js", name)


def test_what_every_page_starts_is_fetched_with_the_page():
    parts = (CSS.parent / "js" / "parts.js").read_text()
    started = re.findall(r'\[EVERYWHERE, \(\) => import\("\./([\w-]+)\.js"\)', parts)
    assert len(started) > 5
    assert set(modules.AT_ONCE) == {*started, "early", "app", "toasts"}


def test_a_page_fetches_what_it_takes_beside_what_every_page_does():
    everywhere, board = str(modules.modules()), str(modules.modules("board"))
    assert 'href="/static/js/bell.js"' in everywhere
    assert 'href="/static/js/texts.js"' in everywhere  # which the bell takes
    assert 'href="/static/js/board-moves.js"' in board
    assert "board" not in everywhere
    assert "bell" not in board
