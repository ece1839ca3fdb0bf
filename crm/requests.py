"""Each request has an id, by which its lines of the log are found and those of what comes of it."""

import logging
import re
from time import perf_counter
from uuid import uuid4

from notifications import trace

logger = logging.getLogger(__name__)

HEADER = "X-Request-ID"
# What routers send: Heroku's, nginx's and those of most are letters, digits and dashes.
SANE = re.compile(rf"[A-Za-z0-9._+/=-]{{8,{trace.LONGEST}}}")
READING = {"GET", "HEAD", "OPTIONS"}


def id_of(given: str | None) -> str:
    """The one that the router gave, if it is sane, else a new one."""
    return given if given and SANE.fullmatch(given) else uuid4().hex


def of_scope(scope) -> str:
    """The id of a socket's handshake."""
    given = dict(scope["headers"]).get(HEADER.lower().encode(), b"")
    return id_of(given.decode("latin1"))


class Traced:
    """Outside of all that answers but static files: what is logged within says which request it is
    about.

    Of requests that change something a line tells the answer, by the route: a path may hold what
    only its owner should know.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        token, began = trace.request_id.set(id_of(request.headers.get(HEADER))), perf_counter()
        try:
            response = self.get_response(request)
            response[HEADER] = trace.current()
            if request.method not in READING:
                _log(request, response, perf_counter() - began)
            return response
        finally:
            trace.request_id.reset(token)


def _log(request, response, seconds):
    route = request.resolver_match.route if request.resolver_match else "no page"
    logger.info(
        "Answered %s %s: %s in %.0f ms",
        request.method[:16] if request.method.isalpha() else "?",
        route,
        response.status_code,
        seconds * 1000,
    )
