"""Runs the suite with what is to come: a newer Django, and what will leave it is an error.

`python3 -m tools.forward` (`make test-forward`); what stands in ARGS goes to every pytest.
"""

import os
import sys
from pathlib import Path

from tools import ROOT, programs
from tools.command import say, succeeds

NAME = "python3.13"
IS_IT = "import sys; sys.exit(sys.version_info[:2] != (3, 13))"
DJANGO = "Django>=6.1a1,<6.2"  # that there is an `a1` lets pip take what is not final yet
PHASES = ("postgres", "sqlite")

# For pytest and, as PYTHONWARNINGS, for the programs it starts. Django's own warnings of what will
# leave it are of these two. An exception names the module of a library, which we cannot mend.
STRICT = ("error::DeprecationWarning", "error::PendingDeprecationWarning")


def python():
    """A Python 3.13: this one, one on the PATH, or one of pyenv's, which its shims may hide."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    places = [Path(folder) / NAME for folder in os.get_exec_path()]
    places.append(programs.newest(pyenv.glob(f"versions/3.13*/bin/{NAME}")))
    for place in (sys.executable, *filter(None, places)):
        if succeeds([str(place), "-c", IS_IT]):
            return str(place)
    raise SystemExit(f"Please install Python 3.13: no {NAME} is on the PATH or among pyenv's.")


def main():
    found = python()
    say(f"{DJANGO} with {found}")
    os.chdir(ROOT)
    os.execve(found, [found, "-m", "tools.test", *PHASES], {**os.environ, "FORWARD": DJANGO})


if __name__ == "__main__":
    main()
