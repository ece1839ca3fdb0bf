"""Whose wrong passwords are counted together, and who waits."""

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Sum
from django.utils import timezone


class WrongPasswords(AxesDatabaseHandler):
    """An account waits for an address after AXES_FAILURE_LIMIT wrong passwords from there, and an
    address for every account after ``FROM_ONE_ADDRESS``, whichever they were tried on."""

    FROM_ONE_ADDRESS = 50

    def get_failures(self, request, credentials=None) -> int:
        since = timezone.now() - settings.AXES_COOLOFF_TIME
        tried = AccessAttempt.objects.filter(
            ip_address=request.axes_ip_address, attempt_time__gt=since
        )
        total = tried.aggregate(total=Sum("failures_since_start"))["total"] or 0
        if total >= self.FROM_ONE_ADDRESS:
            return max(total, settings.AXES_FAILURE_LIMIT)
        return super().get_failures(request, credentials)
