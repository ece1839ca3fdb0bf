"""The peer's Node modules, installed once into the cache, by its lock file."""

import shutil
import subprocess

from tools import CACHE, ROOT
from tools.command import last_words, only_one, quietly, say

SOURCE = ROOT / "bench" / "peer"
FOLDER = CACHE / "bench-peer"
FILES = ("package.json", "package-lock.json", "server.js")


def obtain():
    """The peer's program, ready to run. Raises SystemExit without Node."""
    for program in ("node", "npm"):
        if not shutil.which(program):
            raise SystemExit(f"The peer takes Node 20 or newer, and there is no `{program}`.")
    with only_one("bench-peer"):
        FOLDER.mkdir(exist_ok=True)
        installed = FOLDER / "installed.json"
        lock = (SOURCE / "package-lock.json").read_text()
        for name in FILES:
            shutil.copy(SOURCE / name, FOLDER)
        if not installed.exists() or installed.read_text() != lock:
            install()
            installed.write_text(lock)
    return FOLDER / "server.js"


def install():
    say("Installing the peer's Node modules")
    try:
        quietly(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], tries=3, cwd=FOLDER)
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"npm failed.\n{last_words(error)}") from None
