"""Under /api/ every answer is JSON, whatever made it; pages travel compressed."""

from http import HTTPStatus

from django.http import JsonResponse
from django.middleware.gzip import GZipMiddleware

PREFIX = "/api/"


class ApiAnswersInJson:
    """Turns what Django itself answers in HTML (no such path, bad host, a crash) into JSON."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not f"{request.path}/".startswith(PREFIX):
            return self.get_response(request)
        if not request.path.endswith(("/", ".json")):
            detail = f"Not found. Paths end with a slash: {request.path}/"
            return JsonResponse({"detail": detail}, status=404)
        response = self.get_response(request)
        if response.status_code >= 400 and response.get("Content-Type") != "application/json":
            response = _in_json(response)
        return response


def _in_json(response):
    detail = f"{HTTPStatus(response.status_code).phrase}."
    allow = {"Allow": response["Allow"]} if response.has_header("Allow") else {}
    answer = JsonResponse({"detail": detail}, status=response.status_code, headers=allow)
    answer._has_been_logged = True  # by Django, when it made the one that this stands for
    return answer


class CompressedPages(GZipMiddleware):
    """Pages alone: the API answers with a few hundred bytes at once, an export is sent as it is
    read, and static files lie there compressed. A page's length says little of the secrets in it:
    Django masks the token of its forms and adds up to 100 random bytes (BREACH)."""

    def process_response(self, request, response):
        if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)


class BareFiles:
    """What a file does without whose name changes with its contents: no browser asks whether it
    did, and it opens no window. A page takes sixty of them.
    """

    IDLE = ("ETag", "Last-Modified", "Referrer-Policy", "Cross-Origin-Opener-Policy")

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.get("Cache-Control", "").endswith("immutable"):
            for name in self.IDLE:
                del response[name]
        return response


# What no page of ours asks a browser for, and so nothing that gets into one can.
POWERS = ("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "hid",
          "magnetometer", "microphone", "midi", "payment", "serial", "usb",
          "xr-spatial-tracking")  # fmt: skip


class NoPowers:
    """Every answer says which of a browser's powers its page does without, and that no page of
    another site may embed it. Where CORS lets one read the API, it does not embed."""

    HEADERS = {
        "Permissions-Policy": ", ".join(f"{power}=()" for power in POWERS),
        "Cross-Origin-Resource-Policy": "same-origin",
    }

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        for name, value in self.HEADERS.items():
            response.headers.setdefault(name, value)
        return response


class LockedOut:
    """A sign-in that axes refused keeps its page or its JSON, and says so with a 429.

    It stands within axes's own middleware, which would put a bare page in its place.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if getattr(request, "axes_locked_out", False):
            request.axes_locked_out = False
            response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        return response
