"""How the log looks, and what it leaves out."""

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


class Stamped(logging.Formatter):
    """A record with ``each_line`` tells of a batch: each line of it is one of the log."""

    def formatMessage(self, record):
        if not getattr(record, "each_line", False):
            return super().formatMessage(record)
        lines, record.message = record.message.split("\n"), ""
        stamp = super().formatMessage(record)
        return "\n".join([stamp + line for line in lines])
