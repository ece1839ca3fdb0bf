import signal

from django.core.management.base import BaseCommand
from django.db import connections

from crm import logs
from crm.jobs import JOBS
from notifications.worker import Worker


class Command(BaseCommand):
    help = "Does what is due: events that nobody fanned out, retention. Any number may run."

    def handle(self, *args, **options):
        logs.to_stdout()
        worker = Worker(JOBS)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, worker.stop)
        self.stdout.write("Leadbell works (Ctrl-C stops it)")
        worker.run()
        connections.close_all()
