"""A process that is told to end does, whatever it waits for."""

import logging
import os
import threading

logger = logging.getLogger(__name__)


def at_the_latest(seconds: float) -> None:
    """Ends the process after so many ``seconds`` if it still runs then: a database that hangs holds
    its threads for good. What was begun is undone and done again, as where a process is killed."""
    timer = threading.Timer(seconds, _end, [seconds])
    timer.daemon = True
    timer.start()


def _end(seconds):
    logger.error("Ended in the middle: something still waits after %s s", seconds)
    logging.shutdown()
    os._exit(1)
