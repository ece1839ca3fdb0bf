"""What lies between the processes, the channel layer, and the ones that do the due work."""

import asyncio

from django.conf import settings
from django.utils import timezone

from crm import wsclient
from crm.doctor.check import Trouble
from notifications import realtime
from notifications.models import WorkerProcess


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
