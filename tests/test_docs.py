"""The documents name every setting, command, frame and close code, and nothing that is gone."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from crm.consumers import Consumer

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [
    path
    for app in ("crm", "leads", "chat", "notifications")
    for path in sorted((ROOT / app).rglob("*.py"))
]

DOCUMENTS = [
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"),
    *(f"docs/{path.relative_to(ROOT / 'docs')}" for path in sorted((ROOT / "docs").rglob("*.md"))),
]


def text(*parts):
    return ROOT.joinpath(*parts).read_text()


def named(document):
    """What stands in backquotes."""
    return set(re.findall(r"`([^`]+)`", document))


def in_code(pattern):
    return {found for path in SOURCES for found in re.findall(pattern, path.read_text())}


def test_every_setting_of_the_environment_is_documented_and_only_those():
    read = in_code(r'(?:env\.|\b)(?:text|flag|number|names|choice|token|origins)\(\s*"([A-Z_]+)"')
    table = text("docs", "operations.md").split("## Commands")[0]
    rows = re.findall(r"^\| (`[A-Z_]+`[^|]*)\|", table, re.MULTILINE)
    documented = {name for row in rows for name in named(row)}

    assert len(read) > 8
    assert documented == read


def test_every_command_is_documented():
    commands = {path.stem for path in (ROOT / "crm/management/commands").glob("[a-z]*.py")}
    assert {"serve", "seed_demo"} <= commands
    assert commands <= named(text("docs", "operations.md"))


def test_every_frame_is_documented():
    sent = in_code(r'\b_frame\(\s*"([a-z:-]+)"') | in_code(r'"((?:lead|chat):[a-z]+|new_message)"')
    sent -= {"chat:conversation"}  # the name of an address
    assert {
        "hello",
        "sync:reset",
        "lead:created",
        "lead:deleted",
        "new_message",
        "chat:read",
    } <= sent
    assert sent | set(Consumer.handlers) <= named(text("docs", "delivery.md"))


def test_every_close_code_is_documented():
    codes = in_code(r"= (10\d\d|4\d\d\d)\n")
    assert {"1009", "1012", "4401", "4403", "4429"} <= codes
    documented = set(re.findall(r"^\| (\d{4}) ", text("docs", "delivery.md"), re.MULTILINE))
    assert documented == codes


def headings(page):
    """The anchors of a page, as its readers make them of its headings."""
    titles = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_and_paths_lead_somewhere(document):
    page, place = text(document), (ROOT / document).parent
    for link in re.findall(r"\]\(([^):]+)\)", page):
        path, _, anchor = link.partition("#")
        target = place / path if path else ROOT / document
        assert target.exists(), link
        assert not anchor or anchor in headings(target.read_text()), link
    paths = [name for name in named(page) if re.fullmatch(r"[a-z_]+/[\w./-]+", name)]
    missing = [name for name in paths if not (ROOT / name).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_that_a_document_names_exists(document):
    page = text(document)
    code = "\n".join(re.findall(r"^```sh\n(.*?)^```", page, re.DOTALL | re.MULTILINE))
    code += "\n".join(re.findall(r"`([^`\n]+)`", page))
    tasks = set(re.findall(r"(?:^|\W)make ([a-z][a-z-]*)", code, re.MULTILINE))
    assert tasks <= set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))
    ours = r"(?:manage\.py|^leadbell|&& leadbell) (\w+)"
    assert set(re.findall(ours, code, re.MULTILINE)) <= set(get_commands())


def test_every_document_is_found_from_the_readme():
    linked = set(re.findall(r"\]\(([^):#]+)\)", text("README.md")))
    pages = {name for name in DOCUMENTS if name.count("/") < 2} - {"README.md"}
    assert pages - linked == set()
    assert "docs/decisions/" in linked


def test_the_figures_of_scaling_follow_from_those_that_were_measured():
    """Memory of an idle socket, and what storing a notification takes, quiet and busy."""
    measured = text("docs", "performance.md")
    for figure in (
        "23 KiB",
        "| 810 |",
        "| 265 [",
        "| 25.7 [",
        "| 76.4 [",
        "| 75.5 [",
        "42 µs a row",
    ):
        assert figure in measured, figure
    row = r"^\| ([\d,]+) \| ([\d.]+) ([MG])iB \|.*\| ([\d,]+) to ([\d,]+) \|$"
    rows = re.findall(row, text("docs", "scaling.md"), re.MULTILINE)
    assert [people for people, *_ in rows] == ["100", "1,000", "10,000", "100,000"]
    for people, memory, unit, slow, quick in rows:
        people, slow, quick = (int(number.replace(",", "")) for number in (people, slow, quick))
        assert float(memory) * {"M": 1, "G": 1024}[unit] == pytest.approx(
            people * 23 / 1024, rel=0.12
        )
        for leads, seconds in ((slow, 75.5e-6), (quick, 42e-6)):
            assert leads == pytest.approx(3600 / people / seconds, rel=0.05)


def test_the_tests_that_prove_an_invariant_exist():
    proofs = set(re.findall(r"`(test_\w+\.py)`", text("docs", "architecture.md")))
    assert len(proofs) > 3
    assert all((ROOT / "tests" / name).exists() for name in proofs)


def test_every_threat_names_tests_and_they_exist():
    table = text("docs", "security.md").split("## Threats")[1].split("## ")[0]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")][2:]
    assert len(rows) > 20
    for threat, _counter, tests in rows:
        found = re.findall(r"`(test_\w+\.py)::(test_\w+)`", tests)
        assert found, threat
        for file, name in found:
            code = text("tests", file)
            assert re.search(rf"^(async )?def {name}\(", code, re.MULTILINE), name
