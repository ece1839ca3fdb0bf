"""Real server processes on the test's database."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import httpx
from django.conf import settings
from django.db import connection

from tools.command import only_one

ROOT = Path(__file__).resolve().parent.parent


def _heed_interrupts():
    """What is started in the background of a shell ignores SIGINT, and hands that down."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class RunningServer:
    """``manage.py serve`` on a free port; its output is in ``log``."""

    def __init__(self, folder, *options, **changes):
        self.port = _free_port()
        self.base = f"http://{'[::1]' if '::1' in options else '127.0.0.1'}:{self.port}"
        self.socket = f"ws://127.0.0.1:{self.port}/ws/notifications/"
        self.path = Path(folder) / f"server-{self.port}.log"
        self.environment = environment(PORT=str(self.port), **changes)
        if self.environment["DEBUG"] != "true":
            collect_static(self.environment)
        with self.path.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", *options],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=output,
                preexec_fn=_heed_interrupts,
            )

    @property
    def log(self) -> str:
        return self.path.read_text()

    def wait(self):
        """Asks until it answers: a port that is not open yet announces nothing."""
        until = time.monotonic() + 30
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if httpx.get(f"{self.base}/healthz").status_code == 200:
                    return self
            except httpx.TransportError:
                with suppress(subprocess.TimeoutExpired):  # its end is an answer too
                    self.process.wait(timeout=0.05)
        raise AssertionError(f"The server did not start:\n{self.log}")

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def stop(self):
        if self.process.poll() is None:
            self.terminate()
            self.process.wait(timeout=20)


def collect_static(env):
    """Once, by one at a time: it takes longer than a server may take to start."""
    with only_one("staticfiles"):
        written = ROOT / "staticfiles" / "staticfiles.json"
        ours = [path.stat().st_mtime for path in (ROOT / "static").rglob("*")]
        if not written.exists() or written.stat().st_mtime < max(ours):
            command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"]
            subprocess.run(command, cwd=ROOT, env=env, check=True)


def environment(**changes):
    """That of a process which shares the test's database and groups."""
    known = {"DATABASE_URL": _database_url(), "DEBUG": "true"}
    if prefix := settings.CHANNEL_LAYERS["default"]["CONFIG"].get("prefix"):
        known["REDIS_PREFIX"] = prefix
    return os.environ | known | changes


@contextmanager
def serving(folder, *options, **changes):
    server = RunningServer(folder, *options, **changes)
    try:
        yield server.wait()
    finally:
        server.stop()


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _database_url():
    config = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{config['NAME']}"
    access = f"{quote(config['USER'])}:{quote(config['PASSWORD'], safe='')}"
    return f"postgres://{access}@{config['HOST']}:{config['PORT']}/{config['NAME']}"
