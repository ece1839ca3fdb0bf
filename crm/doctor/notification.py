"""A notification through all of it: stored, pushed, confirmed, and removed again."""

import contextlib
import time
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from crm import wsclient
from crm.doctor.administrator import sign_in
from crm.doctor.check import Trouble
from crm.doctor.laps import Laps
from crm.doctor.socket import Silence, connect, headers, next_frame, send
from notifications.kinds import Kind
from notifications.models import Inbox, Notification

TITLE, MESSAGE = "Leadbell doctor", "A test of the notifications, which removes itself."
COURTESY_SECONDS = 0.5  # within what there is for removing traces


def look_at_notification(visit) -> str:
    user, token = sign_in(visit)
    socket = connect(visit, token)
    next_frame(socket, "hello")
    before = Inbox.objects.of(user)
    laps = Laps()
    notification = _stored(visit, user, laps)
    if settings.EMBEDDED:
        _through_the_server(visit, token, notification)
    seq = _pushed(socket, notification)
    laps.end("pushed")
    visit.undo.callback(before.take_back_receipt, seq)
    _confirm(socket, user, seq)
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
        _call("DELETE", url, time.monotonic() + COURTESY_SECONDS, token, notification)


def _call(method, url, until, token, notification, body=None) -> int:
    path = f"{urlsplit(url).path.rstrip('/')}/api/notifications/{notification.pk}/"
    fields = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with contextlib.closing(wsclient.http_connection(url, until)) as client:
        client.request(method, path, body, fields | headers(url))
        return client.getresponse().status


def _pushed(socket, notification) -> int:
    """The number of the frame that brings the notification."""
    told = str(notification.pk)
    with contextlib.suppress(Silence):
        while True:
            frame = next_frame(socket)
            if frame.get("notification", {}).get("id") == told:
                return frame["seq"]
            if told in [row["id"] for row in frame.get("changed", ())]:
                break  # a round of heartbeats brought what no push did
    raise Trouble(
        "It was stored, but no push brought it.",
        "Give this command and every process the same REDIS_URL and REDIS_PREFIX.",
    )


def _confirm(socket, user, seq):
    """A socket's frames are handled in turn: the answer to the second says that the first was."""
    send(socket, type="ack", seq=seq)
    send(socket, type="sync", since=seq)
    next_frame(socket, "sync")
    if not Inbox.objects.filter(pk=user.pk, delivered_seq__gte=seq).exists():
        raise Trouble("It came, but its receipt was not stored.", "See the server's log.")
