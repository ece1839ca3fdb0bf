"""The peer's program and its Node modules."""

import shutil

from tools import ROOT, node

SOURCE = ROOT / "bench" / "peer"


def obtain():
    """The peer's program, ready to run. Raises SystemExit without Node."""
    if not shutil.which("node"):
        raise SystemExit("The peer takes Node 20 or newer, and there is no `node`.")
    return node.obtain(SOURCE) / "server.js"
