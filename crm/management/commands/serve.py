import gc
from importlib import import_module

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from twisted.internet.endpoints import quoteStringArgument

from crm import logs
from crm.server import Server

BACKLOG = 4096  # connections that wait to be accepted: all clients come back at once


class Command(BaseCommand):
    help = "Serves Leadbell on PORT: pages, API and sockets in one process."

    def add_arguments(self, parser):
        default = "127.0.0.1" if settings.DEBUG else "0.0.0.0"  # noqa: S104 (a server's purpose)
        parser.add_argument("--host", default=default, help="The address to listen on.")
        parser.add_argument("--port", type=int, default=settings.PORT, help="Instead of PORT.")

    def handle(self, *args, host, port, **options):
        logs.to_stdout()
        self._collect_static()
        asgi = import_module("crm.asgi")
        self._spare_the_collector()
        server = Server(
            asgi.application,
            endpoints=[f"tcp:port={port}:interface={quoteStringArgument(host)}:backlog={BACKLOG}"],
            on_start=asgi.process.start,
            on_listen=lambda: self._invite(host, port),
            on_end=asgi.process.stop,
        )
        server.run()
        if server.problem:
            raise CommandError(f"Cannot listen on {host}, port {port}: {server.problem}")

    @staticmethod
    def _spare_the_collector():
        """What is loaded now stays, and a fan-out makes thousands of objects at once of which none
        is in a circle: looked through at Python's pace they cost a tenth of all."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)

    def _invite(self, host, port):
        shown = "localhost" if host == "127.0.0.1" else f"[{host}]" if ":" in host else host
        self.stdout.write(f"Leadbell serves on http://{shown}:{port}/ (Ctrl-C stops it)")

    def _collect_static(self):
        """Without DEBUG pages name files by their hashes, which collectstatic writes down: where a
        deployment left that out, it is done now. Raises CommandError where it cannot be."""
        if not settings.DEBUG and not (settings.STATIC_ROOT / "staticfiles.json").exists():
            self.stdout.write("Collecting static files (run collectstatic with each release)")
            try:
                call_command("collectstatic", interactive=False, verbosity=0)
            except OSError as problem:
                raise CommandError(
                    f"Cannot write static files to {settings.STATIC_ROOT} ({problem.strerror}): "
                    "run `manage.py collectstatic` as a user who may write there."
                ) from None
