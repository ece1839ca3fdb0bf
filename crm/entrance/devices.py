"""Where somebody is signed in: a row for each session of pages, and for each sign-in by token."""

import hashlib
import re
import time
from collections import OrderedDict
from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from uuid6 import uuid7

from crm.entrance.address import address_of
from notifications import realtime

# The first that is found: most call themselves by the names of others too.
BROWSERS = (
    ("Edge", "Edg"), ("Opera", "OPR"), ("Samsung Internet", "SamsungBrowser"),
    ("Firefox", "Firefox|FxiOS"), ("Chrome", "Chrome|HeadlessChrome|CriOS"), ("Safari", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("ChromeOS", "CrOS"), ("macOS", "Macintosh"), ("Linux", "Linux"),
)  # fmt: skip
PROGRAM = re.compile(r"[A-Za-z][\w .-]{0,30}(?=/)")
AGENT_LENGTH = 300


class Device(models.Model):
    """What a sign-in is made with, and when it was last used."""

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    used_at = models.DateTimeField(default=timezone.now, editable=False)
    address = models.GenericIPAddressField(null=True, editable=False)
    agent = models.CharField(max_length=AGENT_LENGTH, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def device(self) -> str:
        """In plain words, as "Firefox on Windows"."""
        browser, system = _first(BROWSERS, self.agent), _first(SYSTEMS, self.agent)
        if browser and system:
            return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
        program = PROGRAM.match(self.agent)
        return browser or system or (program and program[0]) or _("A program without a name")


def _first(table, agent) -> str:
    return next((name for name, known in table if re.search(rf"\b({known})", agent)), "")


def agent_of(request) -> str:
    """As the browser calls itself, on one line."""
    said = request.META.get("HTTP_USER_AGENT", "") if request is not None else ""
    return re.sub(r"[^\x20-\x7e]", " ", said)[:AGENT_LENGTH]


class PageSignIn(Device):
    """A session of pages. It goes with its session, however that ends."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="page_sign_ins"
    )
    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="sign_in")

    LAPSE = timedelta(minutes=5)  # by which ``used_at`` may be late

    def __str__(self):
        return f"{self.user} since {self.created_at:%Y-%m-%d %H:%M}"

    def end(self) -> None:
        """Signs out of it; its sockets close after the commit."""
        with transaction.atomic():
            Session.objects.filter(pk=self.session_id).delete()
            transaction.on_commit(self.close_sockets_after_commit, robust=True)

    def close_sockets_after_commit(self):
        name = session_name(self.session_id)
        realtime.end_sockets(self.user_id, code=realtime.REVOKED, sign_in=name)


def session_name(key: str) -> str:
    """A session's name in the channel layer, which does not give the session away."""
    return hashlib.sha256(key.encode()).hexdigest()


class LastUse:
    """Middleware that notes when a session was last used, for the list of them: each process at
    most once in ``PageSignIn.LAPSE``. A session of before there was a list gets its row."""

    MOST = 10_000  # sessions that a process remembers

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.session.accessed and request.user.is_authenticated:
            self._note(request)
        return response

    def _note(self, request):
        key, now = request.session.session_key, time.monotonic()
        if key and now - noted.get(key, -3600.0) > PageSignIn.LAPSE.total_seconds():
            remember(key)
            used = PageSignIn.objects.filter(session_id=key).update(used_at=timezone.now())
            if not used:
                enter(request, request.user)


noted: OrderedDict[str, float] = OrderedDict()


def remember(key: str) -> None:
    noted[key] = time.monotonic()
    noted.move_to_end(key)
    while len(noted) > LastUse.MOST:
        noted.popitem(last=False)


def enter(request, user) -> None:
    """Puts the session of ``request`` on the user's list, if it is not over."""
    from_where = {"address": address_of(request), "agent": agent_of(request)}
    with transaction.atomic():
        key = request.session.session_key
        if Session.objects.select_for_update().filter(pk=key).exists():
            PageSignIn.objects.get_or_create(session_id=key, defaults={"user": user, **from_where})
            remember(key)
