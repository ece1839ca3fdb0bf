"""Django's PostgreSQL, but that a kept connection is looked at before each request for nothing, and
that moments are read by psycopg itself."""

import select
from datetime import UTC

import psycopg
from django.db.backends.postgresql import base
from psycopg.pq import Format

TIMESTAMPTZ = psycopg.adapters.types["timestamptz"].oid
LOADER = psycopg.adapters.get_loader(TIMESTAMPTZ, Format.TEXT)


class MomentLoader:
    """psycopg's loader of moments, which gives them in the time zone of the connection. In UTC that
    is what Django's own loader makes of them in Python, at ten times the cost."""

    format = Format.TEXT
    timezone = UTC  # which tells Django that it fits

    def __new__(cls, oid, connection=None):
        return LOADER(oid, connection)


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self):
        params = super().get_connection_params()
        if self.timezone == UTC:
            params["context"].adapters.register_loader(TIMESTAMPTZ, MomentLoader)
        return params

    def is_usable(self):
        """Whether the connection still works. One that failed is asked; an idle one has nothing to
        say unless the server has ended it, and that is known here without a round trip."""
        if self.errors_occurred:
            return super().is_usable()
        return not self.connection.closed and not _readable(self.connection)


def _readable(connection) -> bool:
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))
