"""The virtual environment: made once, brought up to date when the requirements change."""

import hashlib
import importlib
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec

from tools import ROOT, debian, programs
from tools.command import last_words, only_one, quietly, say, succeeds

FORWARD = os.environ.get("FORWARD", "")  # the Django that tools/forward.py tries, beside ours
FOLDER = ROOT / (".venv-forward" if FORWARD else ".venv")
BIN = FOLDER / "bin"
PYTHON = str(BIN / "python")
LISTS = ("requirements.txt", "requirements-dev.txt")  # each contains the ones before it
OLDEST = (3, 11)


def prepare(requirements):
    """Have everything on the list installed; answer the environment's Python."""
    if sys.version_info < OLDEST:
        raise SystemExit(
            "Leadbell needs Python 3.11 or newer and this one is {}.{}: name another, "
            "as in `make run PYTHON=python3.13`.".format(*sys.version_info)
        )
    with only_one("environment"):
        try:
            bring_up_to_date(requirements)
        except subprocess.CalledProcessError as error:
            raise SystemExit(
                "The virtual environment could not be set up; on Debian it takes the network, "
                f"python3-venv and ca-certificates.\n{last_words(error)}"
            ) from None
    return PYTHON


def bring_up_to_date(requirements):
    if not is_ours():
        create()
    if read(stamp(requirements)) != digest(requirements):
        install(requirements)


def is_ours():
    """Whether the folder was made by this Python, in this very place, and still runs."""
    return read(stamp("made")) == identity() and succeeds([PYTHON, "-c", ""])


def identity():
    return f"{sys.version}\n{sys.base_prefix}\n{FOLDER}\n"


def create():
    say(f"Making the virtual environment ({FOLDER.name})")
    shutil.rmtree(FOLDER, ignore_errors=True)
    bare = [] if brings_pip() else ["--without-pip"]
    quietly([interpreter(), "-m", "venv", *bare, str(FOLDER)])
    stamp("made").write_text(identity())


def interpreter():
    """This Python, or the one beneath it when this is a virtual environment's."""
    return getattr(sys, "_base_executable", None) or sys.executable


def brings_pip():
    """Whether `venv` can put pip in: on Debian that takes a package of its own."""
    if not find_spec("ensurepip"):
        debian.install(["python{}.{}-venv".format(*sys.version_info)])
        importlib.invalidate_caches()
    return bool(find_spec("ensurepip"))


def install(requirements):
    say(f"Installing {requirements} (about a minute the first time)")
    options = ["--disable-pip-version-check", "--no-input", "--quiet"]
    quietly([*pip(), "install", *options, "-r", requirements], tries=3)
    if FORWARD:
        quietly([*pip(), "install", *options, "--upgrade", FORWARD], tries=3)
    for name in LISTS[: LISTS.index(requirements) + 1]:
        stamp(name).write_text(digest(name))


def pip():
    """The environment's pip, else this Python's own, else the one in Debian's wheel of it."""
    own = [interpreter(), "-m", "pip", "--python", PYTHON]
    if (BIN / "pip").exists():
        return [PYTHON, "-m", "pip"]
    if succeeds([*own, "--version"]):
        return own
    (wheel,) = programs.obtain(programs.PIP_WHEEL)
    return [PYTHON, f"{wheel}/pip"]


def stamp(name):
    return FOLDER / f"{name}.stamp"


def read(path):
    return path.read_text() if path.exists() else None


def digest(requirements):
    """Changes whenever the list, or one it contains, does."""
    contained = LISTS[: LISTS.index(requirements) + 1]
    parts = [*((ROOT / name).read_bytes() for name in contained), FORWARD.encode()]
    return hashlib.sha256(b"".join(parts)).hexdigest()


if __name__ == "__main__":
    python = prepare("requirements-dev.txt")
    os.execv(python, [python, *sys.argv[1:]])
