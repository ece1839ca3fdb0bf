"""Serves Leadbell from a fresh clone: SQLite, in memory, with demo data. Or opens its shell."""

import os
import sys

from tools import ROOT, environment
from tools.command import say, visibly

EXTERNAL = ("DATABASE_URL", "REDIS_URL")  # of some other project, perhaps: never used here


def main(task="serve"):
    python = environment.prepare("requirements.txt")
    env = embedded()
    if task == "serve":
        set_up(python, env)
        invite(env)
    os.chdir(ROOT)
    os.execve(python, [python, "manage.py", task], env)


def embedded():
    """Our environment, with the servers left out and debugging on unless it says otherwise."""
    return {"DEBUG": "true", **{k: v for k, v in os.environ.items() if k not in EXTERNAL}}


def set_up(python, env):
    for step in (["migrate", "--verbosity", "0"], ["seed_demo", "--if-empty"]):
        if status := visibly([python, "manage.py", *step], env):
            raise SystemExit(status)


def invite(env):
    say(f"Leadbell: http://127.0.0.1:{env.get('PORT') or 8000}")
    say("Sign in:  admin@example.com / leadbell-demo")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
