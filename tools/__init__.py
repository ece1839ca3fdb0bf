"""The repository's own commands: the standard library only, run by any Python 3 at hand."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
