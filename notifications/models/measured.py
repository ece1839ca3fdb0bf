"""What each process counted, and its sign of life.

A process writes its own row alone, and always what it counted in all: so a write that is done twice
counts once, and processes do not wait for each other. What those counted that are gone is kept in
one row, so that the sums never shrink.
"""

from datetime import timedelta
from uuid import UUID

from django.db import models, transaction
from django.utils import timezone
from uuid6 import uuid7

from notifications import metrics
from notifications.models.worker import ALIVE

SILENT = timedelta(hours=1)  # then it is gone
GONE = UUID(int=0)


class MeasuredQuerySet(models.QuerySet):
    def running(self):
        """Those that serve or work, or did until they fell silent."""
        return self.exclude(pk=GONE)

    def alive(self):
        return self.running().filter(beat_at__gt=timezone.now() - ALIVE)

    def silent(self):
        return self.running().filter(beat_at__lt=timezone.now() - SILENT)

    def figures(self) -> dict[str, float]:
        """What all processes counted, since the first one began."""
        return metrics.added(self.values_list("figures", flat=True))

    def take_leave(self, further: dict | None = None) -> int:
        """Adds what these counted, and what is ``further``, to those that are gone; returns how
        many these were. One at a time: all lock the same row first."""
        with transaction.atomic():
            MeasuredProcess.objects.get_or_create(pk=GONE, defaults={"role": "", "name": ""})
            gone = MeasuredProcess.objects.select_for_update().get(pk=GONE)
            leaving = dict(self.select_for_update().values_list("pk", "figures"))
            gone.figures = metrics.added([gone.figures, *leaving.values(), further or {}])
            gone.save(update_fields=["figures"])
            MeasuredProcess.objects.filter(pk__in=leaving).delete()
        return len(leaving)


class MeasuredProcess(models.Model):
    class Role(models.TextChoices):
        SERVE = "serve", "serve"
        WORKER = "worker", "worker"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    role = models.CharField(max_length=16, choices=Role, blank=True)
    name = models.CharField(max_length=200, blank=True, help_text="Host and process id.")
    started_at = models.DateTimeField(default=timezone.now)
    beat_at = models.DateTimeField(default=timezone.now)
    sockets = models.PositiveIntegerField(default=0)
    figures = models.JSONField(default=dict, editable=False)

    objects = MeasuredQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "measured processes"

    def __str__(self):
        return self.name or "Those that are gone"

    @property
    def is_alive(self) -> bool:
        return self.beat_at > timezone.now() - ALIVE

    def beat(self, counted: dict, sockets: int) -> None:
        """A sign of life, with what it ``counted`` since the last one. Where it was silent for so
        long that it was taken for gone, it comes back as another."""
        now = timezone.now()
        figures = metrics.added([self.figures, counted])
        mine = MeasuredProcess.objects.filter(pk=self.pk)
        stored = {"beat_at": now, "sockets": sockets, "figures": figures}
        if self._state.adding or not mine.update(**stored):
            figures = stored["figures"] = metrics.added([counted])
            self.pk = MeasuredProcess.objects.create(
                role=self.role, name=self.name, started_at=self.started_at, **stored
            ).pk
            self._state.adding = False
        self.beat_at, self.sockets, self.figures = now, sockets, figures
