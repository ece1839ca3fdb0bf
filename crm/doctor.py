"""The doctor: whether an installation works, from its settings to a notification that arrives.

Each check runs in a thread of its own with a database connection of its own, for at most
``LOOK_SECONDS`` and ``UNDO_SECONDS`` for taking back what it made; one that hangs is left behind.

The last two sign in as an administrator, on the running server, and the last one notifies them: the
notification is deleted again, which leaves a tombstone (until retention takes it) and moves their
sequence by two or three. Their receipts are put back to where they were, and nothing stays of the
sign-ins.
"""

import asyncio
import contextlib
import copy
import http.client
import json
import queue
import sqlite3
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.db import connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import load_backend
from django.http.request import validate_host
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken

from crm import signin, wsclient
from crm.models import TokenSignIn, User
from crm.sockets import BEARER, PROTOCOL
from notifications import realtime
from notifications.kinds import Kind
from notifications.models import Inbox, Notification, Receipt, WorkerProcess

LOOK_SECONDS = 3.5
SPARE_SECONDS = 0.5  # by which a check should notice by itself, and say what it waited for
UNDO_SECONDS = 1.5
DATABASE_SECONDS = 3  # for a connection, and for SQLite's write lock

DEVELOPMENT_KEY = "for-development-only-"  # crm/env.py
MIN_KEY = 32  # bytes, RFC 7518, section 3.2
TOKEN_LIFETIME = timedelta(minutes=1)
TITLE, MESSAGE = "Leadbell doctor", "A test of the notifications, which removes itself."


SKIPPED = "skipped: "


class Trouble(Exception):
    """What a check found wrong, and what to do about it."""

    def __init__(self, detail: str, hint: str = ""):
        super().__init__(detail)
        self.detail, self.hint = detail, hint


class Silence(Trouble):
    """Nothing came on a socket that is open."""


@dataclass
class Result:
    name: str
    ok: bool
    detail: str
    hint: str = ""
    milliseconds: float = 0.0

    @property
    def skipped(self) -> bool:
        return self.detail.startswith(SKIPPED)


@dataclass
class Visit:
    """What one check has at hand. ``hint`` is advice where nothing is wrong."""

    url: str
    email: str = ""
    until: float = 0.0
    hint: str = ""
    undo: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)


class Check(NamedTuple):
    name: str
    look: Callable[[Visit], str]  # returns what it found; raises Trouble, or anything
    needs: tuple[str, ...]
    hint: str  # what to do about anything but Trouble


def examine(url: str = "", email: str = "") -> Iterator[Result]:
    """The result of each check, as it comes. Raises nothing."""
    failed = set()
    for check in CHECKS:
        missing = [name for name in check.needs if name in failed]
        if missing:
            result = Result(check.name, False, f"{SKIPPED}needs {', '.join(missing)}")
        else:
            result = _result(check, Visit(url or f"http://localhost:{settings.PORT}", email))
        if not result.ok:
            failed.add(check.name)
        yield result


def _result(check, visit) -> Result:
    began = time.monotonic()
    visit.until = began + LOOK_SECONDS - SPARE_SECONDS
    try:
        result = _looked(check, visit)
    finally:
        left = _undone(visit)
    if left and result.ok:
        result = Result(check.name, False, f"{result.detail}, but {left}", check.hint)
    result.milliseconds = round((time.monotonic() - began) * 1000, 1)
    return result


def _looked(check, visit) -> Result:
    try:
        detail = bounded(lambda: check.look(visit), LOOK_SECONDS)
    except Trouble as trouble:
        return Result(check.name, False, trouble.detail, trouble.hint or check.hint)
    except Exception as problem:
        return Result(check.name, False, _said(problem), check.hint)
    return Result(check.name, True, detail, visit.hint)


def _undone(visit) -> str:
    """Takes back what the check made; returns what came of it if that failed."""
    try:
        bounded(visit.undo.close, UNDO_SECONDS)
    except Exception as problem:
        return f"its traces could not be removed: {_said(problem)}"
    return ""


def bounded(work: Callable, seconds: float):
    """What ``work`` returns or raises, in a thread of its own with a connection of its own.
    Raises TimeoutError, and leaves the thread behind, when it takes longer."""
    outcome = queue.SimpleQueue()

    def run():
        try:
            connections["default"] = _own_connection()
            with contextlib.closing(connections["default"]):
                outcome.put((work(), None))
        except Exception as problem:
            outcome.put((None, problem))

    threading.Thread(target=run, name="doctor", daemon=True).start()
    try:
        value, problem = outcome.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"No answer within {seconds} s.") from None
    if problem is not None:
        raise problem
    return value


def _own_connection():
    """Like the server's, but without a pool, and quicker to give up."""
    config = copy.deepcopy(connections.settings["default"])
    options = config["OPTIONS"]
    options.pop("pool", None)
    options["timeout" if _is_sqlite(config) else "connect_timeout"] = DATABASE_SECONDS
    return load_backend(config["ENGINE"]).DatabaseWrapper(config, "default")


def _is_sqlite(config) -> bool:
    return config["ENGINE"].endswith("sqlite3")


def _said(problem: Exception) -> str:
    lines = str(problem).strip().splitlines() or ["no reason given"]
    return f"{type(problem).__name__}: {lines[0]}"[:300]


class Laps:
    """Names the stages of something, and takes the time of each."""

    def __init__(self):
        self.began, self.stages = time.perf_counter(), []

    def end(self, stage: str) -> None:
        now = time.perf_counter()
        self.stages.append(f"{stage} {(now - self.began) * 1000:.1f} ms")
        self.began = now

    def __str__(self):
        return ", ".join(self.stages)


# Settings


def look_at_settings(visit) -> str:
    mistakes = [*_mistakes(), *_failed_system_checks()]
    if mistakes:
        raise Trouble(
            " ".join(wrong for wrong, _ in mistakes), " ".join(hint for _, hint in mistakes)
        )
    visit.hint = " ".join(_advice())
    return "DEBUG is off, SECRET_KEY and ALLOWED_HOSTS are set"


def _mistakes():
    if settings.DEBUG:
        yield "DEBUG is on.", "Set DEBUG=false (true is for a machine of your own)."
    key = settings.SECRET_KEY
    if key.startswith(DEVELOPMENT_KEY):
        yield "SECRET_KEY is the one that everybody knows.", "Set SECRET_KEY to a random string."
    elif len(key.encode()) < MIN_KEY:
        hint = f"Set SECRET_KEY to a random string of at least {MIN_KEY} characters."
        yield "SECRET_KEY is short.", hint
    if "*" in settings.ALLOWED_HOSTS:
        yield "ALLOWED_HOSTS lets every name pass.", "Set ALLOWED_HOSTS to the names of this site."


def _failed_system_checks():
    for message in checks.run_checks():
        if message.level >= checks.ERROR and not message.is_silenced():
            yield f"{message.msg} ({message.id})", message.hint or "See `manage.py check`."


def _advice():
    one_process = []
    if _is_sqlite(settings.DATABASES["default"]):
        one_process.append("DATABASE_URL")
    if settings.EMBEDDED:
        one_process.append("REDIS_URL")
    if one_process:
        yield f"One process only: set {' and '.join(one_process)} before you start a second."
    if not settings.DEBUG and {*settings.ALLOWED_HOSTS} <= {"localhost", "127.0.0.1", "[::1]"}:
        yield "ALLOWED_HOSTS names this machine only: add the names that people type."


# Database and migrations


def look_at_database(visit) -> str:
    laps = Laps()
    connection.ensure_connection()
    laps.end("connected")
    version = _version()
    _write_and_roll_back()
    laps.end("written and rolled back")
    return f"{version}, {laps}"


def _version():
    if connection.vendor == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    number = connection.pg_version
    return f"PostgreSQL {number // 10000}.{number % 10000}"


def _write_and_roll_back():
    with transaction.atomic():
        recorder = MigrationRecorder(connection)
        if recorder.has_table():
            recorder.record_applied("doctor", "rolled back")
        else:  # nothing was migrated yet
            with connection.cursor() as cursor:
                cursor.execute("CREATE TABLE leadbell_doctor (id integer)")
        transaction.set_rollback(True)


def look_at_migrations(visit) -> str:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        names = [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        raise Trouble(f"{len(names)} not applied: {', '.join(names[:3])}{more}")
    return f"all {len(executor.loader.applied_migrations)} applied"


# Channel layer and worker


def look_at_channel_layer(visit) -> str:
    seconds = asyncio.run(realtime.echo(wsclient.left(visit.until)))
    found = f"a message came back in {seconds * 1000:.1f} ms"
    return f"in memory, {found}" if settings.EMBEDDED else f"Redis, {found}"


def look_at_worker(visit) -> str:
    alive = list(WorkerProcess.objects.alive().order_by("-beat_at"))
    if not alive:
        start = "`manage.py serve`" if settings.EMBEDDED else "`manage.py worker`"
        raise Trouble("No worker gave a sign of life.", f"Start {start} and keep it running.")
    if settings.EMBEDDED and len(alive) > 1:
        visit.hint = (
            "Without REDIS_URL the server is the worker: start no other, or set REDIS_URL. "
            "(One that was killed counts for 30 s.)"
        )
    age = (timezone.now() - alive[0].beat_at).total_seconds()
    return f"{len(alive)} alive, the last sign of life {max(age, 0):.0f} s ago"


# The running server


def look_at_socket(visit) -> str:
    _, token = _sign_in(visit)
    laps = Laps()
    socket = _connect(visit, token)
    laps.end("handshake")
    hello = _next(socket, "hello")
    laps.end("hello")
    _send(socket, type="sync", since=hello["seq"])
    _next(socket, "sync")
    laps.end("sync")
    return f"{visit.url} answered: {laps}"


def _sign_in(visit) -> tuple[User, str]:
    """An administrator and an access token of theirs, good until the end of the check."""
    administrators = User.objects.filter(is_active=True, role=User.Role.ADMIN).order_by("pk")
    if visit.email:
        administrators = administrators.filter(email=visit.email)
    user = administrators.first()
    if user is None:
        raise Trouble(
            f"No active administrator has the e-mail {visit.email}."
            if visit.email
            else "There is no active administrator.",
            "Make one with `manage.py createsuperuser`, or name another with --user.",
        )
    sign_in = TokenSignIn(user=user)
    visit.undo.callback(_sign_out, sign_in)
    sign_in.save(force_insert=True)
    token = AccessToken.for_user(user)
    token[signin.SIGN_IN] = str(sign_in.pk)
    token.set_exp(lifetime=TOKEN_LIFETIME)
    return user, str(token)


def _sign_out(sign_in):
    sign_in.end()
    sign_in.delete()


NOT_LEADBELL = (
    "Name Leadbell's own address with --url, and let a proxy in front of it pass WebSockets on."
)


UNTRUSTED = (
    "Name the address as its certificate does, or SSL_CERT_FILE for an authority of your own."
)


def _connect(visit, token) -> wsclient.WebSocket:
    url = f"{visit.url.rstrip('/')}/ws/notifications/"
    try:
        socket = wsclient.WebSocket(
            url, visit.until, [PROTOCOL, f"{BEARER}{token}"], _headers(visit.url)
        )
    except wsclient.Refused as refused:
        raise Trouble(
            f"{visit.url} refused the socket: {refused}.", _why_refused(refused)
        ) from None
    except ssl.SSLCertVerificationError as problem:
        raise Trouble(f"{visit.url} is not trusted: {_said(problem)}", UNTRUSTED) from None
    except (OSError, http.client.HTTPException) as problem:
        raise Trouble(f"{visit.url} does not answer: {_said(problem)}") from None
    except ValueError as problem:
        raise Trouble(str(problem), "Write --url http://localhost:8000, or as it is.") from None
    visit.undo.callback(socket.close)
    if socket.subprotocol != PROTOCOL:
        raise Trouble(f"{visit.url} speaks another protocol.", NOT_LEADBELL)
    return socket


def _why_refused(refused) -> str:
    if refused.status == 403:
        return (
            "Give the doctor the server's environment: it has another SECRET_KEY or DATABASE_URL, "
            "or the clocks differ."
        )
    return NOT_LEADBELL


def _headers(url) -> dict:
    """Those with which a request that comes straight to the server passes for one by its proxy."""
    headers = {"X-Forwarded-Proto": "https"} if settings.SECURE_SSL_REDIRECT else {}
    names = [host.removeprefix(".") for host in settings.ALLOWED_HOSTS]
    if names and not validate_host(urlsplit(url).hostname or "", settings.ALLOWED_HOSTS):
        headers["Host"] = names[0]
    return headers


CLOSED = {
    1012: "The server is restarting: try again in a moment.",
    1013: "The server reaches its database or Redis no more: see its log and /readyz.",
    4401: "Somebody ended the sign-in: try again.",
    4429: "This administrator has too many sockets open: name another one with --user.",
}


def _send(socket, **frame):
    socket.send(json.dumps(frame))


def _next(socket, kind="") -> dict:
    """The next frame, of that type if one is given. Raises Trouble where none comes."""
    try:
        while True:
            frame = json.loads(socket.receive())
            if kind in ("", frame["type"]):
                return frame
    except wsclient.Closed as closed:
        raise Trouble(f"The server {closed}.", CLOSED.get(closed.code, "")) from None
    except TimeoutError:
        raise Silence(f"No {kind or 'frame'} came in time.", "See the server's log.") from None


# A notification through all of it


def look_at_notification(visit) -> str:
    user, token = _sign_in(visit)
    socket = _connect(visit, token)
    _next(socket, "hello")
    before = Inbox.objects.of(user)
    laps = Laps()
    notification = _stored(visit, user, laps)
    if settings.EMBEDDED:
        _through_the_server(visit, token, notification)
    seq = _pushed(socket, notification)
    laps.end("pushed")
    visit.undo.callback(_take_back_receipt, before, seq)
    _send(socket, type="ack", seq=seq)
    _wait_for_receipt(visit, user, seq)
    laps.end("delivered")
    return f"{laps}, and removed"


def _stored(visit, user, laps) -> Notification:
    notification = Notification(recipient=user, type=Kind.SYSTEM, title=TITLE, message=MESSAGE)
    visit.undo.callback(_remove, notification)
    with transaction.atomic():
        transaction.on_commit(lambda: laps.end("stored"))  # ahead of the push
        notification.save()
    return notification


def _remove(notification):
    if Notification.objects.filter(pk=notification.pk).exists():
        notification.delete()


def _take_back_receipt(before, seq):
    """What the doctor confirmed, no client of the user did. One that did so too will again, with
    the number of the deletion."""
    Receipt.objects.filter(user_id=before.pk, upto=seq).delete()
    Inbox.objects.filter(pk=before.pk, delivered_seq=seq).update(
        delivered_seq=before.delivered_seq, delivered_at=before.delivered_at
    )


def _through_the_server(visit, token, notification):
    """In embedded mode only the server reaches its sockets: it makes the change that is pushed,
    marking as read, and tells them of the end as well."""
    visit.undo.callback(_delete_by_api, visit.url, token, notification)
    status = _call("PATCH", visit.url, visit.until, token, notification, '{"isRead": true}')
    if status != 200:
        raise Trouble(f"The API answered {status} where 200 was due.", "See the server's log.")


def _delete_by_api(url, token, notification):
    """A courtesy to open tabs: ``_remove`` does what this could not."""
    with contextlib.suppress(Exception):
        _call("DELETE", url, time.monotonic() + UNDO_SECONDS / 3, token, notification)


def _call(method, url, until, token, notification, body=None) -> int:
    path = f"{urlsplit(url).path.rstrip('/')}/api/notifications/{notification.pk}/"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with contextlib.closing(wsclient.http_connection(url, until)) as client:
        client.request(method, path, body, headers | _headers(url))
        return client.getresponse().status


def _pushed(socket, notification) -> int:
    """The number of the frame that brings the notification."""
    told = str(notification.pk)
    with contextlib.suppress(Silence):
        while True:
            frame = _next(socket)
            if frame.get("notification", {}).get("id") == told:
                return frame["seq"]
            if told in [row["id"] for row in frame.get("changed", ())]:
                break  # a round of heartbeats brought what no push did
    raise Trouble(
        "It was stored, but no push brought it.",
        "Give this command and every process the same REDIS_URL and REDIS_PREFIX.",
    )


def _wait_for_receipt(visit, user, seq):
    while not Inbox.objects.filter(pk=user.pk, delivered_seq__gte=seq).exists():
        if time.monotonic() > visit.until:
            raise Trouble("It came, but its receipt was not stored.", "See the server's log.")
        time.sleep(0.005)


CHECKS = (
    Check("settings", look_at_settings, (), "See docs/operations.md."),
    Check(
        "database",
        look_at_database,
        (),
        "Start the database, or correct DATABASE_URL; its user must be allowed to write.",
    ),
    Check("migrations", look_at_migrations, ("database",), "Run `manage.py migrate`."),
    Check(
        "channel layer",
        look_at_channel_layer,
        (),
        "Start Redis, or correct REDIS_URL.",
    ),
    Check("worker", look_at_worker, ("database", "migrations"), "Start `manage.py worker`."),
    Check(
        "socket",
        look_at_socket,
        ("database", "migrations"),
        "Start `manage.py serve`, or name its address with --url.",
    ),
    Check(
        "notification",
        look_at_notification,
        ("database", "migrations", "channel layer", "socket"),
        "See the server's log, and whether something holds locks in the database.",
    ),
)
