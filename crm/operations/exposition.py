"""`/metrics`: the figures of all processes in Prometheus's text format, for who has the token.

Whichever process is asked answers for all: what they counted is in the database, and so is what
waits there. Asking takes seven queries, whatever the number of processes.
"""

from collections.abc import Iterator

from django.conf import settings
from django.http import Http404, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import CollectorRegistry

from crm.operations import processes, queues
from crm.webhooks.delivery import WebhookDelivery
from notifications import metrics
from notifications.models import MeasuredProcess


@require_safe
@never_cache
def answer(request):
    """404 where no token is set, or another one is brought."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    if not wanted or scheme.lower() != "bearer" or not constant_time_compare(token.strip(), wanted):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Exposition())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


class Exposition:
    """A collector as prometheus-client knows them; collects anew each time."""

    def describe(self):
        return []

    def collect(self) -> Iterator[Metric]:
        figures = MeasuredProcess.objects.figures()
        for each in metrics.COUNTERS:
            yield CounterMetricFamily(each.name, each.help_text, value=figures[each.name])
        for each in metrics.HISTOGRAMS:
            yield _histogram(each, figures)
        yield from _gauges()


def _histogram(histogram, figures) -> Metric:
    *within, total = (figures[key] for key in metrics.histogram_keys(histogram.name))
    bounds = [*map(str, map(float, metrics.BOUNDS)), metrics.BEYOND]
    buckets = list(zip(bounds, _cumulative(within), strict=True))
    return HistogramMetricFamily(histogram.name, histogram.help_text, buckets, total)


def _cumulative(counts) -> list[float]:
    reached, cumulative = 0, []
    for count in counts:
        reached += count
        cumulative.append(reached)
    return cumulative


def _gauges() -> Iterator[Metric]:
    serving = MeasuredProcess.objects.alive().filter(role=MeasuredProcess.Role.SERVE)
    serving = list(serving.values_list("sockets", flat=True))
    workers, found = processes.Workers.found(), queues.Events.found()
    for name, help_text, value in (
        ("leadbell_sockets", "Open sockets.", sum(serving)),
        ("leadbell_servers", "Server processes with a sign of life in 30 s.", len(serving)),
        ("leadbell_workers", "Workers with a sign of life in 30 s.", workers.alive),
        ("leadbell_worker_silent_seconds", "Since the last worker's sign of life.", workers.silent),
        ("leadbell_events_pending", "Events that wait for their fan-out.", found.pending),
        ("leadbell_events_oldest_seconds", "Age of the oldest of them.", found.oldest),
        ("leadbell_events_parked", "Events that failed too often.", found.parked),
    ):
        if value is not None:
            yield GaugeMetricFamily(name, help_text, value)
    for name, help_text, counts in (
        ("leadbell_deliveries", "Deliveries of sources, by state.", queues.deliveries()),
        (
            "leadbell_webhook_deliveries",
            "Webhooks out, by state.",
            WebhookDelivery.objects.by_state(),
        ),
    ):
        yield _by_state(name, help_text, counts)


def _by_state(name, help_text, counts) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=["state"])
    for state, count in counts.items():
        family.add_metric([state], count)
    return family
