"""How the log looks, and what it leaves out."""

import json
import logging
import re
import sys
import time
from datetime import UTC, datetime

import psycopg

from notifications import trace

# What opens a calendar, or sets a password, for whoever has it: of requests that fail, Django logs
# the path.
SECRET_PATHS = re.compile(r"(/calendar/feed/(?!renew/|remove/)|/password/[^\s/?\"']+/)[^\s/?\"']+")


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


class DatabaseAway(logging.Filter):
    """What fails because PostgreSQL is away says so in one line a minute, without a traceback: all
    that is tried again would repeat it each second."""

    def __init__(self):
        super().__init__()
        self.said = OncePerMinute()

    def filter(self, record):
        problem = record.exc_info and record.exc_info[1]
        cause = problem and (problem.__cause__ or problem)
        if not isinstance(cause, psycopg.OperationalError) or cause.sqlstate is not None:
            return True
        lines = str(cause).splitlines() or [type(cause).__name__]
        record.msg, record.args = f"{record.getMessage()}: {lines[0]}", ()
        record.exc_info = record.exc_text = None
        return self.said.filter(record)


class PlainWarning(logging.Filter):
    """Makes a warning of one line of what is logged as an error with its traceback: for what
    strangers cause, and nobody here needs to mend."""

    def filter(self, record):
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.exc_info = record.exc_text = None
        return True


class Console(logging.StreamHandler):
    """On standard error, out of the way of what a command says, until ``to_stdout``."""

    place = "stderr"

    def __init__(self):
        logging.Handler.__init__(self)

    @property
    def stream(self):
        return getattr(sys, self.place)


def to_stdout() -> None:
    """For processes that serve or work, whose log is what they say."""
    Console.place = "stdout"


class Stamped(logging.Formatter):
    """A line of text: stamp, message, and the id of the request if it is about one. A record with
    ``each_line`` tells of a batch: each line of it is one of the log (see notifications/trace.py).
    """

    def format(self, record):
        return SECRET_PATHS.sub(r"\1…", super().format(record))

    def formatMessage(self, record):
        if not getattr(record, "each_line", False):
            return super().formatMessage(record) + _named(_request_id(record))
        lines, record.message = record.message.split("\n"), ""
        stamp = super().formatMessage(record)
        ends = {request_id: _named(request_id) for request_id in set(record.request_ids)}
        pairs = zip(lines, record.request_ids, strict=True)
        return "\n".join([f"{stamp}{line}{ends[request_id]}" for line, request_id in pairs])


class Json(logging.Formatter):
    """A line is an object: ``time`` (UTC), ``level``, ``logger``, ``message``, ``requestId`` if it
    is about a request, ``exception`` if there was one. In ASCII: nothing in it ends a line."""

    def format(self, record):
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        stamp = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
        }
        if getattr(record, "each_line", False):
            return _each(stamp, record.getMessage().split("\n"), record.request_ids)
        line = stamp | {"message": SECRET_PATHS.sub(r"\1…", record.getMessage())}
        if request_id := _request_id(record):
            line["requestId"] = request_id
        if record.exc_info:
            line["exception"] = SECRET_PATHS.sub(r"\1…", self.formatException(record.exc_info))
        return json.dumps(line)


def _each(stamp, lines, request_ids) -> str:
    """As ``json.dumps`` of each, at a fifth of its time."""
    head, quoted = f'{json.dumps(stamp)[:-1]}, "message": ', json.encoder.encode_basestring_ascii
    ends = {each: f', "requestId": {quoted(each)}}}' if each else "}" for each in set(request_ids)}
    pairs = zip(lines, request_ids, strict=True)
    return "\n".join([f"{head}{quoted(line)}{ends[request_id]}" for line, request_id in pairs])


def _request_id(record) -> str:
    return getattr(record, "request_id", "") or trace.current()


def _named(request_id: str) -> str:
    return f" request={request_id}" if request_id else ""
