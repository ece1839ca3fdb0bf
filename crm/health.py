"""Whether this process answers, and whether it can work."""

from asgiref.sync import async_to_sync
from django.db import connection
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from notifications import realtime
from notifications.models import WorkerProcess

PATHS = ("/healthz", "/readyz")


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
    parts = {"database": _database, "channelLayer": _channel_layer, "worker": _worker}
    problems = {name: reason for name, check in parts.items() if (reason := check())}
    if problems:
        return JsonResponse({"ready": False, "problems": problems}, status=503)
    return JsonResponse({"ready": True})


def _database():
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception as problem:
        return f"The database does not answer: {type(problem).__name__}."
    return ""


def _worker():
    try:
        alive = WorkerProcess.objects.alive().exists()
    except Exception as problem:
        return f"Whether a worker runs cannot be read: {type(problem).__name__}."
    return "" if alive else "No worker gave a sign of life: start `manage.py worker`."


def _channel_layer():
    try:
        async_to_sync(realtime.echo)(2)
    except Exception as problem:
        return f"The channel layer does not answer: {type(problem).__name__}."
    return ""
