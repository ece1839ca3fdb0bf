"""The servers under test, one process each, that are started once and stay for the whole run."""

import http.client
import os
import subprocess
import sys
import time

from bench import node
from tools import ROOT, services
from tools.command import end, end_with_parent

UP_SECONDS = 60
SECRET = "for-the-benchmark-only-" + "x" * 40
OURS = ("DATABASE_URL", "REDIS_URL", "REDIS_PREFIX", "DJANGO_SETTINGS_MODULE", "HTTPS", "PROXIES")


def surroundings(**variables):
    """Our environment without what would send a server elsewhere."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return kept | {"PYTHONUNBUFFERED": "1"} | variables


class Server:
    """A server under test; what it says goes to a file of the folder."""

    kind = ""

    def __init__(self, environment, folder):
        self.port = services.free_port()
        self.environment = environment | {"PORT": str(self.port)}
        self.log = folder / f"{self.kind}.log"
        self.process = None

    @property
    def pid(self):
        return self.process.pid

    @property
    def posts(self):
        return self.port

    def start(self):
        with self.log.open("a") as log:
            self.process = subprocess.Popen(  # noqa: S603 (ours)
                self.command(),
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )
        self.wait_until_it_answers()

    def stop(self):
        if self.process and self.process.poll() is None:
            end(self.process)

    def wait_until_it_answers(self):
        deadline = time.monotonic() + UP_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{self.kind} did not start.\n{self.log.read_text()[-2000:]}")
            time.sleep(0.1)

    def answers(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.posts, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status < 300
        except OSError:
            return False
        finally:
            connection.close()

    def job(self, name, users, posters=()):
        """A job for bench/load.py: a socket for each of the ``users``, who are tokens."""
        place = {"kind": self.kind, "port": self.port, "posts": self.posts, "pid": self.pid}
        return {"job": name, "sockets": users, "posters": posters, **place}


class Leadbell(Server):
    """As it ships."""

    kind = "leadbell"

    def command(self):
        return [sys.executable, "manage.py", "serve", "--host", "127.0.0.1"]


class Peer(Server):
    kind = "peer"

    def command(self):
        return ["node", str(node.obtain())]


class Bare(Server):
    kind = "bare"

    def __init__(self, environment, folder, quick=False):
        super().__init__(environment, folder)
        self._posts, self.quick = services.free_port(), quick

    @property
    def posts(self):
        return self._posts

    def command(self):
        quick = ["--uvloop"] if self.quick else []
        return [sys.executable, "-m", "bench.bare", str(self.port), str(self._posts), *quick]


def leadbell_environment(database, redis, extra):
    """Plain HTTP, debugging off, and tokens that outlast the benchmark."""
    ways = {"DEBUG": "false", "SECRET_KEY": SECRET, "ALLOWED_HOSTS": "127.0.0.1"}
    lasting = {"ACCESS_TOKEN_MINUTES": "1440"}
    places = {"DATABASE_URL": database, "REDIS_URL": redis}
    return surroundings(**places, **ways, **lasting, **extra)


def peer_environment(database, redis):
    places = {"DATABASE_URL": database, "REDIS_URL": redis}
    return surroundings(**places, JWT_SECRET=SECRET, NODE_ENV="production")
