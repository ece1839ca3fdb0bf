"""Pages tell times in the zone of who reads them, which their browser says in a cookie."""

from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone

COOKIE = "zone"
KNOWN = available_timezones()


class InTheirZone:
    """Everything under /api/ stays in UTC."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        name = request.COOKIES.get(COOKIE)
        if name not in KNOWN or request.path.startswith("/api/"):
            return self.get_response(request)
        with timezone.override(ZoneInfo(name)):
            return self.get_response(request)
