"""The id of the request that is being answered, which goes along with what comes of it: into the
events that are recorded meanwhile, and from them into the lines of their fan-out and their frames.

It lives in the context: a request's thread and a socket's task have one each.
"""

import logging
from contextvars import ContextVar

LONGEST = 128

request_id: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """Empty where nothing is asked for: a worker, a shell."""
    return request_id.get()


def log_lines(logger: logging.Logger, lines: list[str], request_ids: list[str]) -> None:
    """A batch of lines, each with the id of the request that it is about, as one record: a batch
    has thousands (see crm/logs.py)."""
    if lines:
        logger.info("\n".join(lines), extra={"each_line": True, "request_ids": request_ids})
