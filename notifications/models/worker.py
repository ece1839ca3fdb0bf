"""The workers' sign of life, so that a missing one is seen before a reminder is missed."""

from datetime import timedelta

from django.db import models
from django.utils import timezone
from uuid6 import uuid7

ALIVE = timedelta(seconds=30)
FORGOTTEN = timedelta(days=1)


class WorkerQuerySet(models.QuerySet):
    def alive(self):
        return self.filter(beat_at__gt=timezone.now() - ALIVE)

    def forget_dead(self) -> None:
        self.filter(beat_at__lt=timezone.now() - FORGOTTEN).delete()


class WorkerProcess(models.Model):
    """One process that does due work: a ``worker`` command, or a server in embedded mode."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200, help_text="Host and process id.")
    started_at = models.DateTimeField(default=timezone.now)
    beat_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = WorkerQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "worker processes"

    def __str__(self):
        return self.name

    @property
    def is_alive(self) -> bool:
        return self.beat_at > timezone.now() - ALIVE

    def beat(self) -> None:
        self.beat_at = timezone.now()
        self.save()
