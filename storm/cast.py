"""The processes of the storm, each of which can be killed and started again."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from tools import ROOT, services
from tools.command import end_with_parent

END_SECONDS = 20  # a server drains for at most 10
UP_SECONDS = 60


class DidNotEndError(Exception):
    """It was asked to end and did not within END_SECONDS."""


class Program:
    """One of our own processes; what it says goes to a file of the folder."""

    def __init__(self, name, command, environment, folder):
        self.name, self.command, self.environment = name, command, environment
        self.path = folder / f"{name}.log"
        self.process = None
        self.lock = asyncio.Lock()  # the hand does one thing to it at a time

    @property
    def output(self):
        return self.path.read_text() if self.path.exists() else ""

    @property
    def runs(self):
        return self.process is not None and self.process.poll() is None

    @property
    def memory(self):
        """Its resident size in MiB, by which process that is: (pid, size)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        size = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return self.process.pid, int(size.split()[1]) / 1024

    def start(self):
        with self.path.open("a") as log:
            self.process = subprocess.Popen(  # noqa: S603 (ours)
                self.command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )

    async def end(self, number):
        """Ends it with the signal. Raises DidNotEndError after killing one that does not, whose
        log then says what each thread was at."""
        self.process.send_signal(number)
        try:
            await asyncio.to_thread(self.process.wait, END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)
            await asyncio.sleep(1)
            self.kill()
            raise DidNotEndError(self.name) from None

    def kill(self):
        if self.runs:
            self.process.kill()
            self.process.wait()


class WebServer(Program):
    def __init__(self, number, command, environment, folder):
        port = services.free_port()
        super().__init__(f"server{number}", command, environment | {"PORT": str(port)}, folder)
        self.base = f"http://127.0.0.1:{port}"

    async def answers(self, http, path="/healthz"):
        """Waits until it does; raises TimeoutError."""
        async with asyncio.timeout(UP_SECONDS):
            while True:
                try:
                    if (await http.get(self.base + path)).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.1)


class Cast:
    """``with Cast(folder) as cast``: databases run and are migrated, and all ends at the end."""

    def __init__(self, folder, sabotage=None):
        self.folder, self.sabotage = folder, sabotage
        # A killed process must not take what it committed with it, and none of these machines
        # loses its power: without fsync, but not without commits reaching the system.
        self.postgres = services.Postgres(settings=("synchronous_commit=on",))
        self.redis = services.Redis()
        self.programs, self.weights = [], {}

    def __enter__(self):
        try:
            self.postgres.start()
            self.redis.start()
            self.environment = self._environment()
            self.run("manage.py", "migrate", "--verbosity", "0")
            self.servers = [WebServer(n, self._manage("serve"), *self._place) for n in (1, 2)]
            self.workers = [
                Program(f"worker{n}", self._manage("worker"), *self._place) for n in (1, 2)
            ]
            self.inside = Program("inside", self._python("storm.inside"), *self._place)
            self.programs = [*self.servers, *self.workers, self.inside]
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *failure):
        for program in self.programs:
            program.kill()
        self.resume(self.redis)
        self.redis.discard()
        self.postgres.discard()

    @property
    def _place(self):
        return self.environment, self.folder

    def _environment(self):
        ours = ("DATABASE_URL", "REDIS_URL", "REDIS_PREFIX", "DJANGO_SETTINGS_MODULE")
        kept = {name: value for name, value in os.environ.items() if name not in ours}
        addresses = services.addresses(self.postgres, self.redis)
        ways = {"DEBUG": "true", "PYTHONUNBUFFERED": "1", "PYTHONFAULTHANDLER": "1"}
        return {**kept, **ways, **addresses}

    def _manage(self, command):
        if self.sabotage:
            return self._python("manage.py", command)
        return [sys.executable, "manage.py", command]

    def _python(self, *program):
        """The module, or a Django command, with the sabotage if there is one."""
        wrapper = ["storm.sabotage", self.sabotage] if self.sabotage else []
        return [sys.executable, "-m", *wrapper, *program]

    def run(self, *arguments):
        """What a program of ours prints. Raises SystemExit with its last words when it fails."""
        done = subprocess.run(  # noqa: S603 (ours)
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
        return done.stdout

    def users(self, number, seconds):
        return json.loads(self.run("-m", "storm.mint", str(number), str(seconds)))

    def weigh(self):
        """The memory of those that run, to compare it with by ``grown``."""
        self.weights = {each.name: each.memory for each in self.programs if each.runs}

    def grown(self):
        """(name, before, now) in MiB of those that run since they were weighed."""
        for program in self.programs:
            pid, before = self.weights.get(program.name, (None, 0))
            if program.runs and program.process.pid == pid:
                yield program.name, before, program.memory[1]

    @staticmethod
    def freeze(server):
        server.process.send_signal(signal.SIGSTOP)

    @staticmethod
    def resume(server):
        if server.process and server.process.poll() is None:
            server.process.send_signal(signal.SIGCONT)
