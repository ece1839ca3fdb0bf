"""Sessions in the database, asked only for keys that could be one."""

import re

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

KEY = re.compile(r"[a-z0-9]{32}")


class SessionStore(DatabaseStore):
    """A cookie may hold anything, NUL included, which PostgreSQL does not take in a query."""

    expires_at = None

    def load(self):
        stored = self._get_session_from_db()
        if stored is None:
            return {}
        self.expires_at = stored.expire_date
        return self.decode(stored.session_data)

    def seconds_left(self) -> float:
        """Until the stored session expires; ``get_expiry_age`` counts as if it were saved now."""
        return (self.expires_at - timezone.now()).total_seconds() if self.expires_at else 0.0

    def _validate_session_key(self, key):
        return bool(key and KEY.fullmatch(key))
