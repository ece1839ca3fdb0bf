"""A row of what Lighthouse says of each page on a phone: its scores, of 100."""

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from bench.figures import Figure
from bench.pages import PAGES, chosen, placed
from tools import ROOT, node, programs, services
from tools.command import say

SOURCE = ROOT / "bench" / "lighthouse"
LEAST = {"performance": 95, "accessibility": 100, "best-practices": 100}
TURNS = 3
SIGN_IN = "sign in"


def measure(stage, options):
    _, many = stage.houses
    base, found = many.serve(), []
    with signed_in(stage.folder, base, many.session) as (port, context):
        for name, path in chosen({**PAGES, SIGN_IN: "/login/"}, options).items():
            if name == SIGN_IN:
                context.clear_cookies()
            url = base + placed(path, many)
            runs = [judged(url, port, stage.folder) for _ in range(min(options.runs, TURNS))]
            found += scores(name, runs)
    many.server.stop()
    return found


@contextmanager
def signed_in(folder, base, session):
    """A browser that has the session, and the port by which it is driven."""
    port = services.free_port()
    arguments = ["--no-sandbox", "--disable-gpu", f"--remote-debugging-port={port}"]
    with sync_playwright() as playwright, TemporaryDirectory(dir=folder) as profile:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=programs.chromium(), args=arguments
        )
        context.add_cookies([{"name": "sessionid", "value": session, "url": base}])
        yield port, context
        context.close()


def judged(url, port, folder):
    """Lighthouse's report, by its own command; mobile is what it takes a page for."""
    report = folder / "lighthouse.json"
    command = [
        str(Path(sys.executable).with_name("node")),
        str(node.obtain(SOURCE) / "node_modules" / "lighthouse" / "cli" / "index.js"),
        *(url, "--quiet", f"--port={port}", "--output=json", f"--output-path={report}"),
        f"--only-categories={','.join(LEAST)}",
    ]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 (ours)
    return json.loads(report.read_text())


def scores(name, runs):
    for category, least in LEAST.items():
        given = [run["categories"][category]["score"] * 100 for run in runs]
        figure = Figure(f"{name}: {category}", "of 100", given, at_least=least)
        say(f"  {' | '.join(figure.cells())}")
        yield figure
    for fault in faults(runs[-1]):
        say(f"    {fault}")


def faults(report):
    """What cost points."""
    for category in LEAST:
        for reference in report["categories"][category]["auditRefs"]:
            audit = report["audits"][reference["id"]]
            if reference["weight"] and audit["score"] is not None and audit["score"] < 0.9:
                yield f"{audit['id']}: {audit['score']} {audit.get('displayValue', '')}"
