"""How the log looks, and what it leaves out."""

import logging
import re
import time

# What opens a calendar for whoever has it: of requests that fail, Django logs the path.
SECRET_PATHS = re.compile(r"(/calendar/feed/)(?!renew/|remove/)[^\s/?\"']+")


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

    def format(self, record):
        return SECRET_PATHS.sub(r"\1…", super().format(record))

    def formatMessage(self, record):
        if not getattr(record, "each_line", False):
            return super().formatMessage(record)
        lines, record.message = record.message.split("\n"), ""
        stamp = super().formatMessage(record)
        return "\n".join([stamp + line for line in lines])
