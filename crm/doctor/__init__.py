"""The doctor: whether an installation works, from its settings to a notification that arrives.

Each check runs in a thread of its own with a database connection of its own, for a bounded time
(see ``examination``). The last three ask the running server. Two of them sign in as an
administrator, and the last one notifies them: the notification is deleted again, which leaves a
tombstone (until retention takes it) and moves their sequence by two or three. Their receipts are
put back to where they were, and nothing stays of the sign-ins.
"""

from collections.abc import Iterable, Iterator

from django.conf import settings

from crm.doctor.check import SKIPPED, Check, Result, Visit
from crm.doctor.database import look_at_database, look_at_migrations
from crm.doctor.deployment import look_at_settings
from crm.doctor.examination import examined
from crm.doctor.letters import look_at_mail
from crm.doctor.notification import look_at_notification
from crm.doctor.pages import look_at_pages
from crm.doctor.processes import look_at_channel_layer, look_at_worker
from crm.doctor.socket import look_at_socket

CHECKS = (
    Check("settings", look_at_settings, (), "See docs/operations.md."),
    Check(
        "database",
        look_at_database,
        (),
        "Start the database, or correct DATABASE_URL; its user must be allowed to write.",
    ),
    Check("migrations", look_at_migrations, ("database",), "Run `manage.py migrate`."),
    Check("channel layer", look_at_channel_layer, (), "Start Redis, or correct REDIS_URL."),
    Check("mail", look_at_mail, (), "Start the mail server, or correct EMAIL_URL."),
    Check("worker", look_at_worker, ("database", "migrations"), "Start `manage.py worker`."),
    Check(
        "socket",
        look_at_socket,
        ("database", "migrations"),
        "Start `manage.py serve`, or name its address with --url.",
    ),
    Check(
        "pages",
        look_at_pages,
        ("socket",),
        "Run `manage.py collectstatic` with this release, restart the server, and see its log.",
    ),
    Check(
        "notification",
        look_at_notification,
        ("database", "migrations", "channel layer", "socket"),
        "See the server's log, and whether something holds locks in the database.",
    ),
)


def examine(url: str = "", email: str = "", checks: Iterable[Check] = CHECKS) -> Iterator[Result]:
    """The result of each check, as it comes. Raises nothing."""
    failed = set()
    for check in checks:
        missing = [name for name in check.needs if name in failed]
        if missing:
            result = Result(check.name, False, f"{SKIPPED}needs {', '.join(missing)}")
        else:
            result = examined(check, Visit(url or f"http://localhost:{settings.PORT}", email))
        if not result.ok:
            failed.add(check.name)
        yield result
