"""Django's PostgreSQL, but that a kept connection is looked at before each request for nothing."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
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
