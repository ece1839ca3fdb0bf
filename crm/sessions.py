"""Sessions in the database, asked only for keys that could be one."""

import re

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

KEY = re.compile(r"[a-z0-9]{32}")


class SessionStore(DatabaseStore):
    """A cookie may hold anything, NUL included, which PostgreSQL does not take in a query."""

    def _validate_session_key(self, key):
        return bool(key and KEY.fullmatch(key))
