"""The programs the tests need: found where they are installed, obtained when they are not."""

import re
import shutil
from pathlib import Path
from typing import NamedTuple

from tools import debian


class Program(NamedTuple):
    package: str
    place: str  # a pattern below / or below the folder of unpacked packages
    names: tuple = ()  # what else to look for on the PATH


POSTGRES = Program("postgresql", "usr/lib/postgresql/*/bin/postgres", ("postgres",))
REDIS = Program("redis-server", "usr/bin/redis-server", ("redis-server",))
NGINX = Program("nginx-light", "usr/sbin/nginx", ("nginx",))
CHROMIUM = Program(
    "chromium",
    "usr/bin/chromium",
    ("chromium", "google-chrome-stable", "google-chrome", "chromium-browser"),
)
PIP_WHEEL = Program("python3-pip-whl", "usr/share/python-wheels/pip-*.whl")


def obtain(*programs):
    """Answer the programs' paths, having got those that were missing."""
    missing = [program.package for program in programs if not find(program)]
    if missing:
        debian.obtain(missing)
    for program in programs:
        if not find(program):
            raise SystemExit(f"Please install {program.package}: it is nowhere to be found.")
    return [find(program) for program in programs]


def find(program):
    on_path = filter(None, map(shutil.which, program.names))
    return (
        newest(Path("/").glob(program.place))
        or next(map(resolved, on_path), None)
        or newest(debian.UNPACKED.glob(program.place))
    )


def resolved(path):
    return Path(path).resolve()


def newest(paths):
    """The path with the highest version number in it, if any."""
    return max(
        paths, key=lambda path: [int(n) for n in re.findall(r"\d+", str(path))], default=None
    )


def chromium():
    """A command that starts the browser, wherever it came from."""
    (found,) = obtain(CHROMIUM)
    return str(found if debian.UNPACKED not in found.parents else unpacked_chromium())


def unpacked_chromium():
    """Debian's own start script knows only /usr; this one knows where the package lies."""
    root = debian.UNPACKED
    fonts = debian.PRIVATE / "fonts.conf"
    fonts.write_text(FONTS.format(root=root, cache=debian.PRIVATE / "fontconfig"))
    script = debian.PRIVATE / "chromium"
    script.write_text(START.format(root=root, libraries=debian.library_path(), fonts=fonts))
    script.chmod(0o755)
    return script


START = """#!/bin/sh
export LD_LIBRARY_PATH='{libraries}' FONTCONFIG_FILE='{fonts}'
exec '{root}/usr/lib/chromium/chromium' "$@"
"""
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{root}/usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""
