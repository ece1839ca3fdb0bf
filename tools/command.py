"""Runs programs: quietly unless they fail, or in full view, and leaves none behind."""

import ctypes
import fcntl
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

from tools import CACHE, ROOT

GRACE = 15  # seconds a program gets to tidy up after it was asked to end
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def say(text):
    print(text, flush=True)


def quietly(command, tries=1, **options):
    """Run the command without showing its output; raise CalledProcessError when it fails."""
    for left in reversed(range(tries)):
        try:
            return run_unseen(command, **options)
        except subprocess.CalledProcessError:
            if not left:
                raise
            time.sleep(3)


def run_unseen(command, **options):
    streams = {"input": "", "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    subprocess.run(command, check=True, **{"cwd": ROOT, **streams, **options})


def succeeds(command, **options):
    try:
        quietly(command, **options)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def last_words(error):
    """The end of what a failed command said."""
    return "\n".join((error.stdout or "").strip().splitlines()[-8:])


def visibly(command, env=None):
    """Run the command in full view and answer its exit status; an interrupt ends it too."""
    with subprocess.Popen(command, cwd=ROOT, env=env, preexec_fn=end_with_parent) as child:
        try:
            return child.wait()
        except BaseException as interrupt:
            end(child, told=isinstance(interrupt, KeyboardInterrupt))
            raise


def end_with_parent():
    """In the child: have the system end it when we die, even of SIGKILL (Linux only).

    The system counts the thread that started the server as the parent, not the process.
    """
    if hasattr(LIBC, "prctl"):
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def end(child, number=signal.SIGINT, told=False):
    """End the child. Ctrl-C at a terminal has already `told` it; a signal to us alone has not."""
    if told and ends_within(GRACE / 3, child):
        return
    child.send_signal(number)
    if not ends_within(GRACE, child):
        child.kill()
        child.wait()


def ends_within(seconds, child):
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def unwind_when_terminated():
    """Let SIGTERM and SIGHUP end us the way Ctrl-C does, through every `finally`."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))


@contextmanager
def only_one(name):
    """Hold the named lock, so that two commands started at once do not set up the same thing."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
