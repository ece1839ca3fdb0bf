"""Pages tell times in the zone of who reads them, which their browser says in a cookie."""

from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

COOKIE = "zone"
KNOWN = available_timezones()
# What people would choose: places, not the names that only old programs know.
PLACES = sorted(name for name in KNOWN if "/" in name and not name.startswith("Etc/"))


def validate(name):
    if name not in KNOWN:
        raise ValidationError(_("Choose a time zone of the list."))


def of_browser(request) -> str:
    """The zone that the browser said it is in; empty if it said none."""
    name = request.COOKIES.get(COOKIE)
    return name if name in KNOWN else ""


class InTheirZone:
    """Everything under /api/ stays in UTC."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        name = of_browser(request)
        if not name or request.path.startswith("/api/"):
            return self.get_response(request)
        with timezone.override(ZoneInfo(name)):
            return self.get_response(request)
