"""Databases of two sizes: 1,000 leads and notifications, and very many."""

import subprocess
import sys
from functools import cached_property

from bench import servers
from tools import ROOT
from tools.command import end_with_parent

FEW = (1_000, 1_000)


class House:
    """A database with ``leads`` and ``notifications``, ``unread`` of which are, where that is said,
    and somebody who is signed in there."""

    def __init__(self, stage, name, leads, notifications, *unread):
        self.stage, self.name, self.leads, self.notifications = stage, name, leads, notifications
        self.numbers = (leads, notifications, *unread)
        self.reader = self.server = None

    @cached_property
    def environment(self):
        url = self.stage.postgres.url.rpartition("/")[0] + f"/{self.name}"
        return self.stage.environment | {"DATABASE_URL": url, "REDIS_PREFIX": self.name}

    def fill(self):
        self.stage.sql(f"CREATE DATABASE {self.name}")
        self.inside("migrate", "--verbosity", "0", module="manage")
        self.session = self.inside(*map(str, self.numbers), module="bench.inside.fill").strip()
        return self

    def inside(self, *arguments, module):
        return self.stage.inside(*arguments, module=module, environment=self.environment)

    def milliseconds(self, path):
        """The server's time for the page, by a process that is kept."""
        if self.reader is None:
            self.reader = self._started("-m", "bench.inside.pages", self.session)
        self.reader.stdin.write(f"{path}\n")
        self.reader.stdin.flush()
        answer = self.reader.stdout.readline()
        if not answer:
            raise ChildProcessError(f"{path} of {self.name} could not be had.")
        return float(answer)

    def _started(self, *arguments):
        return subprocess.Popen(  # noqa: S603 (ours)
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=end_with_parent,
        )

    def serve(self):
        """A server, as it ships; answers where it is."""
        self.server = servers.Leadbell(self.environment, self.stage.folder)
        self.server.start()
        self.stage.started.append(self.server)
        return f"http://127.0.0.1:{self.server.port}"

    def rest(self):
        if self.reader:
            self.reader.stdin.close()  # which ends it
            self.reader.wait()
            self.reader = None
