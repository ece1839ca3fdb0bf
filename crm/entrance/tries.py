"""How often something may be tried: counted rows, the same for what exists and what does not."""

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac

FORGOTTEN = timedelta(days=1)  # longer than anything is counted over


class TryQuerySet(models.QuerySet):
    def allow(self, what: str, by, at_most: int, within: timedelta) -> bool:
        """Whether ``by`` may try ``what`` once more, which is counted. Many at the same moment may
        get a few more: what is guarded so bears that."""
        if self.are_used_up(what, by, at_most, within):
            return False
        self.create(what=what, by=name_of(by))
        return True

    def are_used_up(self, what: str, by, at_most: int, within: timedelta) -> bool:
        since = timezone.now() - within
        return self.filter(what=what, by=name_of(by), at__gt=since).count() >= at_most

    def forgive(self, what: str, by) -> None:
        self.filter(what=what, by=name_of(by)).delete()

    def forget_old(self) -> int:
        return self.filter(at__lt=timezone.now() - FORGOTTEN).delete()[0]


class Try(models.Model):
    """One try. Who tried is a hash: an address of somebody who is nobody here is not kept."""

    what = models.CharField(max_length=32, editable=False)
    by = models.CharField(max_length=64, editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "tries"
        indexes = [
            # Serves the count before each.
            models.Index(fields=["what", "by", "at"], name="try_counted"),
        ]

    def __str__(self):
        return f"{self.what} at {self.at:%Y-%m-%d %H:%M}"


def name_of(by) -> str:
    return salted_hmac("leadbell.tries", str(by), algorithm="sha256").hexdigest()
