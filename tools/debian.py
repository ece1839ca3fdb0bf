"""Debian packages: installed when we may, else unpacked into a private folder."""

import os
import shutil
import subprocess

from tools import CACHE
from tools.command import last_words, only_one, quietly, say, succeeds

PRIVATE = CACHE / "debian"
UNPACKED = PRIVATE / "root"

# Installing a server must not start it: ours are private, on ports of their own.
INSTALL = r"""
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap 'rm -f $policy' EXIT
    trap 'exit 130' INT
    trap 'exit 143' HUP TERM
    printf '#!/bin/sh\nexit 101\n' > $policy && chmod 755 $policy
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 update
apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -y install \
    --no-install-recommends "$@"
"""

# apt with its state in our folder, so that it needs no privilege; what is installed still counts.
PRIVATE_APT = (
    "apt-get",
    "-qq",
    *("-o", "Debug::NoLocking=1"),
    *("-o", "Acquire::Retries=3"),
    *("-o", f"Dir::State::lists={PRIVATE}/lists"),
    *("-o", f"Dir::Cache={PRIVATE}"),
    *("-o", "APT::Sandbox::User="),
)


def obtain(packages):
    """Have the packages' files on this machine one way or the other, or end with a sentence."""
    if not shutil.which("apt-get"):
        raise SystemExit(f"Please install {' and '.join(packages)}: there is no apt-get here.")
    if install(packages):
        return
    try:
        unpack(packages)
    except subprocess.CalledProcessError as error:
        raise SystemExit(
            f"Please install {' and '.join(packages)}: apt-get could neither install nor "
            f"download what is missing.\n{last_words(error)}"
        ) from None


def install(packages):
    """Install them for the whole machine; False when we may not, or it fails."""
    prefix = privilege()
    if prefix is None or not shutil.which("apt-get"):
        return False
    say(f"Installing {' '.join(packages)} (apt-get)")
    try:
        quietly([*prefix, "sh", "-c", INSTALL, "install", *packages], tries=2)
    except subprocess.CalledProcessError as error:
        say(last_words(error))
        return False
    return True


def privilege():
    """What to put before a command that needs root, or None when we cannot become root."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and succeeds(["sudo", "-n", "true"]):
        return ["sudo", "-n"]
    return None


def unpack(packages):
    """Download the packages and whatever they need beyond what is installed, and unpack it."""
    say(f"Downloading {' '.join(packages)} into .cache (not allowed to install)")
    with only_one("debian"):
        for folder in ("lists/partial", "archives/partial", "root"):
            (PRIVATE / folder).mkdir(parents=True, exist_ok=True)
        quietly([*PRIVATE_APT, "update"], tries=2)
        download = ["-y", "--download-only", "--no-install-recommends", "install", *packages]
        quietly([*PRIVATE_APT, *download], tries=2)
        for archive in (PRIVATE / "archives").glob("*.deb"):
            quietly(["dpkg-deb", "-x", str(archive), str(UNPACKED)])
            archive.unlink()


def libraries():
    """The environment variable that lets programs find the unpacked libraries, if there are any."""
    return {"LD_LIBRARY_PATH": library_path()} if UNPACKED.exists() else {}


def library_path():
    patterns = ("usr/lib/*-linux-gnu", "lib/*-linux-gnu", "usr/lib/*-linux-gnu/pulseaudio")
    folders = [str(folder) for pattern in patterns for folder in UNPACKED.glob(pattern)]
    return ":".join([*folders, *filter(None, [os.environ.get("LD_LIBRARY_PATH")])])
