"""Whether this process answers, and whether it can work."""

import contextlib
import os
import socket
import threading

from asgiref.sync import async_to_sync
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from notifications import realtime
from notifications.models import WorkerProcess

PATHS = ("/healthz", "/readyz")
DATABASE_SECONDS = 3  # for an answer of it, once it is connected to


class ByAnyName:
    """Load balancers and containers ask for health by address, which ALLOWED_HOSTS need not name:
    nothing that these two answer is made of it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path_info in PATHS:
            request.get_host = lambda: "health"
        return self.get_response(request)


@require_safe
def healthz(request):
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def readyz(request):
    """503 with a reason for each part that does not answer."""
    reasons = _of_the_database() | {"channelLayer": _channel_layer()}
    problems = {name: reason for name, reason in reasons.items() if reason}
    if problems:
        return JsonResponse({"ready": False, "problems": problems}, status=503)
    return JsonResponse({"ready": True})


def _of_the_database():
    """What it knows of workers, too."""
    try:
        with _at_most(DATABASE_SECONDS):
            alive = WorkerProcess.objects.alive().exists()
    except Exception as problem:
        return {
            "database": f"The database does not answer: {type(problem).__name__}.",
            "worker": "Whether a worker runs cannot be read.",
        }
    reason = "" if alive else "No worker gave a sign of life: start `manage.py worker`."
    return {"worker": reason}


@contextlib.contextmanager
def _at_most(seconds):
    """A PostgreSQL that hangs is one that does not answer: its connection is cut by then, and what
    waits for it fails."""
    cutting = threading.Timer(seconds, _cut, [connections[DEFAULT_DB_ALIAS]])
    cutting.start()
    try:
        yield
    finally:
        cutting.cancel()


def _cut(database):
    if database.vendor == "postgresql" and database.connection is not None:
        with (
            contextlib.suppress(Exception),  # it may have ended by itself
            socket.socket(fileno=os.dup(database.connection.fileno())) as own,
        ):
            own.shutdown(socket.SHUT_RDWR)


def _channel_layer():
    try:
        async_to_sync(realtime.echo)(2)
    except Exception as problem:
        return f"The channel layer does not answer: {type(problem).__name__}."
    return ""
