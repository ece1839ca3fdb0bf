import signal

from django.core.management.base import BaseCommand
from django.db import connections

from crm import logs
from crm.ending import at_the_latest
from crm.jobs import JOBS
from notifications.worker import Worker

END_SECONDS = 25  # for what is begun, a letter or a webhook at the slowest


class Command(BaseCommand):
    help = "Does what is due: events that nobody fanned out, retention. Any number may run."

    def handle(self, *args, **options):
        logs.to_stdout()
        worker = Worker(JOBS)

        def end(*_):
            worker.stop()
            at_the_latest(END_SECONDS)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        self.stdout.write("Leadbell works (Ctrl-C stops it)")
        worker.run()
        connections.close_all()
