"""What the log leaves out."""

import logging
import time


class OncePerMinute(logging.Filter):
    """Lets a message through that was not let through within the last minute."""

    def __init__(self):
        super().__init__()
        self.seen = {}

    def filter(self, record):
        now = time.monotonic()
        if now - self.seen.get(record.msg, float("-inf")) < 60:
            return False
        self.seen[record.msg] = now
        return True
