import json
import logging
import sys
from dataclasses import asdict

from django.core.management.base import BaseCommand

from crm import doctor


class Command(BaseCommand):
    help = "Checks that this installation works, and says what to do where it does not."
    requires_system_checks = ()  # they are part of what is checked, and stop nothing here

    def add_arguments(self, parser):
        parser.add_argument("--url", default="", help="The server's, instead of localhost:PORT.")
        parser.add_argument(
            "--user", default="", help="E-mail of the administrator to notify, not the first one."
        )
        parser.add_argument("--json", action="store_true", help="One JSON object, no lines.")

    def handle(self, *args, url, user, **options):
        logging.disable(logging.CRITICAL)  # the results say it
        try:
            results = self._in_json(url, user) if options["json"] else self._in_lines(url, user)
        finally:
            logging.disable(logging.NOTSET)
        if not all(result.ok for result in results):
            sys.exit(1)

    def _in_lines(self, url, user):
        results = []
        for result in doctor.examine(url, user):
            self.stdout.write(self._line(result))
            self.stdout.flush()
            results.append(result)
        return results

    def _line(self, result):
        if result.skipped:
            return f"--    {result.name}: {result.detail}"
        mark = self.style.SUCCESS("ok  ") if result.ok else self.style.ERROR("FAIL")
        took = f" ({result.milliseconds:.0f} ms)"
        hint = f" -> {result.hint}" if result.hint else ""
        return f"{mark}  {result.name}: {result.detail}{took}{hint}"

    def _in_json(self, url, user):
        results = list(doctor.examine(url, user))
        report = {
            "ok": all(result.ok for result in results),
            "checks": [asdict(result) for result in results],
        }
        self.stdout.write(json.dumps(report, indent=2))
        return results
