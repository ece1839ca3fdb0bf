"""The documents name every setting, command, frame and close code, and nothing that is gone."""

import re
from pathlib import Path

import pytest

from crm.consumers import Consumer

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [
    path
    for app in ("crm", "leads", "chat", "notifications")
    for path in sorted((ROOT / app).rglob("*.py"))
]


def text(*parts):
    return ROOT.joinpath(*parts).read_text()


def named(document):
    """What stands in backquotes."""
    return set(re.findall(r"`([^`]+)`", document))


def in_code(pattern):
    return {found for path in SOURCES for found in re.findall(pattern, path.read_text())}


def test_every_setting_of_the_environment_is_documented_and_only_those():
    read = in_code(r'(?:env\.|\b)(?:text|flag|number|names|origins)\(\s*"([A-Z_]+)"')
    table = text("docs", "operations.md").split("## Commands")[0]
    documented = set(re.findall(r"^\| `([A-Z_]+)`", table, re.MULTILINE))

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


@pytest.mark.parametrize(
    "document", ["README.md", *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md"))]
)
def test_links_and_paths_lead_somewhere(document):
    page = text(document)
    links = re.findall(r"\]\(([^)#:]+)\)", page)
    paths = [name for name in named(page) if re.fullmatch(r"[a-z_]+/[\w./-]+", name)]
    base = (ROOT / document).parent
    assert all((base / link).exists() for link in links), links
    missing = [name for name in paths if not (ROOT / name).exists()]
    assert missing == []


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
