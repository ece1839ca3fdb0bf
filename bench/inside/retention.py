"""`python -m bench.inside.retention BATCHES`: lets notifications leave by age, then their
tombstones, from the inbox that has most; prints for how many milliseconds each batch held the
inbox, which is from the lock to the commit.
"""

import json
import sys
from datetime import timedelta
from time import perf_counter
from unittest.mock import patch

from django.conf import settings
from django.db import connections
from django.utils import timezone

from notifications import retention
from notifications.models import Inbox, Notification
from notifications.models.inbox import InboxQuerySet

database = connections["default"]
LONG_AGO = timezone.now() - timedelta(days=settings.NOTIFICATION_DAYS + 1)


class Held:
    """Notes how long the lock of an inbox is held."""

    def __init__(self):
        database.ensure_connection()
        self.times, self.since = [], None
        self.commit, database._commit = database._commit, self
        self.lock_one = InboxQuerySet.lock_one

    def lock(self, inboxes, user_id):
        inbox = self.lock_one(inboxes, user_id)
        self.since = perf_counter()
        return inbox

    def __call__(self):
        self.commit()
        if self.since is not None:
            self.times.append((perf_counter() - self.since) * 1000)
        self.since = None


def main(batches):
    most = Inbox.objects.order_by("-seq").first().user_id
    theirs = Notification.objects.filter(recipient_id=most)
    theirs.filter(read_at__isnull=False).update(read_at=LONG_AGO)
    held, found = Held(), {}
    with patch.object(InboxQuerySet, "lock_one", lambda *args: held.lock(*args)):
        for way, leave in (
            ("notifications", retention.retire_read),
            ("tombstones", retention.forget_tombstones),
        ):
            held.times = found[way] = []
            for _ in range(batches):
                if not leave():
                    raise SystemExit(f"there were fewer {way} than {batches} batches")
            theirs.filter(deleted_at__isnull=False).update(deleted_at=LONG_AGO)
    print(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]))
