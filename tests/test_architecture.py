"""The shape of the code that architecture.md promises."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPS = ("crm", "leads", "chat", "notifications")


def modules():
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_imports_go_one_way():
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run(
        [linter, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout
    assert "2 kept, 0 broken" in run.stdout


def test_only_realtime_knows_the_channel_layer():
    knowing = [name for name, tree in modules() if "channels.layers" in imports(tree)]
    assert knowing == ["notifications/layer.py", "notifications/realtime.py"]  # one is a layer


def test_no_signal_receivers_on_our_own_models():
    signals = {"post_save", "pre_save", "post_delete", "pre_delete", "m2m_changed"}
    used = {
        name
        for name, tree in modules()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id in signals)
        or (isinstance(node, ast.alias) and node.name in signals)
    }
    assert used == set()


def test_imports_stand_at_the_top():
    late = {
        name
        for name, tree in modules()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert late <= {"crm/apps.py"}  # where Django wants it
