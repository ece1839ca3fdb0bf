"""Work that may hang: done elsewhere, and waited for only so long."""

import contextlib
import copy
import queue
import threading
from collections.abc import Callable

from django.db import connections
from django.db.utils import load_backend

DATABASE_SECONDS = 3  # for a connection, and for SQLite's write lock


def bounded(work: Callable, seconds: float):
    """What ``work`` returns or raises, in a thread of its own with a connection of its own.
    Raises TimeoutError, and leaves the thread behind, when it takes longer."""
    outcome = queue.SimpleQueue()

    def run():
        try:
            connections["default"] = _own_connection()
            with contextlib.closing(connections["default"]):
                outcome.put((work(), None))
        except Exception as problem:
            outcome.put((None, problem))

    threading.Thread(target=run, name="doctor", daemon=True).start()
    try:
        value, problem = outcome.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"No answer within {seconds} s.") from None
    if problem is not None:
        raise problem
    return value


def _own_connection():
    """Like the server's, but without a pool, and quicker to give up."""
    config = copy.deepcopy(connections.settings["default"])
    options = config["OPTIONS"]
    options.pop("pool", None)
    sqlite = config["ENGINE"].endswith("sqlite3")
    options["timeout" if sqlite else "connect_timeout"] = DATABASE_SECONDS
    return load_backend(config["ENGINE"]).DatabaseWrapper(config, "default")
