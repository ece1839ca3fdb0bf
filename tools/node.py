"""Packages of npm, installed into the cache once by the lock file that stands beside their list.

npm itself comes with the development requirements, so that a machine needs no Node of its own.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from tools import CACHE
from tools.command import last_words, only_one, quietly, say

HERE = Path(sys.executable).parent  # npm is beside the Python of the virtual environment
INSTALL = ("ci", "--no-audit", "--no-fund", "--ignore-scripts")


def obtain(source, programs=HERE):
    """A folder with the files of ``source`` and the packages they name."""
    folder = CACHE / f"npm-{source.name}"
    with only_one(folder.name):
        folder.mkdir(exist_ok=True)
        for path in source.iterdir():
            shutil.copy(path, folder)
        lock, installed = source / "package-lock.json", folder / "installed.json"
        if not installed.exists() or installed.read_bytes() != lock.read_bytes():
            install(folder, programs)
            shutil.copy(lock, installed)
    return folder


def install(folder, programs):
    say(f"Installing the packages of {folder.name} (npm)")
    command = [str(programs / "npm"), *INSTALL, "--cache", str(CACHE / "npm")]
    try:
        quietly(command, tries=3, cwd=folder)
    except (OSError, subprocess.CalledProcessError) as error:
        said = last_words(error) if isinstance(error, subprocess.CalledProcessError) else error
        raise SystemExit(f"npm could not install what {folder.name} takes.\n{said}") from None
