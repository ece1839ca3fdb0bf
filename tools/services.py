"""Private servers: a PostgreSQL and a Redis on free local ports, their data thrown away after.

    with services.running() as (postgres, redis):
        environment = {**os.environ, **services.addresses(postgres, redis)}

`start` and `stop` may be called again in between: port and data stay the same.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from contextlib import contextmanager
from pathlib import Path

from tools import debian, programs
from tools.command import (
    end,
    end_with_parent,
    quietly,
    say,
    succeeds,
    unwind_when_terminated,
)

START_LIMIT = 60  # seconds


class Server(ABC):
    """One private server. Run as root, it runs as another user: PostgreSQL insists."""

    variable = None  # the environment variable that tells the application its address
    program = None

    def __init__(self):
        (self.path,) = programs.obtain(self.program)
        self.port = free_port()
        self.folder = None
        self.process = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.discard()
            raise
        return self

    def __exit__(self, *failure):
        self.discard()

    @property
    def pid(self):
        return self.process and self.process.pid

    @property
    def log(self):
        return self.folder / "log"

    def start(self):
        """Start it and wait until it answers; raises SystemExit when it does not."""
        if self.folder is None:
            self.folder = own_folder(self.program.package)
            self.create()
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C at the terminal is ours to pass on
                preexec_fn=end_with_parent,
                **self.circumstances(),
            )
        self.wait_until_it_answers()

    def stop(self, number=signal.SIGINT):
        """End it, in order by default, with SIGKILL as a crash would."""
        if self.process and self.process.poll() is None:
            end(self.process, number)

    def discard(self):
        self.stop()
        if self.folder:
            remove(self.folder)
            self.folder = None

    def wait_until_it_answers(self):
        deadline = time.monotonic() + START_LIMIT
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                words = "\n".join(self.log.read_text().splitlines()[-8:])
                raise SystemExit(f"{self.program.package} did not start.\n{words}")
            time.sleep(0.05)

    def circumstances(self):
        """As whom, where and with which libraries its programs run."""
        libraries = debian.libraries() if debian.UNPACKED in self.path.parents else {}
        return {"cwd": self.folder, "env": {**os.environ, **libraries}, **identity()}

    def create(self):  # noqa: B027 (not every server needs anything)
        """Make what must be there before the first start."""

    @abstractmethod
    def command(self):
        """The words that start it in the foreground."""

    @abstractmethod
    def answers(self):
        """Whether it takes connections by now."""


class Postgres(Server):
    """PostgreSQL. Unless `durable`, it is quick and would lose its data in a power cut."""

    variable = "DATABASE_URL"
    program = programs.POSTGRES
    name = "leadbell"
    hasty = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")

    def __init__(self, durable=False, settings=()):
        super().__init__()
        self.password = secrets.token_hex(8)
        self.settings = (*(() if durable else self.hasty), *settings)

    @property
    def url(self):
        return f"postgres://{self.name}:{self.password}@127.0.0.1:{self.port}/{self.name}"

    @property
    def data(self):
        return self.folder / "data"

    def create(self):
        """Make the cluster; its superuser and the first database are both called `leadbell`."""
        password = self.folder / "password"
        password.write_text(self.password)
        give(password)
        self.run(
            *("initdb", f"--pgdata={self.data}", f"--username={self.name}"),
            *(f"--pwfile={password}", "--auth=scram-sha-256"),
            *("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"),
        )
        alone = ("postgres", "--single", "-F", "-D", str(self.data), "postgres")
        self.run(*alone, input=f"CREATE DATABASE {self.name}\n")

    def run(self, program, *arguments, **options):
        """Run one of the programs that come with the server."""
        quietly([self.tool(program), *arguments], **self.circumstances(), **options)

    def tool(self, name):
        return str(self.path.parent / name)

    def command(self):
        settings = (
            "listen_addresses=127.0.0.1",
            f"port={self.port}",
            "unix_socket_directories=",
            "max_connections=200",
            "timezone=UTC",
            *self.settings,
        )
        options = [part for setting in settings for part in ("-c", setting)]
        return [str(self.path), "-D", str(self.data), *options]

    def answers(self):
        ready = [self.tool("pg_isready"), "--host=127.0.0.1", f"--port={self.port}"]
        return succeeds(ready, **self.circumstances())


class Redis(Server):
    """Redis, in memory only: a restart empties it."""

    variable = "REDIS_URL"
    program = programs.REDIS

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self):
        place = ("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder))
        return [str(self.path), *place, "--save", "", "--appendonly", "no"]

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


@contextmanager
def running(durable=False):
    """A PostgreSQL and a Redis, started; both are gone afterwards."""
    programs.obtain(programs.POSTGRES, programs.REDIS)
    with Postgres(durable) as postgres, Redis() as redis:
        yield postgres, redis


def addresses(*servers):
    """The environment variables that tell the application where the servers are."""
    return {server.variable: server.url for server in servers}


def free_port():
    """A free port below those the system hands out itself.

    One of theirs could be taken while a server is down between two starts, or be the near end of
    the very connection that looks for it.
    """
    while True:
        port = 20000 + secrets.randbelow(12000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


def own_folder(name):
    folder = Path(tempfile.mkdtemp(prefix=f"leadbell-{name}-"))
    give(folder)
    return folder


def remove(folder):
    """Remove the folder, though an interrupted `initdb` may still be filling it for a moment."""
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)


def give(path):
    """Let the servers' user own what we made."""
    if owner := identity():
        os.chown(path, owner["user"], owner["group"])


def identity():
    """Whom the servers run as, in subprocess's words: somebody else when we are root."""
    if os.geteuid() != 0:
        return {}
    names = {user.pw_name: user for user in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def main():
    unwind_when_terminated()
    with running() as servers:
        for variable, url in addresses(*servers).items():
            say(f"export {variable}={url}")
        say("Running until Ctrl-C; the data goes with them.")
        try:
            signal.pause()
        except KeyboardInterrupt:
            say("")


if __name__ == "__main__":
    main()
